"""Carriers: `base` is the contract, every other folder is one carrier."""
