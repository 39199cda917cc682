"""Labels: the booking stands whatever becomes of its label, and what cannot be printed is never given out."""

from __future__ import annotations

import pytest

from carriers.base import Label, LabelKind
from carriers.base.simulator import Fault, FaultKind, RunningSimulator
from gateway.services.labels import ENDS, is_whole
from tests.journeys.site import Merchant, Site


@pytest.fixture
def sandbox(site: Site, shop: Merchant) -> RunningSimulator:
    running = site.carrier("sandbox")
    shop.account("sandbox-1", running)
    return running


@pytest.mark.usefixtures("sandbox")
def test_a_label_that_is_not_ready_yet_is_had_later(site: Site, shop: Merchant) -> None:
    shipment = shop.booked(reference="slow-printer-sim951")
    path = shipment["label"]["href"]
    assert shipment["label"]["state"] == "at_carrier"
    assert shop.call("GET", path).status_code == 502
    site.clock.advance(seconds=61)
    label = shop.call("GET", path)
    assert label.status_code == 200
    assert is_whole(Label(kind=LabelKind.PDF, content=label.data))
    assert shop.shipment(shipment["id"])["label"]["state"] == "ready"


@pytest.mark.usefixtures("sandbox")
def test_a_label_that_broke_off_is_never_given_out(site: Site, shop: Merchant) -> None:
    shipment = shop.booked(reference="torn-sim952")
    answer = shop.call("GET", shipment["label"]["href"])
    assert answer.status_code == 502
    assert "no whole pdf" in (answer.json or {})["detail"]
    assert shop.shipment(shipment["id"])["label"]["state"] == "at_carrier"
    assert len(site.active(shipment)) == 1


@pytest.mark.parametrize("kind", list(LabelKind))
def test_a_label_is_the_same_bytes_ever_after(
    kind: LabelKind, site: Site, shop: Merchant, sandbox: RunningSimulator
) -> None:
    shipment = shop.booked()
    path = f"/v1/shipments/{shipment['id']}/label?format={kind.value}"
    first = shop.call("GET", path)
    assert first.status_code == 200, first.text
    sandbox.simulator.faults.add(Fault(kind=FaultKind.STATUS_503, operation="label", times=-1))
    assert shop.call("GET", path).data == first.data
    assert [call.operation for call in sandbox.simulator.calls].count("label") == 1


@pytest.mark.parametrize("kind", list(LabelKind))
def test_a_label_without_its_end_or_its_beginning_is_not_whole(kind: LabelKind) -> None:
    begins, ends = ENDS[kind]
    whole = begins + b"x" * 5000 + ends
    assert is_whole(Label(kind=kind, content=whole))
    assert is_whole(Label(kind=kind, content=b"~JA " + whole + b"\r\n"))
    for torn in (whole[:-1], whole[1:], whole[: len(whole) // 2], b""):
        assert not is_whole(Label(kind=kind, content=torn))
