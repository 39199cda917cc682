"""A claim is worked on at the console, from the shipment's page to the money."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from typing import Any

import pytest

from gateway.domain.errors import Unprocessable
from gateway.domain.people import Role
from gateway.services.claim_files import LARGEST_BYTES, SentFile
from tests.console.world import Person, World, claim_of
from tests.pictures import SVG, bomb, telling_photo


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
    assert stale.text.casefold().count("as it is now") == 1
    assert '<dd class="typed">Again</dd>' in stale.text, "what was typed is not lost"
    sent = support.post(f"{path}/step", to="submitted", reference="SKADE-9", **form(support.see(path)))
    assert sent.status_code == 303
    unsaid = support.post(f"{path}/step", to="decided", **form(support.see(path)))
    assert "ay what the carrier decided" in unsaid.text
    more = support.post(
        f"{path}/step", to="decided", decision="granted", sum="1300", currency="NOK", **form(support.see(path))
    )
    assert more.status_code == 422
    assert '<small id="h-sum" class="error">1300.00 NOK is more than the 1299.50 NOK that are claimed.' in more.text
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


def opened(support: Person, shipment: str, kind: str) -> str:
    """A claim for some kind of trouble; where its page is."""
    made = support.post(f"/shipments/{shipment}/claims", kind=kind)
    assert made.status_code == 303, made.text
    return str(made.headers["Location"]).removeprefix("/console").partition("?")[0]


def sent(support: Person, path: str, content: bytes, name: str, **more: str) -> Any:
    """Send a file as evidence."""
    fields = {"kind": "photo", **form(support.see(path)), "csrf": support.token(), **more}
    return support.client.post(f"/console{path}/evidence", data={**fields, "file": (io.BytesIO(content), name)})


PAPER = b"%PDF-1.7\n1 0 obj\n<< /S /JavaScript >>\nendobj\ntrailer\n%%EOF\n"


def test_files_speak_for_a_claim(support: Person, world: World) -> None:
    shipment = world.shipments["Per Dahl"]["id"]
    path = opened(support, shipment, "missing")
    assert sent(support, path, telling_photo(), "C:\\fakepath\\torn <b>.jpg", text="torn").status_code == 303
    assert sent(support, path, PAPER, "invoice.pdf", kind="invoice").status_code == 303
    page = support.see(path)
    assert "torn &lt;b&gt;.jpg" in page
    picture, paper = (support.get(each) for each in re.findall(rf'href="/console({path}/files/evf_\w+)"', page))
    assert picture.content_type == "image/jpeg"
    assert b"canary" not in picture.data.lower()
    assert (paper.content_type, paper.data) == ("application/pdf", PAPER)
    assert paper.headers["Content-Disposition"].startswith('attachment; filename="evidence-evf_')
    for answer in (picture, paper):
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "private, no-store"
    looked = [
        each for each in world.site.services.staff.audit.about(world.shop.id, shipment) if "evidence" in each.what
    ]
    assert {each.what for each in looked} == {"added evidence to a claim", "looked at a claim's evidence"}
    place = re.findall(rf"{path}/files/evf_\w+", page)[0]
    assert world.person(Role.DEVELOPER).get(place).status_code == 403
    assert world.person(Role.ADMIN, world.stranger).get(place).status_code == 404
    assert support.get(f"{path}/files/evf_none").status_code == 404


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (SVG, "SVG and other markup is not taken"),
        (b"MZ" + b"\0" * 100, "or a PDF"),
        (bomb(), "more than 40 million pixels"),
        (PAPER[:-8], "The PDF is cut off"),
        (b"", "The file is empty"),
    ],
)
def test_what_is_no_picture_and_no_paper_is_refused(support: Person, world: World, content: bytes, said: str) -> None:
    path = f"/claims/{claim_of(world)}"
    before = support.see(path)
    answer = sent(support, path, content, "x.jpg", text="kept words")
    assert answer.status_code == 422
    assert said in answer.text
    assert "kept words" in answer.text
    assert re.sub(r'csrf" value="\w+"', "", support.see(path)) == re.sub(r'csrf" value="\w+"', "", before)


def test_the_same_file_is_taken_once_and_all_are_erased_with_the_people(support: Person, world: World) -> None:
    services, shipment = world.site.services, world.shipments["Sara Berg"]["id"]
    path = opened(support, shipment, "damage")
    assert sent(support, path, PAPER, "a.pdf").status_code == 303
    assert sent(support, path, PAPER, "b.pdf").status_code == 409
    boss, large = services.staff.people.list(world.shop.id)[0], SentFile(b"\0" * (LARGEST_BYTES + 1), "large")
    with pytest.raises(Unprocessable, match="at most 10 MB"):
        services.claim_files.add(boss, "test", path.rpartition("/")[2], ("photo", ""), large, None)
    place = re.findall(rf"{path}/files/evf_\w+", support.see(path))[0]
    services.proof_keeping.erase_of(world.shop.id, shipment)
    assert support.get(place).status_code == 404
    kept = services.claims.get(world.shop.id, "test", path.rpartition("/")[2]).evidence
    assert [(each.text, each.file) for each in kept] == [("a.pdf", None)]
