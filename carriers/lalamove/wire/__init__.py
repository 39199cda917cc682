"""Their words and ours: what we ask and how it is signed, what they answer, what they tell of an order."""
