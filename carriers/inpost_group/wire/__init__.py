"""The Group API's words <-> ours. Pure."""
