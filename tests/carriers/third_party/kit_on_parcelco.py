"""All that a package with a carrier needs as a test."""

from carriers.base.conformance import conformance
from parcelco.adapter import ParcelCo

TestParcelCo = conformance(ParcelCo)
