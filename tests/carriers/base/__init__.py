"""Tests of what every carrier stands on."""
