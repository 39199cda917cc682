"""What recipients see and say: the link to their page, what it shows, and what they answer."""
