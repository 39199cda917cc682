"""SIGKILL at each named point of a booking, then the same request again: what the carrier's ledger says in the end.

The web process is the real one. Carriers run here and are never killed. A carrier that can look a booking up, or
honours one reference once, or both, has one paid booking afterwards; one that can do neither has at most one, and the
shipment waits for a person until the person says which it is.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import requests

from gateway.services.faultpoints import BOOKING_POINTS
from tests.conftest import TestDatabase
from tests.journeys.processes import Web
from tests.journeys.site import ORDER, Gateway, Merchant, Site, environment, states

LACKS: Mapping[str, tuple[str, ...]] = {
    "both": (),
    "look-up": ("idempotency",),
    "idempotency": ("find",),
    "neither": ("find", "idempotency"),
}
"""What a sandbox account with these abilities is without."""
BRING = "bring"
"""Looks up by reference only; that nothing is found proves nothing."""
SENT = ("after_send", "after_answer")
"""The points at which the carrier has the tender and we have no record of its answer."""
SHORT = {"GATEWAY__BOOKING__DEADLINE_S": "1.5", "GATEWAY__BOOKING__LEASE_MARGIN_S": "0.5"}
ASK_AGAIN_S = 0.2
LIMIT_S = 30


class Customer:
    """A merchant of one carrier, who posts one booking and repeats it word for word."""

    def __init__(self, merchant: Merchant) -> None:
        self.merchant = merchant
        self.headers = {"Authorization": f"Bearer {merchant.key}", "Idempotency-Key": "order-1"}

    def post(self, web: Web) -> requests.Response:
        body = {**ORDER, "reference": "order-1"}
        return requests.post(f"{web.url}/v1/shipments", json=body, headers=self.headers, timeout=LIMIT_S)

    def repeat(self, web: Web) -> requests.Response:
        """Again and again while the lock of the first try holds."""
        limit = time.monotonic() + LIMIT_S
        while time.monotonic() < limit:
            answer = self.post(web)
            if answer.status_code != 409:
                return answer
            assert answer.json()["code"] == "still_running"
            assert int(answer.headers["Retry-After"]) >= 1
            time.sleep(ASK_AGAIN_S)
        raise AssertionError("the lock of a dead process holds for ever")


@pytest.mark.parametrize("point", BOOKING_POINTS)
def test_a_web_process_killed_while_booking_costs_one_booking_at_most(
    point: str, database: TestDatabase, site: Site, gateways: Mapping[str, Gateway], tmp_path: Path
) -> None:
    """Every set of abilities on SQLite; on PostgreSQL `both`, and Bring's real wire format on either."""
    abilities = tuple(LACKS) if database.url.startswith("sqlite") else ("both",)
    sandbox, bring = site.carrier("sandbox"), site.carrier("bring")
    customers = {}
    for ability in (*abilities, BRING):
        merchant = site.merchant(ability)
        if ability == BRING:
            merchant.account("bring-1", bring)
        else:
            merchant.account("sandbox-1", sandbox, without=LACKS[ability])
        customers[ability] = Customer(merchant)

    settings = {**environment(database.url), **SHORT}
    doomed = {**settings, "GATEWAY__FAULTS__KILL_AT": point}
    with ExitStack() as running:
        webs = {
            ability: running.enter_context(Web(doomed, tmp_path / f"doomed-{ability}.log")) for ability in customers
        }
        for ability, customer in customers.items():
            with pytest.raises(requests.ConnectionError):
                customer.post(webs[ability].wait_ready())
            webs[ability].wait_killed()
        survivor = running.enter_context(Web(settings, tmp_path / "survivor.log")).wait_ready()
        answers = {ability: customer.repeat(survivor) for ability, customer in customers.items()}

    paid = 0
    for ability, answer in answers.items():
        paid += _check(point, ability, answer, site, customers[ability].merchant)
    assert len(site.all_active()) == paid


def _check(point: str, ability: str, answer: requests.Response, site: Site, merchant: Merchant) -> int:
    """The end of one customer's story; how many bookings are paid for."""
    case = f"{ability}, killed {point}"
    assert answer.status_code in (201, 202), f"{case}: {answer.text}"
    shipment = site.settle(merchant, answer.json()["id"])
    hopeless = ability == "neither" and point in (*SENT, "after_tender_commit")
    # Bring tells by reference what was booked; that nothing was, nobody can tell but a person.
    hopeless = hopeless or (ability == BRING and point == "after_tender_commit")
    if hopeless:
        assert shipment["state"] == "needs_review", f"{case}: {shipment}"
        assert [case["kind"] for case in shipment["cases"] if case["state"] == "open"] == ["needs_review"]
        assert shipment["action_required_by"] == "support"
        assert "may have booked it" in shipment["why"]
        assert len(site.active(shipment)) == (point in SENT), case
        assert site.violations() == [], case
        shipment = _resolve(site, merchant, shipment)
    assert shipment["state"] == "booked", f"{case}: {shipment}"
    assert [case["state"] for case in shipment["cases"]] == ["closed"] * len(shipment["cases"])
    assert states(shipment).count("accepted") == 1
    (booking,) = site.active(shipment)
    accepted = next(tender for tender in shipment["tenders"] if tender["state"] == "accepted")
    assert booking.tender_reference == accepted["id"], case
    assert (answer.headers.get("Idempotent-Replayed") == "true") == (point == "before_response"), case
    return 1


def _resolve(site: Site, merchant: Merchant, shipment: Mapping[str, Any]) -> Any:
    """A person rings the carrier up, hears what its books say, and tells us."""
    held = site.active(shipment)
    word: dict[str, object] = {"outcome": "not_booked", "note": "the carrier says it has nothing"}
    if held:
        (booking,) = held
        word = {
            "outcome": "booked",
            "carrier_reference": booking.carrier_reference,
            "note": "the carrier told us its number",
        }
    answer = merchant.call("POST", f"/v1/shipments/{shipment['id']}/resolve", word)
    assert answer.status_code == 200, answer.text
    return answer.json
