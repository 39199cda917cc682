"""Labels: the booking stands whatever becomes of its label, and what cannot be printed is never given out."""

from __future__ import annotations

from io import BytesIO

import pytest
import zxingcpp
from PIL import Image
from pypdf import PdfReader

from carriers.base import Label, LabelKind
from carriers.base.simulator import Fault, FaultKind, RunningSimulator
from gateway.services.labels import ENDS, is_whole
from tests.journeys.fleet import add_fleet
from tests.journeys.site import PARCEL, Merchant, Site


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


@pytest.mark.parametrize("kind", list(LabelKind))
def test_a_carrier_without_labels_gets_ours(kind: LabelKind, site: Site, shop: Merchant) -> None:
    add_fleet(site, shop, "vans")
    shipment = shop.booked(parcels=[PARCEL, PARCEL])
    path = f"/v1/shipments/{shipment['id']}/label?format={kind.value}"
    made = shop.call("GET", path)
    assert made.status_code == 200, made.text
    assert is_whole(Label(kind=kind, content=made.data))
    assert shop.call("GET", path).data == made.data
    if kind is LabelKind.PNG:
        found = zxingcpp.read_barcodes(Image.open(BytesIO(made.data)))
        number = shipment["tracking_number"]
        assert sorted(code.text for code in found) == [f"{number}/1", f"{number}/1", f"{number}/2", f"{number}/2"]


def test_nothing_is_printed_that_was_not_bought(site: Site, shop: Merchant, sandbox: RunningSimulator) -> None:
    add_fleet(site, shop, "vans")
    shipment = shop.booked(reference="taken-back")
    path = f"/v1/shipments/{shipment['id']}/label"
    assert shop.call("POST", f"/v1/shipments/{shipment['id']}/cancel").status_code in (200, 202)
    site.work()
    assert shop.shipment(shipment["id"])["state"] == "cancelled"
    assert shop.call("GET", path).status_code == 409
    batch = shop.call("POST", "/v1/labels", {"shipments": [shipment["id"]]})
    assert batch.status_code == 409
    assert "state cancelled has no label" in (batch.json or {})["detail"]
    assert [call.operation for call in sandbox.simulator.calls].count("label") == 0


def test_a_carrier_that_gives_only_pdf_is_printed_in_other_kinds_from_it(site: Site, shop: Merchant) -> None:
    bring = site.carrier("bring")
    shop.account("bring-1", bring)
    shipment = shop.booked()
    for kind in (LabelKind.PNG, LabelKind.ZPL, LabelKind.PDF):
        made = shop.call("GET", f"/v1/shipments/{shipment['id']}/label?format={kind.value}")
        assert made.status_code == 200, made.text
        assert is_whole(Label(kind=kind, content=made.data))
    assert [call.operation for call in bring.simulator.calls].count("label") == 2, "the link and where it leads"


def test_many_labels_are_one_pdf_that_names_those_that_are_missing(site: Site, shop: Merchant) -> None:
    add_fleet(site, shop, "vans")
    vans = shop.booked(parcels=[PARCEL, PARCEL])
    fleet_id = next(each["id"] for each in shop.get("/v1/accounts")["data"])
    assert shop.call("PATCH", f"/v1/accounts/{fleet_id}", {"enabled": False}).status_code == 200
    shop.account("sandbox-1", site.carrier("sandbox"))
    parcel, torn = shop.booked(reference="whole"), shop.booked(reference="torn-sim952")
    stranger = site.merchant("Stranger")
    wanted = [parcel["id"], torn["id"], vans["id"], "shp_none", parcel["id"]]
    made = shop.call("POST", "/v1/labels", {"shipments": wanted})
    assert made.status_code == 200, made.text
    assert made.headers["Missing-Labels"] == f"{torn['id']},shp_none"
    pages = [page.extract_text() for page in PdfReader(BytesIO(made.data)).pages]
    assert len(pages) == 4, "one of the sandbox, two of the vans, one that says what is missing"
    assert (f"{vans['tracking_number']}" in pages[1], "2/2" in pages[2]) == (True, True)
    assert "NO LABEL: 2 missing" in pages[3]
    assert "no shipment shp_none" in pages[3].replace("\n", " ")
    assert stranger.call("POST", "/v1/labels", {"shipments": wanted}).status_code == 404
    whole = shop.call("POST", "/v1/labels", {"shipments": [parcel["id"]]})
    assert "Missing-Labels" not in whole.headers
