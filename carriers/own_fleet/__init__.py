"""Our own vans: zones, windows with capacity, a rate card, drivers' scans. See README.md."""
