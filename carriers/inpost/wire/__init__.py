"""ShipX's words <-> ours. Pure."""
