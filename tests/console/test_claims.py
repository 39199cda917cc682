"""A claim is worked on at the console, from the shipment's page to the money."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from gateway.domain.people import Role
from tests.console.world import Person, World


@pytest.fixture
def support(world: World) -> Person:
    """Somebody who works cases."""
    return world.person(Role.SUPPORT)


def form(page: str) -> Mapping[str, str]:
    return {"version": re.findall(r'name="version" value="(\d+)"', page)[0]}


def test_from_the_shipment_to_the_money(support: Person, world: World) -> None:
    shipment = f"/shipments/{world.shipments['Anna Kowalska']['id']}"
    assert "Open a claim" in support.see(shipment)
    wrong = support.post(f"{shipment}/claims", kind="damage", amount="a lot", currency="NOK")
    assert wrong.status_code == 422
    assert "write 1299.50 and NOK" in wrong.text
    made = support.post(f"{shipment}/claims", kind="damage", amount="1299,50", currency="nok", note="=torn <b>open</b>")
    path = made.headers["Location"].removeprefix("/console").split("?")[0]
    page = support.see(path)
    assert "1299.50 NOK" in page
    assert "=torn &lt;b&gt;open&lt;/b&gt;" in page
    assert "othing speaks for it yet" in support.post(f"{path}/step", to="submitted", **form(page)).text
    assert support.post(f"{path}/evidence", kind="photo", text="", **form(page)).status_code == 422
    assert support.post(f"{path}/evidence", kind="photo", text="Two pictures", **form(page)).status_code == 303
    stale = support.post(f"{path}/evidence", kind="photo", text="Again", **form(page))
    assert stale.status_code == 409
    assert "omebody else has changed this claim" in stale.text
    sent = support.post(f"{path}/step", to="submitted", reference="SKADE-9", **form(support.see(path)))
    assert sent.status_code == 303
    unsaid = support.post(f"{path}/step", to="decided", **form(support.see(path)))
    assert "ay what the carrier decided" in unsaid.text
    partly = {"to": "decided", "decision": "partly", "sum": "900", "currency": "NOK"}
    assert support.post(f"{path}/step", **partly, **form(support.see(path))).status_code == 303
    assert support.post(f"{path}/step", to="paid", **form(support.see(path))).status_code == 303
    page = support.see(path)
    assert "SKADE-9" in page
    assert "What happened?" not in page
    listed = support.see("/claims", state="paid")
    assert listed.count("900.00 NOK") == 1
    assert path.rpartition("/")[2] in listed
    assert f'href="/console{shipment}">nett-' in listed
    assert "Paid" in support.see(shipment)


def test_a_role_that_may_not_sees_and_cannot_act(world: World) -> None:
    developer = world.person(Role.DEVELOPER)
    assert "Open a claim" not in developer.see(f"/shipments/{world.shipments['Liv Bråten']['id']}")
    assert developer.get("/claims/clm_none").status_code == 404
