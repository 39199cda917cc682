"""GLS' words and ours."""
