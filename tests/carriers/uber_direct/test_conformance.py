"""Uber Direct keeps the contract."""

from __future__ import annotations

from carriers.base.conformance import conformance
from carriers.uber_direct.adapter import UberDirect

TestUberDirect = conformance(UberDirect)
