"""The database behind the ports, on SQLite and on a real PostgreSQL alike."""
