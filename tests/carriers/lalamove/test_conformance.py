"""Lalamove keeps the contract."""

from __future__ import annotations

from carriers.base.conformance import conformance
from carriers.lalamove.adapter import Lalamove

TestLalamove = conformance(Lalamove)
