"""Their words and ours: the tasks we ask for, what they answer, what they tell of a task."""
