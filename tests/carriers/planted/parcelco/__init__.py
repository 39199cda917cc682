"""Parcel & Co, a carrier that does not exist: small, honest, and the ground that bugs are planted in."""
