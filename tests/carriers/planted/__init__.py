"""A small honest carrier, and the ways in which it can be made dishonest."""
