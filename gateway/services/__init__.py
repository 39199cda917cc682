"""The verbs: quote, book, reconcile, cancel, track, tell. They know ports and the carrier contract, no framework."""
