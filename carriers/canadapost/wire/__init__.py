"""Canada Post's words and ours, one module per topic. Pure functions, no input or output."""
