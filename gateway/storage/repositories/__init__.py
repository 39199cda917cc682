"""Rows to nouns and back, by topic. Each repository works in the transaction of its unit of work."""
