"""InPost in its eight markets, over the Group API: one contract, synchronous booking, signed webhooks."""
