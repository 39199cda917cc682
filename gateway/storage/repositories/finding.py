"""How people find shipments: the words under which each is kept, and searches as walks along indexes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, exists, func, literal_column, select, text, union

from gateway.domain.records import ShipmentRecord
from gateway.services.ports import MANY, ShipmentSearch
from gateway.storage.repositories.views import TAGS
from gateway.storage.tables.base import table_of
from gateway.storage.tables.shipments import ShipmentRow, ShipmentTermRow

TERMS = table_of(ShipmentTermRow)
_S = table_of(ShipmentRow).c
UNFINISHED = text("shipments.phase != 'final'")
"""As its index says it: written out, so that both databases see that the index will do."""

LAST_LETTER = "\U0010ffff"
MOST_BEGINNINGS = 2000
NEAR, NEAREST = 500, 200
"""The newest shipments of each word that are compared, and how many of those with most words are told."""

PHONE_TAILS = (4, 7)
"""How many of a phone's last digits people give on the phone themselves."""


def term_rows(shipment: ShipmentRecord) -> list[dict[str, Any]]:
    """All words of a new shipment, booked or not, as rows."""
    return rows_of(shipment, [*words_of(shipment), *(shipment.booking.parcel_numbers if shipment.booking else ())])


def rows_of(shipment: ShipmentRecord, words: Iterable[str]) -> list[dict[str, Any]]:
    """Words of a shipment as rows, each once."""
    place = {"merchant_id": shipment.merchant_id, "created_at": shipment.created_at, "shipment_id": shipment.id}
    return [{**place, "term": term} for term in sorted({folded(word) for word in words} - {""})]


def counts_of(merchant_id: str, words: Sequence[str]) -> Select[Any]:
    """How many shipments each word leads to, up to `MANY`: a row, in their order."""
    mine = (TERMS.c.merchant_id == merchant_id,)
    each = [select(TERMS.c.term).where(*mine, TERMS.c.term == folded(word)).limit(MANY).subquery() for word in words]
    return select(*(select(func.count()).select_from(found).scalar_subquery() for found in each))


def narrowed(
    wanted: Select[Any], merchant_id: str, search: ShipmentSearch
) -> tuple[Select[Any], tuple[ColumnElement[Any], ColumnElement[Any]]]:
    """A select of shipments, narrowed, and what it is ordered by: time and id, in the index that it walks along."""
    wanted = wanted.where(_S.merchant_id == merchant_id, _S.mode == search.mode)
    order: tuple[ColumnElement[Any], ColumnElement[Any]] = (_S.created_at, _S.id)
    if search.text and search.match == "beginning":
        wanted = _beginning(wanted, merchant_id, search.text)
    elif search.text and search.match == "most":
        wanted, order = _nearest(wanted, merchant_id, search.text.split())
    elif search.text:
        words = search.text.split() if search.match == "words" else [search.text]
        of = list(dict.fromkeys(folded(word) for word in words))
        newest = search.newest if search.status or search.narrowed else 0
        wanted, named = _named(wanted, merchant_id, of, newest)
        order = (named.c.created_at, named.c.shipment_id)
    elif search.promised_from is not None and not search.unfinished:
        order = (_S.deliver_by, _S.id)
    wanted = _where(wanted, search)
    if search.created_after is not None:
        wanted = wanted.where(order[0] > search.created_after)
    return wanted, order


def _where(wanted: Select[Any], search: ShipmentSearch) -> Select[Any]:
    if search.status:
        wanted = wanted.where(_one_of(_S.status, search.status.split(",")))
    for column in (_S.reference, _S.tracking_number, _S.state, _S.account, _S.carrier, _S.service):
        value = getattr(search, column.name)
        wanted = wanted.where(column == value) if value else wanted
    wanted = wanted.where(*_also(search))
    if search.promised_from is not None:
        wanted = wanted.where(_S.deliver_by >= search.promised_from)
    if search.promised_before is not None:
        wanted = wanted.where(_S.deliver_by < search.promised_before)
    return wanted


def _one_of(column: ColumnElement[str], values: Sequence[str]) -> ColumnElement[bool]:
    return column == values[0] if len(values) == 1 else column.in_(values)


def _also(search: ShipmentSearch) -> Sequence[ColumnElement[bool]]:
    """What no single column says."""
    tagged = (TAGS.c.merchant_id == _S.merchant_id, TAGS.c.shipment_id == _S.id, TAGS.c.tag == search.tag)
    return [
        *([exists().where(*tagged)] if search.tag else ()),
        *([UNFINISHED] if search.unfinished else ()),
        *([_S.attempts == search.attempts] if search.attempts else ()),
        *([_S.status_at >= search.status_since] if search.status_since is not None else ()),
    ]


def _named(wanted: Select[Any], merchant_id: str, words: Sequence[str], newest: int) -> tuple[Select[Any], FromClause]:
    """Those with all these words, found along the first one: of the newest of that, where there are several; and where
    they stand.
    """
    mine = select(TERMS).where(TERMS.c.merchant_id == merchant_id, TERMS.c.term == words[0])
    place: Any = TERMS.c
    if words[1:]:
        walked = mine.order_by(place.created_at.desc(), place.shipment_id.desc()).limit(MANY).subquery("walked")
        mine, place = select(walked), walked.c
    for word in words[1:]:
        also = TERMS.alias()
        has = select(also.c.term).where(
            also.c.merchant_id == merchant_id,
            also.c.term == word,
            also.c.created_at == place.created_at,
            also.c.shipment_id == place.shipment_id,
        )
        mine = mine.where(has.offset(0).exists())  # asked row by row: to join all of two words would take a second
    if newest:
        mine = mine.order_by(place.created_at.desc(), place.shipment_id.desc()).limit(newest)
    named = mine.subquery("named")
    return wanted.join(named, (named.c.merchant_id == _S.merchant_id) & (named.c.shipment_id == _S.id)), named


def _nearest(
    wanted: Select[Any], merchant_id: str, words: Sequence[str]
) -> tuple[Select[Any], tuple[ColumnElement[Any], ColumnElement[Any]]]:
    """Those with most of these words, of the newest of each; and by what they are ordered, ids being in order of time.
    The cost is of words, not of shipments: some hundreds of each are looked up once more for every word.
    """
    terms = list(dict.fromkeys(folded(word) for word in words))
    newest = [
        select(TERMS.c.created_at, TERMS.c.shipment_id)
        .where(TERMS.c.merchant_id == merchant_id, TERMS.c.term == term)
        .order_by(TERMS.c.created_at.desc(), TERMS.c.shipment_id.desc())
        .limit(NEAR)
        .subquery()
        for term in terms
    ]
    near = union(*(select(each) for each in newest)).subquery("near")
    also = TERMS.alias()
    has = (
        select(func.count())
        .select_from(also)
        .where(
            also.c.merchant_id == merchant_id,
            also.c.term.in_(terms),
            also.c.created_at == near.c.created_at,
            also.c.shipment_id == near.c.shipment_id,
        )
        .scalar_subquery()
    )
    ranked = select(near.c.shipment_id, has.label("words"))
    best = ranked.order_by(literal_column("words").desc(), near.c.shipment_id.desc())
    nearest = best.limit(NEAREST).subquery("nearest")
    return wanted.join(nearest, nearest.c.shipment_id == _S.id), (nearest.c.words, nearest.c.shipment_id)


def _beginning(wanted: Select[Any], merchant_id: str, text: str) -> Select[Any]:
    """Those with a word that begins so; of the words in their order, the first thousands."""
    word = folded(text)
    found = (
        select(TERMS.c.shipment_id)
        .where(TERMS.c.merchant_id == merchant_id, TERMS.c.term >= word, TERMS.c.term < word + LAST_LETTER)
        .order_by(TERMS.c.term)
        .limit(MOST_BEGINNINGS)
        .subquery()
    )
    return wanted.where(_S.id.in_(select(found.c.shipment_id)))


def folded(text: str) -> str:
    """A word as it is looked for: letters and digits only, case folded, so `SW1A 1AA` is `sw1a1aa`."""
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def words_of(shipment: ShipmentRecord) -> list[str]:
    """Ids, the recipient's name and town and each word of them, company, e-mail, postcode (in its country also), phone
    and its tails.
    """
    to = shipment.shipment.destination
    digits = "".join(letter for letter in to.phone if letter.isdigit())
    tails = [digits[-length:] for length in PHONE_TAILS if len(digits) >= length]
    return [
        shipment.id,
        shipment.reference,
        shipment.tracking_number,
        to.name,
        *to.name.split(),
        to.company,
        to.email,
        to.postal_code,
        f"{to.country}{to.postal_code}" if to.postal_code else "",
        to.city,
        *to.city.split(),
        digits,
        *tails,
    ]
