"""Stuart: couriers on demand in European cities, followed by our own reference, for its ids change."""
