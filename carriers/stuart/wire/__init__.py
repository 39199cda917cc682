"""Their words and ours: what we ask, what they answer, what they tell of a delivery."""
