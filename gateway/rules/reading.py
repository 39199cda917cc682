"""Plain data to the nouns of rules, with a JSON pointer at whatever is unknown, missing or wrong."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from difflib import get_close_matches
from functools import cache
from typing import Any, TypeVar, get_type_hints

from gateway.domain.codec import from_json
from gateway.domain.errors import InvalidValue, Unprocessable
from gateway.domain.values import currency_exponents
from gateway.rules.market import ExchangeRate, Market

T = TypeVar("T")
RATE = re.compile(r"[0-9]{1,7}(\.[0-9]{1,12})?")
LINE = re.compile(r"[^\x00-\x1f\x7f]{1,500}")
TITLE = re.compile(r"[^\x00-\x1f\x7f]{1,80}")
MAX_MINOR = 10**12


def mapping(data: object, pointer: str, what: str) -> Mapping[str, Any]:
    """Data that is an object. Raises Unprocessable."""
    if not isinstance(data, Mapping):
        raise Unprocessable(pointer, f"{what} is an object")
    return data


def listed(data: object, pointer: str, what: str, most: int) -> Sequence[Any]:
    """Data that is a list of 1 to `most` entries. Raises Unprocessable."""
    if not isinstance(data, list | tuple) or not data:
        raise Unprocessable(pointer, f"{what} is a list, of at least one", "missing_parameter")
    if len(data) > most:
        raise Unprocessable(pointer, f"{what} has at most {most} entries", "out_of_range")
    return data


def refuse_unknown(data: Mapping[str, object], known: Sequence[str], pointer: str, owner: str) -> None:
    """Raises Unprocessable at the first member that nobody reads."""
    for name in data:
        if name not in known:
            raise Unprocessable(
                f"{pointer}/{_escaped(name)}",
                f"{owner} has no {name!r}; it has {', '.join(known)}",
                "unknown_parameter",
            )


def _escaped(name: object) -> str:
    """A member's name in a JSON pointer (RFC 6901)."""
    return str(name).replace("~", "~0").replace("/", "~1")


def word_of(data: Mapping[str, Any], name: str, known: Mapping[str, T], pointer: str, code: str) -> T:
    """What a required member names in a table. Raises Unprocessable, listing the table."""
    if name not in data:
        raise Unprocessable(f"{pointer}/{name}", f"give {name}: one of {', '.join(known)}", "missing_parameter")
    found = known.get(data[name]) if isinstance(data[name], str) else None
    if found is None:
        near = get_close_matches(str(data[name]), known, n=1)
        meant = f" did you mean {near[0]}?" if near else ""
        raise Unprocessable(f"{pointer}/{name}", f"no {data[name]!r};{meant} there are {', '.join(known)}", code)
    return found


def line(data: object, pointer: str, what: str) -> str:
    """A text of one line that says something, without control characters. Raises Unprocessable."""
    if not isinstance(data, str) or not LINE.fullmatch(data):
        raise Unprocessable(pointer, f"{what} is a text of one line, of 1 to 500 characters", "invalid")
    return data


def title(data: object, pointer: str) -> str:
    """A name that people read: 1 to 80 characters of one line. Raises Unprocessable."""
    if not isinstance(data, str) or not TITLE.fullmatch(data) or data != data.strip():
        raise Unprocessable(pointer, "a name is 1 to 80 characters in one line", "invalid")
    return data


@cache
def _parameters(made: type[Any]) -> Mapping[str, tuple[Any, bool]]:
    """A class's parameters by name: their type, and whether they must be given."""
    hints = get_type_hints(made)
    return {each.name: (hints[each.name], each.default is dataclasses.MISSING) for each in dataclasses.fields(made)}


def built(made: type[T], data: Mapping[str, Any], pointer: str, owner: str, tags: Sequence[str] = ()) -> T:
    """A dataclass of its fields in data; `tags` are members that somebody else has read.

    Raises:
        Unprocessable: at the member that is unknown, missing or wrong.
    """
    named: Any = made
    parameters = _parameters(named)
    refuse_unknown(data, (*tags, *parameters), pointer, owner)
    for name, (_, required) in parameters.items():
        if required and name not in data:
            raise Unprocessable(f"{pointer}/{name}", f"{owner} needs {name}", "missing_parameter")
    given = {name: _value(parameters[name][0], data[name], f"{pointer}/{name}") for name in parameters if name in data}
    try:
        return made(**given)
    except Unprocessable as refused:
        raise Unprocessable(pointer + refused.pointer, str(refused), refused.code) from None


def _value(hint: Any, data: object, pointer: str) -> Any:
    try:
        return from_json(hint, data, pointer.rpartition("/")[2])
    except InvalidValue as error:
        raise Unprocessable(pointer, str(error)) from None


def market(data: Mapping[str, Any]) -> Market:
    """The money of a policy: `currency`, `exchange` and `cover`. Raises Unprocessable."""
    currency = _currency(data.get("currency"), "/currency")
    return Market(currency=currency, exchange=_exchange(data.get("exchange", {}), currency), cover=_cover(data))


def _currency(code: object, pointer: str) -> str:
    if not isinstance(code, str) or code not in currency_exponents():
        raise Unprocessable(pointer, f"{code!r} is not an ISO 4217 currency", "unknown_currency")
    return code


def _exchange(data: object, currency: str) -> Mapping[str, ExchangeRate]:
    result = {}
    for code, entry in mapping(data, "/exchange", "exchange").items():
        pointer = f"/exchange/{_escaped(code)}"
        if _currency(code, pointer) == currency:
            raise Unprocessable(pointer, f"{currency} is the policy's own currency")
        result[code] = _exchange_rate(entry, pointer)
    return result


def _exchange_rate(data: object, pointer: str) -> ExchangeRate:
    entry = mapping(data, pointer, "an exchange rate")
    refuse_unknown(entry, ("rate", "source"), pointer, "an exchange rate")
    rate, source = entry.get("rate"), entry.get("source")
    if source is None or source == "":
        raise Unprocessable(f"{pointer}/source", "say where the rate comes from", "missing_parameter")
    named = line(source, f"{pointer}/source", "a source")
    if not isinstance(rate, str) or not RATE.fullmatch(rate) or not Decimal(rate):
        raise Unprocessable(f"{pointer}/rate", f'{rate!r} is not a rate: a decimal in quotes, such as "0.099"')
    return ExchangeRate(rate=Decimal(rate), source=named)


def _cover(data: Mapping[str, Any]) -> Mapping[str, int]:
    cover = mapping(data.get("cover", {}), "/cover", "cover")
    for account, minor in cover.items():
        line(account, "/cover", "an account's name")
        if isinstance(minor, bool) or not isinstance(minor, int) or not 0 <= minor <= MAX_MINOR:
            raise Unprocessable(f"/cover/{_escaped(account)}", f"an amount is whole minor units, from 0 to {MAX_MINOR}")
    return dict(cover)
