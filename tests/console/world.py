"""A merchant's day as the console shows it: parcels at every stage, told by a simulated carrier, and its people."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient

from carriers.base.simulator import RunningSimulator
from gateway.domain.claims import ClaimKind
from gateway.domain.notifications import Channel, Notification, NotificationState
from gateway.domain.people import Role
from gateway.domain.values import Money
from gateway.services.claims import ClaimDraft
from gateway.services.ids import new_id
from tests.journeys.fleet import add_fleet
from tests.journeys.scans import scans
from tests.journeys.site import ORDER, Gateway, Merchant, Site

PASSWORDS: dict[str, str] = {}
PEOPLE: tuple[tuple[str, str, str, str, str], ...] = (
    ("Kari Nordmann", "+4792284417", "Bogstadveien 12", "0355", "kari.nordmann@post.example"),
    ("Ola Hansen", "+4790011223", "Thereses gate 3", "0358", "ola@post.example"),
    ("Ingrid Åsen", "+4748812090", "Storgata 41", "0184", "ingrid.asen@post.example"),
    ("Mohammed Ali Khan", "+4741237788", "Grønland 20", "0188", "m.khan@post.example"),
    ("Liv Bråten", "+4793345566", "Maridalsveien 91", "0461", "liv@post.example"),
    ("Henrik Solberg", "+4795540012", "Frognerveien 6", "0257", "henrik@post.example"),
    ("Anna Kowalska", "+4747719834", "Trondheimsveien 5", "0560", "anna.k@post.example"),
    ("Jonas Lie", "+4792060718", "Kirkeveien 60", "0364", "jonas@post.example"),
    ("Sara Berg", "+4798127654", "Ullevålsveien 15", "0165", "sara.berg@post.example"),
    ("Per Dahl", "+4791198765", "Sars gate 1", "0562", "per@post.example"),
)
LIVES: tuple[tuple[str, int], ...] = (
    ("", 55),
    ("sim941", 120),
    ("sim948", 300),
    ("sim942", 180),
    ("sim945", 80),
    ("sim944", 45),
    ("sim947", 40),
    ("", 20),
    ("sim943", 1200),
    ("", 1400),
)
"""What becomes of each parcel (see carriers/sandbox), and how many minutes ago it was booked: out for delivery, nobody
at home, with a neighbour, going back, to be collected, damaged, an unknown code, picked up, stuck, delivered.
"""
DAY_MIN = 1500
EXAMPLES = tomllib.loads((Path(__file__).parents[2] / "config" / "policy_examples.toml").read_text("utf-8"))
ZONES: tuple[dict[str, Any], ...] = tuple(
    {"type": "Feature", "properties": {"zone": zone, "priority": priority, **said}, "geometry": geometry}
    for zone, priority, said, geometry in (
        ("oslo-sentrum", 20, {"country": "NO", "postcodes": "01*"}, None),
        ("oslo", 10, {"country": "NO", "postcodes": "0001-1299"}, None),
        ("near-the-store", 5, {"radius_m": 8000}, {"type": "Point", "coordinates": [10.7528, 59.9111]}),
        (
            "fjord",
            5,
            {"country": "NO"},
            {
                "type": "Polygon",
                "coordinates": [[[10.4, 59.2], [10.8, 59.2], [10.8, 59.95], [10.5, 59.95], [10.4, 59.2]]],
            },
        ),
    )
)
"""The shipped ones, a circle, and an outline that the circle lies across."""


@dataclass(kw_only=True)
class World:
    """A site with a shop that has parcels at every stage, and a stranger."""

    site: Site
    shop: Merchant
    stranger: Merchant
    shipments: Mapping[str, Any] = field(repr=False)
    account_id: str
    endpoint_id: str

    def person(self, role: Role, merchant: Merchant | None = None) -> Person:
        """Somebody who works for the shop (or another merchant), signed in."""
        merchant = merchant or self.shop
        email = f"{role.value}@{merchant.id.lower().replace('_', '-')}.example"
        people = self.site.services.staff.people
        if email not in PASSWORDS:
            _, PASSWORDS[email] = people.add(merchant.id, email, f"{role.value.capitalize()} Sørli", role.value)
        return Person(client=self.site.gateway.app.test_client(), email=email, password=PASSWORDS[email]).sign_in()


@dataclass(kw_only=True)
class Person:
    """Somebody with a browser without scripts: cookies are kept, forms are sent with their token."""

    client: FlaskClient
    email: str
    password: str = field(repr=False)

    def sign_in(self) -> Person:
        answer = self.client.post("/console/sign-in", data={"email": self.email, "password": self.password})
        assert answer.status_code == 303, answer.text
        return self

    def get(self, path: str, **query: str) -> Any:
        return self.client.get(f"/console{path}", **({"query_string": query} if query else {}))

    def see(self, path: str, **query: str) -> str:
        """A page that must be there."""
        answer = self.get(path, **query)
        assert answer.status_code == 200, answer.text
        return str(answer.text)

    def post(self, path: str, **form: str | list[str]) -> Any:
        """Send a form with this session's token, as a page of ours would."""
        return self.client.post(f"/console{path}", data={"csrf": self.token(), **form})

    def token(self) -> str:
        return str(re.findall(r'name="csrf" value="([0-9a-f]+)"', self.see("/me"))[0])


def build_world(gateway: Gateway, folder: Path) -> World:
    """Everything happened in the last day and ends now."""
    site = Site(gateway, folder)
    site.clock.advance(minutes=-DAY_MIN)
    shop, stranger = site.merchant("Fjord Shop"), site.merchant("Stranger")
    sandbox = site.carrier("sandbox")
    account_id = shop.account("sandbox-oslo", sandbox, without="track")
    endpoint = shop.call("POST", "/v1/webhook-endpoints", {"url": "http://127.0.0.1:9/hook"}).json or {}
    shipments = _book_all(site, shop, sandbox, account_id)
    unknown(site, shop, sandbox, account_id)
    assert shop.book(**{**order(1), "reference": "nett-2012-sim911"}).status_code >= 400  # everybody refuses it
    add_fleet(site, shop, "vans")
    written(shop)
    stranger.account("elsewhere", sandbox)
    site.work()
    site.services.log.flush()
    _tell_recipients(site, shop, shipments)
    return World(
        site=site,
        shop=shop,
        stranger=stranger,
        shipments=shipments,
        account_id=account_id,
        endpoint_id=str(endpoint["id"]),
    )


def claim_of(world: World) -> str:
    """A claim for what Per Dahl got."""
    claims, shipment_id = world.site.services.claims, world.shipments["Per Dahl"]["id"]
    known = claims.of_shipment(world.shop.id, shipment_id)
    if not known:
        user = world.site.services.staff.people.list(world.shop.id)[0]
        draft = ClaimDraft(
            kind=ClaimKind.DAMAGE, amount=Money.parse("1299.00", "NOK"), note="The carton was torn open."
        )
        opened = claims.open(user, "test", shipment_id, draft)
        claims.add_evidence(user, "test", opened.id, "photo", "Three pictures in the mail of 24 November")
        return opened.id
    return known[0].id


def facility_of(world: World) -> str:
    """A warehouse of the shop's."""
    known = world.site.services.facilities.list(world.shop.id)
    if known:
        return known[0].id
    house = {
        "code": "grorud",
        "name": "Grorud warehouse",
        "address": {**ORDER["origin"], "company": "Fjord Shop"},
        "timezone": "Europe/Oslo",
        "handover": {
            "cut_off": "16:00",
            "closing_days": [{"day": "2026-12-24", "why": "Christmas Eve", "closes_at": "12:00"}],
        },
        "accounts": {"vans": {"cut_off": "18:00"}},
    }
    made = world.shop.call("POST", "/v1/facilities", house, Idempotency_Key="facility-of-world")
    assert made.status_code == 201, made.text
    return str((made.json or {})["id"])


def order(number: int) -> dict[str, Any]:
    """An order of one of the people."""
    name, phone, street, postcode, email = PEOPLE[number]
    to = {
        **ORDER["destination"],
        "name": name,
        "phone": phone,
        "street1": street,
        "postal_code": postcode,
        "email": email,
        "instructions": "Ring twice, code 1234",
    }
    return {**ORDER, "destination": to}


def _book_all(site: Site, shop: Merchant, sandbox: RunningSimulator, account_id: str) -> Mapping[str, Any]:
    """Those made first, first; every scan is pushed as the carrier pushes it. The clock ends at now."""
    made: dict[str, Any] = {}
    ahead = DAY_MIN
    for number, (life, ago) in sorted(enumerate(LIVES), key=lambda each: -each[1][1]):
        site.clock.advance(minutes=ahead - ago)
        ahead = ago
        _tell(site, sandbox, account_id, made)
        reference = f"nett-{2001 + number}{'-' + life if life else ''}"
        made[PEOPLE[number][0]] = shop.booked(**{**order(number), "reference": reference})
    site.clock.reset()
    _tell(site, sandbox, account_id, made)
    return made


def _tell(site: Site, sandbox: RunningSimulator, account_id: str, shipments: Mapping[str, Any]) -> None:
    """Every scan so far."""
    for shipment in shipments.values():
        for body in scans(sandbox, shipment["tracking_number"]):
            assert site.push(account_id, body, sandbox).status_code == 200
    site.work()


def written(shop: Merchant) -> None:
    """A policy with two versions, and zones of every kind."""
    for stage, minor in (("draft", 1500), ("draft", 900)):
        data = {**EXAMPLES["rural"]["policy"], "score": {"redelivery_minor": minor}}
        assert shop.call("PUT", "/v1/policies/countryside", {"data": data, "stage": stage}).status_code == 200
    put = shop.call("PUT", "/v1/zones", {"type": "FeatureCollection", "features": ZONES})
    assert put.status_code == 200, put.text


def _tell_recipients(site: Site, shop: Merchant, shipments: Mapping[str, Any]) -> None:
    """As if two had been written to: one mail was sent, one came back."""
    now = site.clock()
    for name, event, state, why in (
        ("Kari Nordmann", "out_for_delivery", NotificationState.SENT, ""),
        ("Ola Hansen", "attempted", NotificationState.FAILED, "mailbox full"),
    ):
        told = Notification(
            id=new_id("ntf", now),
            merchant_id=shop.id,
            mode="test",
            shipment_id=shipments[name]["id"],
            event=event,
            occurrence="",
            channel=Channel.EMAIL,
            cause="shipment.status_changed",
            state=state,
            why=why,
            shown=f"{name[0].lower()}…@post.example",
            language="en",
            since=now,
            useful_until=now,
            due_at=None,
            created_at=now,
            sent_at=now,
        )
        with site.services.store.work() as uow:
            uow.notifications.plan([told])
            uow.commit()


def unknown(site: Site, shop: Merchant, sandbox: RunningSimulator, account_id: str) -> None:
    """A carrier that can neither look bookings up nor tell repeats loses its answer: a person must find out."""
    shop.call("PATCH", f"/v1/accounts/{account_id}", {"enabled": False})
    unlucky = shop.account("sandbox-bergen", sandbox, without="find,idempotency,track")
    lost = shop.book(**{**order(0), "reference": "nett-2011-sim915"})
    assert (lost.json or {})["state"] == "needs_review", lost.text
    shop.call("PATCH", f"/v1/accounts/{unlucky}", {"enabled": False})
    shop.call("PATCH", f"/v1/accounts/{account_id}", {"enabled": True})
