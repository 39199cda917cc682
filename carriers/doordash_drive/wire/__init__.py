"""Their words and ours: how calls are signed, what we ask, what they answer, what they tell of a delivery."""
