"""InPost in Poland and Italy: lockers, parcel points and courier, over the ShipX API."""
