"""Key figures, over shipments that were worked out by hand."""
