"""What deliveries teach."""
