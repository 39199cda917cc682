"""The repositories of what is measured, and of what carriers owe."""

from __future__ import annotations

from typing import Protocol

from gateway.services.ports.claims import Claims
from gateway.services.ports.enquiries import Enquiries
from gateway.services.ports.kpis import KpiFacts, KpiSums


class Measured(Protocol):
    """A part of a unit of work."""

    claims: Claims
    enquiries: Enquiries
    kpi_facts: KpiFacts
    kpi_sums: KpiSums
