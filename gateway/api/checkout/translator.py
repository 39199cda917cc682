"""What a translator is, and what all of them need: numbers exact to the digit, texts cut to what a protocol takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from http import HTTPStatus
from typing import Any, Protocol

import orjson

from carriers.base import Account, BadCarrierResponse, Reading, WebhookCall
from gateway.api.schemas.values import GRAMS, HEAVIEST_G, LONGEST_MM, MILLIMETRES
from gateway.domain.checkouts import Cart, CheckoutAnswer, CheckoutConnection
from gateway.domain.packing import Sides
from gateway.domain.values import Money, currency_exponents

MOST_LINES = 500
MOST_PIECES = 100_000
MOST_MONEY = Decimal(10) ** 12


class Nonsense(BadCarrierResponse):
    """A checkout's call that means nothing; the message says where."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a checkout hears."""

    body: Any
    status: int = 200


class Translator(Protocol):
    """One protocol: how a call proves itself, what cart it brings, how rates and refusals are said."""

    def prove(self, call: WebhookCall, account: Account, body: Reading, connection: CheckoutConnection) -> None:
        """Raises WebhookRejected: not the shop of this connection."""

    def cart(self, body: Reading, connection: CheckoutConnection) -> Cart:
        """Raises BadCarrierResponse, InvalidValue: nonsense."""

    def answer(self, answer: CheckoutAnswer, connection: CheckoutConnection) -> Reply:
        """The rates, in the protocol's words; or that there are none; or that the shop shall use its own."""

    def refusal(self, status: int, why: str) -> Reply:
        """The protocol's own error shape. `status` is what it would be in plain HTTP."""


def lines(of: Reading, name: str) -> Sequence[Reading]:
    """The lines of a cart. Raises Nonsense where there are none, or too many."""
    found = of.objects(name)
    if not of.has(name):
        raise Nonsense(f"{of.path}.{name} is not an array")
    if len(found) > MOST_LINES:
        raise Nonsense(f"{of.path}.{name} has more than {MOST_LINES} lines")
    return found


def pieces(line: Reading) -> int:
    """How many of a line."""
    found = _exact(line, "quantity", Decimal(MOST_PIECES))
    if found != found.to_integral_value():
        raise Nonsense(f"{line.path}.quantity is not a whole number")
    return int(found)


def grams(of: Reading, name: str, unit: str = "g") -> int:
    """A weight, rounded up."""
    if unit not in GRAMS:
        raise Nonsense(f"{of.path}.{name} is in a unit that is none of {', '.join(GRAMS)}")
    return _up(_exact(of, name, Decimal(HEAVIEST_G)) * GRAMS[unit], HEAVIEST_G, f"{of.path}.{name}")


def millimetres(of: Reading, name: str, unit: str) -> int:
    """A length, rounded up; 0 where it is not given."""
    if unit not in MILLIMETRES:
        raise Nonsense(f"{of.path}.{name} is in a unit that is none of {', '.join(MILLIMETRES)}")
    if not of.has(name):
        return 0
    return _up(_exact(of, name, Decimal(LONGEST_MM)) * MILLIMETRES[unit], LONGEST_MM, f"{of.path}.{name}")


def sides(length: int, width: int, height: int) -> Sides | None:
    """All three, or none of use."""
    return (length, width, height) if min(length, width, height) > 0 else None


def amount(of: Reading, name: str) -> Decimal:
    """An amount of money that is not below zero, a number or a text of one."""
    return _exact(of, name, MOST_MONEY)


def rounded(exact: Decimal, currency: str) -> Money:
    """Half up to the currency's digits, once. Raises InvalidValue: no such currency."""
    step = Decimal(1).scaleb(-currency_exponents().get(currency, 0))
    return Money(exact.quantize(step, rounding=ROUND_HALF_UP), currency)


def country(of: Reading, name: str) -> str:
    """ISO 3166-1 alpha-2."""
    found = of.text(name, 2).upper()
    if not (len(found) == 2 and found.isascii() and found.isalpha()):
        raise Nonsense(f"{of.path}.{name} is not a country of two letters")
    return found


def text_or_number(of: Reading, name: str) -> str:
    """A short text such as a postcode or a house number, which some shops send as a number."""
    whole = of.maybe_integer(name)
    return of.maybe_text(name, limit=16) if whole is None else str(whole)


def phone(text: str) -> str:
    """E.164 where it is given so; else nothing, for a carrier would refuse it."""
    digits = "".join(filter(str.isdigit, text))
    return f"+{digits}" if text.startswith("+") and 5 <= len(digits) <= 15 and digits.isascii() else ""


def number(money: Money) -> orjson.Fragment:
    """An amount in major units as a JSON number with the currency's digits: never through a float."""
    digits = currency_exponents()[money.currency]
    return orjson.Fragment(f"{money.amount:.{digits}f}")


def cut(text: str, longest: int) -> str:
    """The text as far as a protocol takes it."""
    return text[:longest].rstrip()


def title(status: int) -> str:
    """What an HTTP status is called."""
    return HTTPStatus(status).phrase


def secrets_of(connection: CheckoutConnection) -> Account:
    """The connection as proofs of calls know accounts."""
    options: Mapping[str, object] = {}
    return Account(
        id=connection.id,
        name=connection.name,
        mode=connection.mode,
        urls={},
        secrets=connection.secrets,
        options=options,
    )


def _exact(of: Reading, name: str, most: Decimal) -> Decimal:
    found = of.decimal(name)
    if not 0 <= found <= most:
        raise Nonsense(f"{of.path}.{name} is not from 0 to {most}")
    return found


def _up(exact: Decimal, most: int, path: str) -> int:
    whole = int(exact.to_integral_value(rounding=ROUND_CEILING))
    if whole > most:
        raise Nonsense(f"{path} is beyond all parcels")
    return whole
