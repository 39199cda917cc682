"""Implementations of ports that need heavy libraries. Each imports them when it is first used: a start costs none."""
