"""All that a package with a carrier needs as a test."""

from parcelco.adapter import ParcelCo

from carriers.base.conformance import conformance

TestParcelCo = conformance(ParcelCo)
