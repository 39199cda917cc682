"""`gateway why`: why a shipment went the way it went, told to people."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

import click

from gateway.cli.merchants import MODES, merchant_of
from gateway.cli.running import services
from gateway.domain.errors import NotFound
from gateway.domain.quotes import Effect, Offer, Quote
from gateway.services.bound import Services
from gateway.services.explaining import explained
from gateway.services.ports import Mode
from gateway.services.shipments import ShipmentFile

WIDTH = 100
MARKS = {Effect.DROP: "x", Effect.RANK: "+", Effect.PASS: " "}


@click.command()
@click.option("--merchant", help="Id or name; left out: whoever has a shipment of that id.")
@click.option("--mode", type=MODES, help="Left out: either.")
@click.option("--all", "everything", is_flag=True, help="Also what the rules said that did not apply.")
@click.argument("shipment_id")
def why(merchant: str | None, mode: Mode | None, everything: bool, shipment_id: str) -> None:
    """Say why a shipment went to its carrier: who won and by how much, every rule's sentence, every tender."""
    file, quote = _found(services(), merchant, mode, shipment_id)
    told = explained(quote, file.tenders, file.shipment.chosen_offer_id)
    click.echo(f"{shipment_id} ({file.shipment.state.value})")
    for sentence in told.sentences:
        _say(sentence, "")
    for offer in sorted(quote.offers, key=lambda each: (each.rank is None, each.rank or 0)):
        click.echo()
        for line in _offer(offer, everything=everything):
            _say(line, "    ")


def _found(bound: Services, merchant: str | None, mode: Mode | None, shipment_id: str) -> tuple[ShipmentFile, Quote]:
    """The shipment's decision. Raises NotFound."""
    with bound.store.look() as uow:
        known = [merchant_id for merchant_id, _ in uow.keys.merchants()]
    modes: tuple[Mode, ...] = ("live", "test") if mode is None else (mode,)
    for merchant_id in known if merchant is None else [merchant_of(bound, merchant, create=False)]:
        for each in modes:
            try:
                return bound.shipments.decision(merchant_id, each, shipment_id)
            except NotFound:
                continue
    raise NotFound(f"no shipment {shipment_id}, or its quote is forgotten")


def _offer(offer: Offer, *, everything: bool) -> Iterator[str]:
    place = "out" if offer.rank is None else f"number {offer.rank}"
    service = offer.rate.service.value.replace("_", " ")
    shown = "" if offer.shown is None else f", shown to the buyer as {offer.shown}"
    yield f"{place}: {offer.account}, {service}, {offer.rate.price}{shown}"
    for verdict in offer.verdicts:
        if verdict.applied or everything:
            yield f"  {MARKS[verdict.effect]} {verdict.rule.replace('_', ' ')}: {verdict.why}"


def _say(text: str, indent: str) -> None:
    """One paragraph. Whatever carriers sent, no control character reaches the terminal."""
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    click.echo(textwrap.fill(plain, WIDTH, subsequent_indent=indent, replace_whitespace=False, drop_whitespace=True))
