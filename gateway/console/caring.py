"""What can be done about a shipment, in words: which acts there are, who may, what follows, and why not now."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from flask import url_for

from gateway.console.claims import claimable
from gateway.console.gate import services, who
from gateway.domain.notifications import Notification
from gateway.domain.people import Permission
from gateway.domain.records import ShipmentRecord
from gateway.domain.shipments import ShipmentState
from gateway.domain.tracking import statuses
from gateway.services.notifications.book import TOLD


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One act. `at` is the part of the shipment's page where it is done; where that is empty, it has a page."""

    name: str
    title: str
    key: str
    needs: Permission
    at: str = ""
    consequence: str = ""
    reasons: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """An act for one shipment: where it is done, and why not now ("" where it can be)."""

    act: Act
    url: str
    why_not: str


@cache
def acts() -> Mapping[str, Act]:
    """By name, in their order, from `care.toml` beside this file."""
    read = tomllib.loads(files("gateway.console").joinpath("care.toml").read_text("utf-8"))
    return {name: Act(name=name, **{**facts, "needs": Permission(facts["needs"])}) for name, facts in read.items()}


def cancellable(shipment: ShipmentRecord) -> bool:
    """Whether its carrier may still be asked to take it back."""
    return shipment.state is ShipmentState.BOOKED and not statuses()[shipment.status].terminal


def choices(shipment: ShipmentRecord, notices: Sequence[Notification]) -> Sequence[Choice]:
    """What whoever is signed in may do about it, and why not the rest of that."""
    why_not = {**services().care.why_not(shipment), **_of_the_page(shipment, notices)}
    mine = [act for act in acts().values() if who().user.may(act.needs)]
    return [Choice(act=act, url=_url(act, shipment), why_not=why_not[act.name]) for act in mine]


def _of_the_page(shipment: ShipmentRecord, notices: Sequence[Notification]) -> Mapping[str, str]:
    """Why not, of those that stand on the shipment's own page or lead to another."""
    over = statuses()[shipment.status].terminal
    where = shipment.state.value if shipment.state is not ShipmentState.BOOKED else shipment.status
    gone = (ShipmentState.FAILED, ShipmentState.CANCELLED)
    return {
        "cancel": "" if cancellable(shipment) else f"it is {where.replace('_', ' ')}{' already' if over else ''}",
        "notify": "" if any(each.state in TOLD for each in notices) else "its recipient was not told anything yet",
        "claim": "" if claimable(shipment) else "no carrier has it, so there is nobody to claim from",
        "correct": "" if shipment.booking else "nothing is booked, so there is nothing to correct",
        "anew": "" if shipment.state in gone else f"it is {where.replace('_', ' ')}: cancel it first",
    }


def _url(act: Act, shipment: ShipmentRecord) -> str:
    if act.name == "anew":
        return url_for("book.form", like=shipment.id)
    if act.name == "correct":
        return url_for("correcting.form", shipment_id=shipment.id)
    return f"#{act.at}" if act.at else url_for("acting.form", shipment_id=shipment.id, name=act.name)
