"""Onfleet keeps the contract."""

from __future__ import annotations

from carriers.base.conformance import conformance
from carriers.onfleet.adapter import Onfleet

TestOnfleet = conformance(Onfleet)
