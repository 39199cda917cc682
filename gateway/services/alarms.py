"""Alarms about plausibility: each is a case and a message, once, about a shipment or a number booked elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from gateway.domain.plausibility import AT_RISK, FAR, STUCK, TOO_FAST, UNPROVEN
from gateway.domain.records import Case, ShipmentRecord, TrackerRecord
from gateway.services.ids import new_id
from gateway.services.ports import UnitOfWork

MESSAGES: Mapping[str, str] = {
    STUCK: "stuck",
    TOO_FAST: "delivery_doubted",
    FAR: "delivery_doubted",
    UNPROVEN: "delivery_doubted",
    AT_RISK: "promise_at_risk",
}
"""What merchants are told of each, behind `shipment.` or `tracker.`."""

SETTLED = "settled by what happened"


def settle(
    uow: UnitOfWork,
    about: ShipmentRecord | TrackerRecord,
    before: Sequence[str],
    findings: Mapping[str, str],
    now: datetime,
) -> list[str]:
    """Open the cases of new findings and close those that are none any more; the types of message to send."""
    news: list[str] = []
    for kind in before:
        if kind not in findings:
            close(uow, about, kind, f"it is {about.status} now", now)
    noun = "shipment" if isinstance(about, ShipmentRecord) else "tracker"
    for kind, why in findings.items():
        told = f"{noun}.{MESSAGES[kind]}"
        if kind not in before and uow.cases.open(_case(kind, about, why, now)) and told not in news:
            news.append(told)
    return news


def close(uow: UnitOfWork, about: ShipmentRecord | TrackerRecord, kind: str, note: str, now: datetime) -> None:
    """What an alarm warned of is over."""
    if isinstance(about, ShipmentRecord):
        uow.cases.close(about.merchant_id, about.id, kind, now, SETTLED, note)
    else:
        uow.cases.close_about(replace(_case(kind, about, "", now), closed_at=now, resolution=SETTLED, note=note))


def _case(kind: str, about: ShipmentRecord | TrackerRecord, why: str, now: datetime) -> Case:
    if isinstance(about, TrackerRecord):
        said = f"{about.tracking_number} ({about.carrier}, not booked here): {why}"
        case_id = new_id("cas", now)
        return Case(id=case_id, merchant_id=about.merchant_id, kind=kind, subject_id=about.id, why=said, created_at=now)
    return Case(
        id=new_id("cas", now),
        merchant_id=about.merchant_id,
        kind=kind,
        shipment_id=about.id,
        tender_id=about.tender_id,
        why=why,
        created_at=now,
    )
