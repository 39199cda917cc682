"""Packeta's words and ours."""
