"""The test suite. `pytest` alone runs all of it."""
