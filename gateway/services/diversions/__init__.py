"""Another time or another place for a delivery under way."""
