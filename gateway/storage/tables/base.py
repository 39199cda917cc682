"""What all tables have in common.

Every table starts its primary key with `merchant_id`, and foreign keys carry it along, so no row can point at
another merchant's. Statuses are text without CHECK. Money is minor units (BIGINT) beside its currency. Absent
texts and ids, "" in the domain, are NULL.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar, cast

from sqlalchemy import (
    CHAR,
    BigInteger,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    MetaData,
    Table,
)
from sqlalchemy import text as sql
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from gateway.domain.checkouts import CheckoutAnswer, CheckoutProtocol, CheckoutSettings
from gateway.domain.diversions import Agreed, DiversionKind, DiversionState, Slot
from gateway.domain.eta import Eta
from gateway.domain.facilities import Facility
from gateway.domain.handover import Pickup, ServicePoint
from gateway.domain.handovers import ManifestState, PickupState
from gateway.domain.messages import DeliveryState, InboxState
from gateway.domain.notifications import Channel, NotificationSettings, NotificationState
from gateway.domain.quotes import (
    CarrierResult,
    CheckoutPromise,
    LastResort,
    Outlook,
    Rate,
    ServiceLevel,
    Shadow,
    Verdict,
)
from gateway.domain.recipients import Brand
from gateway.domain.shipments import BookingRef, LabelFormat, LabelKind, Personal, Shipment, ShipmentState, TenderState
from gateway.domain.tracking import Leg, Place, ProofOfDelivery, Source
from gateway.domain.values import Address, Parcel, TimeWindow
from gateway.storage.types import EmptyAsNull, Json, NoCurrency, UtcDateTime, Word

Maybe = Annotated[str, mapped_column(EmptyAsNull, nullable=True)]
"""A text or id that may be absent."""

Minor = Annotated[int, mapped_column(BigInteger)]
Currency = Annotated[str, mapped_column(CHAR(3))]
MaybeCurrency = Annotated[str, mapped_column(NoCurrency(3), nullable=True)]

_WORDS = (
    ShipmentState,
    TenderState,
    Personal,
    PickupState,
    ManifestState,
    InboxState,
    DeliveryState,
    Channel,
    NotificationState,
    LabelKind,
    ServiceLevel,
    Leg,
    Source,
    CheckoutProtocol,
    DiversionKind,
    DiversionState,
)
_NOUNS = (
    Brand,
    Facility,
    Shipment,
    LabelFormat,
    TimeWindow,
    ProofOfDelivery,
    BookingRef,
    Rate,
    Shadow,
    LastResort,
    Outlook,
    Place,
    Address,
    Pickup,
    tuple[Parcel, ...],
    Mapping[str, str],
    Mapping[str, object],
    Mapping[str, datetime],
    Eta,
    tuple[str, ...],
    tuple[ServiceLevel, ...],
    tuple[CarrierResult, ...],
    tuple[tuple[Verdict, ...], ...],
    CheckoutPromise,
    CheckoutSettings,
    CheckoutAnswer,
    NotificationSettings,
    Agreed,
    Slot,
    ServicePoint,
)


class Row(DeclarativeBase):
    """A row as it lies in the database; never leaves `gateway.storage`."""

    metadata = MetaData(
        naming_convention={
            "ix": "%(table_name)s_%(column_0_N_name)s",
            "uq": "%(table_name)s_%(column_0_N_name)s_key",
            "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
            "pk": "%(table_name)s_pkey",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime(),
        **{word: Word(word) for word in _WORDS},
        **{noun: Json(noun) for noun in _NOUNS},
    }


class Owned:
    """Belongs to a merchant."""

    merchant_id: Mapped[str] = mapped_column(ForeignKey("merchants.merchant_id"), primary_key=True, sort_order=-2)


class Named(Owned):
    """Belongs to a merchant and has an id of its own."""

    id: Mapped[str] = mapped_column(primary_key=True, sort_order=-1)


def table_of(row: type[Row]) -> Table:
    """The Core table of a row class."""
    return cast(Table, row.__table__)


def of(column: str, table: str, **options: Any) -> ForeignKeyConstraint:
    """A foreign key that stays within the merchant: (merchant_id, column) -> table (merchant_id, id)."""
    return ForeignKeyConstraint(["merchant_id", column], [f"{table}.merchant_id", f"{table}.id"], **options)


def index(name: str, *columns: str, unique: bool = False, where: str | None = None) -> Index:
    """An index, partial where a condition is given (the same on both databases)."""
    if where is None:
        return Index(name, *columns, unique=unique)
    return Index(name, *columns, unique=unique, sqlite_where=sql(where), postgresql_where=sql(where))


def due_index(table: str) -> Index:
    """What claims walk along: rows that still have something to do (`due_at` is NULL when they have not)."""
    return index(f"{table}_due", "due_at", where="due_at IS NOT NULL")
