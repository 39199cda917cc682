"""Telling recipients what becomes of their parcel: once, in time, and only what is true when it is sent."""
