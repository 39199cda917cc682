"""A past for backtests in a real database: booked shipments, each with a tender and a quote of eight judged offers.

The live engine judges the quotes of some shipments, with every sentence that it says; those of the others are copies
of these, with promises of their own day.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, Table, Text, column, insert, select, true, values

from gateway.domain.codec import to_json, writer
from gateway.domain.quotes import Offer, Outlook, Quote, Rate, ServiceLevel
from gateway.domain.records import ShipmentRecord, Tender
from gateway.domain.shipments import Shipment, ShipmentState, TenderState
from gateway.domain.timezones import timezone_of
from gateway.domain.values import Address, Money, Parcel
from gateway.rules.policy import Context, Policy
from gateway.services.offers import offer, recalled
from gateway.storage.engine import write_engine
from gateway.storage.tables.base import table_of
from gateway.storage.tables.quotes import QuoteRow
from gateway.storage.tables.shipments import ShipmentRow, TenderRow
from tests.bench.stage import MODE, Merchant, Stage

OFFERS = 8
JUDGED = 2000
DAYS = 360
START = datetime(2025, 11, 1, tzinfo=UTC)
A_COMMIT = 2000
BARE = writer(Offer, without="verdicts")
Q, S, T = (table_of(row) for row in (QuoteRow, ShipmentRow, TenderRow))


class Template(NamedTuple):
    """A judged quote at `START`: its shipment, its offers and their verdicts as JSON, and the promises."""

    context: Context
    offers: Sequence[Offer]
    shipment: str
    told: str
    said: str
    promises: Sequence[datetime]


def templates(policy: Policy, shop: Merchant) -> list[Template]:
    """Judged by the policy."""
    return [_template(policy, shop, number) for number in range(JUDGED)]


def moment(number: int, shipments: int) -> datetime:
    """When a shipment was booked: they are spread evenly over the period."""
    return START + number * (timedelta(days=DAYS) / shipments)


def write(stage: Stage, shop: Merchant, made: Sequence[Template], shipments: int) -> None:
    """The shipments with their quotes and tenders, as the gateway's own repositories would write them."""
    _first(stage, shop, made[0])
    engine = write_engine(stage.environment["GATEWAY__DATABASE__URL"], limits={"timezone": "UTC"})
    rows = (_row(made[number % len(made)], number, shipments) for number in range(shipments))
    try:
        while batch := list(islice(rows, A_COMMIT)):
            with engine.begin() as connection:
                _copy(connection, shop.id, Q, batch, "id", "created_at", "ready_at", "shipment", "offers", "verdicts")
                _copy(connection, shop.id, S, batch, "id", "created_at", "quote_id", "tender_id", "shipment")
                _copy(connection, shop.id, T, batch, "id", "shipment_id", "offer_id", "carrier_reference")
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE")
    finally:
        engine.dispose()


def _copy(
    connection: Connection, merchant_id: str, table: Table, rows: Sequence[dict[str, Any]], *changed: str
) -> None:
    """Rows like the first one, but for the columns that are named; nouns come as the JSON that they are stored as."""
    data = [tuple(row[f"{table.name}_{name}"] for name in changed) for row in rows]
    given = values(*(column(name, _type(table, name)) for name in changed)).data(data).cte("given")
    columns = [given.c[each.name] if each.name in changed else each for each in table.c]
    copies = select(*columns).select_from(table.join(given, true()))
    first = (table.c.merchant_id == merchant_id, table.c.id == f"{table.name}_first")
    connection.execute(insert(table).from_select([each.name for each in table.c], copies.where(*first)))


def _type(table: Table, name: str) -> Any:
    return Text() if name in ("shipment", "offers", "verdicts") else table.c[name].type


def _row(each: Template, number: int, shipments: int) -> dict[str, Any]:
    at, told = moment(number, shipments), each.told
    for promise in each.promises:
        told = told.replace(f'"{promise.isoformat()}"', f'"{(promise + (at - START)).isoformat()}"')
    return {
        "quotes_id": f"qte_{number:08}",
        "quotes_created_at": at,
        "quotes_ready_at": at,
        "quotes_shipment": each.shipment,
        "quotes_offers": told,
        "quotes_verdicts": each.said,
        "shipments_id": f"shp_{number:08}",
        "shipments_created_at": at,
        "shipments_quote_id": f"qte_{number:08}",
        "shipments_tender_id": f"tnd_{number:08}",
        "shipments_shipment": each.shipment,
        "tenders_id": f"tnd_{number:08}",
        "tenders_shipment_id": f"shp_{number:08}",
        "tenders_offer_id": f"off_{number % OFFERS}",
        "tenders_carrier_reference": f"ref {number}",
    }


def _first(stage: Stage, shop: Merchant, each: Template) -> None:
    """The rows that the others are copies of, a day before them."""
    quote_id, shipment_id, tender_id = (f"{table.name}_first" for table in (Q, S, T))
    at, taken = START - timedelta(days=1), each.offers[0]
    with stage.services.store.work() as uow:
        uow.quotes.add(
            Quote(
                id=quote_id,
                merchant_id=shop.id,
                mode=MODE,
                shipment=each.context.shipment,
                created_at=at,
                expires_at=at,
                policy="bench",
                policy_version=1,
                zone="zone 1",
                offers=tuple(each.offers),
                carrier_results=(),
                ready_at=at,
            )
        )
        tender = Tender(
            id=tender_id,
            merchant_id=shop.id,
            shipment_id=shipment_id,
            account_id=taken.account_id,
            account=taken.account,
            carrier=taken.carrier,
            offer_id=taken.id,
            rate=taken.rate,
            state=TenderState.ACCEPTED,
            why="accepted",
            created_at=at,
            updated_at=at,
            lease_until=at,
        )
        shipment = ShipmentRecord(
            id=shipment_id,
            merchant_id=shop.id,
            mode=MODE,
            state=ShipmentState.BOOKED,
            shipment=each.context.shipment,
            policy="bench",
            created_at=at,
            updated_at=at,
            quote_id=quote_id,
            tender_id=tender_id,
            price=Money.from_minor(900, "USD"),
        )
        uow.shipments.add(shipment)
        uow.tenders.add(tender)
        uow.commit()


def _template(policy: Policy, shop: Merchant, number: int) -> Template:
    place = Address(country="US", postal_code=f"{10000 + number % 900:05}", subdivision="NY", name="A Shop")
    parcel = Parcel(weight_g=600 + number % 5000, length_mm=300, width_mm=200, height_mm=100)
    shipment = Shipment(origin=place, destination=place, parcels=(parcel,), metadata={"tags": "fragile"})
    context = Context(shipment=shipment, zone="zone 1", now=START, ready_at=START, timezone=timezone_of(place))
    offers = [_offer(shop.accounts[place], number, place) for place in range(OFFERS)]
    ids = {id(each.rate): each.id for each in offers}
    judged = policy.decide([recalled(each) for each in offers], context)
    told = [offer(ids[id(each.candidate.rate)], each) for each in judged]
    return Template(
        context,
        offers,
        orjson.dumps(to_json(shipment)).decode(),
        orjson.dumps([BARE(each) for each in told]).decode(),
        orjson.dumps(to_json([each.verdicts for each in told])).decode(),
        list({each.rate.deliver_by for each in offers if each.rate.deliver_by}),
    )


def _offer(account_id: str, number: int, place: int) -> Offer:
    return Offer(
        id=f"off_{place}",
        account_id=account_id,
        account=f"carrier-{place}",
        carrier="sandbox",
        rate=Rate(
            service=ServiceLevel.NEXT_DAY,
            carrier_service="x",
            price=Money.from_minor(700 + (number * 7919 + place * 104_729) % 900, "USD"),
            deliver_by=START + timedelta(hours=5 + (number + place * 11) % 60),
            co2e_g=100 + place * 40,
        ),
        rank=None,
        score=None,
        verdicts=(),
        outlook=Outlook(p_on_time=0.8 + (number + place) % 19 / 100, deliveries=50),
    )
