"""The nouns of last-mile delivery. Standard library only; frozen; units in the names; every time aware."""
