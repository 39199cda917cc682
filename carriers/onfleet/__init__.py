"""Onfleet: a merchant's own fleet, run with Onfleet's software. Source: docs.onfleet.com and its SDKs."""
