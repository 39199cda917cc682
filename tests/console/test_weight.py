"""What every timed page (B22) weighs at first view: itself and all that it loads, as it travels to a browser."""

from __future__ import annotations

import gzip
import re
from typing import Any

import pytest

from gateway.console.shrinking import BLUR
from gateway.domain.people import Role
from gateway.rules.rule_data import MOST_RULES
from tests.bench.pages import pages
from tests.console.world import Person, World, claim_of

MOST = 150_000
BROWSER = {"Accept-Encoding": "gzip, deflate, br", "Sec-Fetch-Site": "same-origin"}
LOADED = re.compile(r'(?:src|href)="(/console/static/[^"]+)"')
LARGEST = "largest"


@pytest.fixture(scope="module")
def boss(world: World) -> Person:
    """Somebody who sees the largest policy there may be."""
    own = {"field": "rate.carrier_kind", "op": "in", "value": ["own"]}
    rules: list[dict[str, Any]] = [
        {
            "name": f"rule {number}",
            "when": {"all": [own, {"field": "shipment.weight", "op": "above", "value": number, "unit": "kg"}]},
            "then": {"do": "prefer", "minor": number + 1},
        }
        for number in range(MOST_RULES)
    ]
    made = world.shop.call(
        "PUT", f"/v1/policies/{LARGEST}", {"data": {"currency": "NOK", "rules": rules}, "stage": "draft"}
    )
    assert made.status_code == 200, made.text
    person = world.person(Role.ADMIN)
    claim_of(world)
    return person


def weight(person: Person, path: str) -> int:
    """Bytes of a page and its files."""
    answer = person.client.get(f"/console{path}", headers=BROWSER)
    assert answer.status_code in (200, 303), path
    page = gzip.decompress(answer.data) if "Content-Encoding" in answer.headers else answer.data
    files = {*LOADED.findall(page.decode(errors="replace"))}  # a logo is no text
    return len(answer.data) + sum(len(person.client.get(file, headers=BROWSER).data) for file in files)


def test_every_page_is_light_at_first_view(world: World, boss: Person) -> None:
    paths = {
        **pages(world.site.services, world.shop.id, world.endpoint_id),
        "largest policy": f"/policies/{LARGEST}",
        "form of the largest policy": f"/policies/{LARGEST}/edit",
    }
    heavy = {name: bytes_of for name, path in paths.items() if (bytes_of := weight(boss, path)) > MOST}
    assert heavy == {}


@pytest.mark.parametrize(
    ("headers", "packed"),
    [
        (BROWSER, True),
        ({**BROWSER, "Sec-Fetch-Site": "none"}, True),
        ({**BROWSER, "Sec-Fetch-Site": "cross-site"}, False),
        ({**BROWSER, "Sec-Fetch-Site": "same-site"}, False),
        ({"Accept-Encoding": "gzip"}, False),
        ({"Sec-Fetch-Site": "same-origin"}, False),
    ],
)
def test_pages_are_packed_only_where_no_other_site_asked(
    world: World, boss: Person, headers: dict[str, str], packed: bool
) -> None:
    answer = boss.client.get("/console/shipments?q=hansen", headers=headers)
    assert ("Content-Encoding" in answer.headers) == packed
    assert {"Accept-Encoding", "Sec-Fetch-Site"} <= {*answer.vary}
    read = gzip.decompress(answer.data) if packed else answer.data
    assert b"</html>" in read
    assert answer.content_length == len(answer.data)


def test_neither_length_nor_token_is_the_same_each_time(boss: Person) -> None:
    answers = [boss.client.get("/console/me", headers=BROWSER).data for _ in range(12)]
    assert len({len(each) for each in answers}) > 1
    assert max(map(len, answers)) - min(map(len, answers)) <= 3 * BLUR  # a token packs a little better or worse
    tokens = {re.findall(rb'name="csrf" value="(\w+)"', gzip.decompress(each))[0] for each in answers}
    assert len(tokens) == len(answers)
    for made in tokens:
        form = {"csrf": made.decode(), "shortcuts": "on"}
        assert boss.client.post("/console/me/shortcuts", data=form).status_code == 303


@pytest.mark.parametrize("given", ["", "00", "zz", "0" * 63, "0" * 64, "0" * 128])
def test_a_token_of_nobody_opens_nothing(boss: Person, given: str) -> None:
    assert boss.client.post("/console/me/shortcuts", data={"csrf": given}).status_code == 403
