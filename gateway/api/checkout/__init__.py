"""Checkouts' own protocols: one pure translator each. What is answered, `gateway.services.checkouts` decides."""
