"""What of key figures lies beside a page of delivery records, read for the whole page at once."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, exists, func, or_, select

from gateway.domain.claims import CONFIRMED, ClaimKind, ClaimState
from gateway.domain.codec import from_json
from gateway.domain.notifications import RECEIPTED, NotificationState
from gateway.domain.proof_files import READABLE, PictureKind, ProofFileState, missing_proof, wanted_proof
from gateway.domain.values import Requirements
from gateway.kpis.facts import Claimed, Delivery
from gateway.services.ports import Mode
from gateway.storage.bulk import among, listed
from gateway.storage.tables.base import table_of
from gateway.storage.tables.claims import ClaimRow
from gateway.storage.tables.enquiries import EnquiryRow
from gateway.storage.tables.notifications import NotificationRow
from gateway.storage.tables.proofs import ProofFileRow
from gateway.storage.types import parsed

LOST = frozenset({"lost", "stolen", "destroyed"})
"""Reasons of a failure that leave nothing to be delivered."""

ITS_OWN = (
    "carrier", "service", "zone", "ordered_at", "booked_at", "picked_up_at", "delivered_at", "attempts", "outcome",
    "weight_g", "co2e_g", "stars", "recommends", "apart_m",
)  # fmt: skip
"""Columns that are facts as they are."""

_F, _L, _E, _N = (table_of(row).c for row in (ProofFileRow, ClaimRow, EnquiryRow, NotificationRow))


class Beside:
    """Pictures, claims, enquiries and messages of the shipments of a page, by shipment."""

    def __init__(self, connection: Connection, merchant_id: str, mode: Mode) -> None:
        self._connection = connection
        self._merchant_id = merchant_id
        claims, enquiries = ((each.merchant_id == merchant_id) & (each.mode == mode) for each in (_L, _E))
        self._claims_kept = bool(connection.scalar(select(exists().where(claims))))
        self._enquiries_kept = bool(connection.scalar(select(exists().where(enquiries))))
        self._tells = bool(connection.scalar(select(exists().where(_N.merchant_id == merchant_id))))

    def read(self, page: Sequence[Row[Any]]) -> None:
        """Turn to this page."""
        ids = [row.shipment_id for row in page]
        self._shown = self._pictures([row.shipment_id for row in page if row.goods is not None])
        self._claims = self._claims_of(ids) if self._claims_kept else {}
        self._enquiries = self._enquiries_of(ids) if self._enquiries_kept else {}
        self._told = self._told_of(ids) if self._tells else {}

    def delivery(self, row: Row[Any]) -> Delivery:
        """All that is known of a shipment of the page."""
        claims = self._claims.get(row.shipment_id, ())
        elsewhere = [each.created_at for each in claims if each.kind is ClaimKind.MISDELIVERY]
        told, receipts = self._told.get(row.shipment_id, (0, 0))
        denied = [row.denied_at] if row.denied_at else []
        return Delivery(
            **{name: getattr(row, name) for name in ITS_OWN},
            account=row.account_id,
            due_from=row.window.start if row.window is not None else None,
            due_by=row.promised_by,
            wished_at=row.agreed.at if row.agreed is not None else None,
            wished_from=row.agreed.window.start if row.agreed is not None else None,
            wished_by=row.agreed.window.end if row.agreed is not None else None,
            lost=row.outcome == "failed" and row.reason in LOST,
            stalled=bool(row.stalled),
            quoted=row.quoted_minor,
            price=row.price_minor,
            currency=row.currency or "",
            out_estimate=row.estimates.get("out"),
            enquiries=self._enquiries.get(row.shipment_id, 0) + len(denied) if self._enquiries_kept else None,
            told=told,
            receipts=receipts,
            denied_at=min([*elsewhere, *denied], default=None),
            claims=frozenset(each.kind.value for each in claims) if self._claims_kept else None,
            damage_confirmed=any(each.kind is ClaimKind.DAMAGE and each.decision in CONFIRMED for each in claims),
            claimed=_claimed(claims),
            declared=row.declared_minor,
            declared_currency=row.declared_currency or "",
            **self._proof(row),
        )

    def _proof(self, row: Row[Any]) -> Mapping[str, Any]:
        """What was wanted of the delivery, and whether it is there."""
        if row.goods is None:
            return {}
        needs = from_json(Requirements, parsed(row.goods).get("requirements", {}))
        missing = missing_proof(needs, row.proof, self._shown.get(row.shipment_id, ()))
        return {"proof_wanted": bool(wanted_proof(needs)), "proof_shown": not missing}

    def _claims_of(self, ids: Sequence[str]) -> Mapping[str, Sequence[Any]]:
        """Those that stand."""
        found: dict[str, list[Any]] = defaultdict(list)
        money = (_L.amount_minor, _L.amount_currency, _L.paid_minor, _L.paid_currency)
        wanted = select(_L.shipment_id, _L.kind, _L.decision, _L.created_at, *money).where(
            _L.merchant_id == self._merchant_id, _L.state != ClaimState.WITHDRAWN
        )
        for row in self._of(wanted, _L.shipment_id, ids):
            found[row.shipment_id].append(row)
        return found

    def _enquiries_of(self, ids: Sequence[str]) -> Mapping[str, int]:
        mine = select(_E.shipment_id).where(_E.merchant_id == self._merchant_id)
        return Counter(row.shipment_id for row in self._of(mine, _E.shipment_id, ids))

    def _told_of(self, ids: Sequence[str]) -> Mapping[str, tuple[int, int]]:
        """Messages that went out over ways that give receipts, and those that arrived."""
        arrived = func.count().filter(_N.state == NotificationState.DELIVERED)
        sent = (_N.channel.in_(RECEIPTED), _N.sent_at.is_not(None))
        counted = select(_N.shipment_id, func.count(), arrived).where(_N.merchant_id == self._merchant_id, *sent)
        found = self._of(counted.group_by(_N.shipment_id), _N.shipment_id, ids)
        return {shipment_id: (told, receipts) for shipment_id, told, receipts in found}

    def _pictures(self, ids: Sequence[str]) -> Mapping[str, set[PictureKind]]:
        """The kinds of pictures of those for which it matters; one that was erased when its time was over was shown."""
        shown: dict[str, set[PictureKind]] = defaultdict(set)
        if not ids:
            return shown
        erased = and_(_F.state == ProofFileState.ERASED, _F.width > 0)
        wanted = select(_F.shipment_id, _F.kind).where(
            _F.merchant_id == self._merchant_id, or_(_F.state.in_(READABLE), erased)
        )
        for row in self._of(wanted, _F.shipment_id, ids):
            shown[row.shipment_id].add(row.kind)
        return shown

    def _of(self, wanted: Select[Any], column: ColumnElement[str], ids: Sequence[str]) -> Iterable[Any]:
        """Rows of these shipments, whose ids travel as one: to write thousands of them out costs more than reading."""
        mine = wanted.where(among(self._connection, column, "ids"))
        return self._connection.execute(mine, {"ids": listed(self._connection, ids)})


def _claimed(claims: Sequence[Any]) -> tuple[Claimed, ...]:
    """What was asked for, with what was paid of it in the same currency."""
    return tuple(
        Claimed(
            each.amount_currency,
            each.amount_minor,
            each.paid_minor if each.paid_minor and each.paid_currency == each.amount_currency else 0,
        )
        for each in claims
        if each.amount_minor is not None
    )
