"""Ports of what recipients are shown and what they answer: brands, ratings, languages, logos."""

# ruff: noqa: D102  # a method whose name and types say everything needs no sentence

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Literal, Protocol

from gateway.domain.recipients import BrandRecord, Rating
from gateway.services.ports.answers import Mode, Page


class Brands(Protocol):
    """In whose name recipients are spoken to."""

    def get(self, merchant_id: str) -> BrandRecord:
        """What the merchant has put, named at least as the merchant is; without the logo's bytes."""

    def logo(self, merchant_id: str) -> bytes:
        """The logo; b"" where there is none."""

    def put(self, record: BrandRecord) -> None:
        """Raises StaleVersion when it is not the next version."""


class Ratings(Protocol):
    """What recipients think of deliveries, one word each."""

    def add(self, rating: Rating) -> bool:
        """False when the shipment is rated already."""

    def get(self, merchant_id: str, shipment_id: str) -> Rating | None: ...
    def list(self, merchant_id: str, mode: Mode, limit: int, cursor: str | None) -> Page[Rating]:
        """Newest first."""


class Tries(Protocol):
    """Of recipients to prove who they are, by shipment."""

    def count(self, merchant_id: str, shipment_id: str, now: datetime, kept: timedelta) -> int:
        """One more; how many with it, forgotten so long after the first."""

    def forget(self, merchant_id: str, shipment_id: str) -> None:
        """It was the recipient."""


class Codes(Protocol):
    """What recipients were sent to prove who they are, by shipment; digests alone."""

    def replace(
        self,
        merchant_id: str,
        shipment_id: str,
        digest: str,
        now: datetime,
        expires_at: datetime,
        *,
        most: int,
        counted_for: timedelta,
    ) -> int:
        """In place of the one there is, unless `most` were sent already; how many with it, forgotten as `Tries`."""

    def pending(self, merchant_id: str, shipment_id: str, now: datetime) -> bool: ...
    def use(self, merchant_id: str, shipment_id: str, digest: str, now: datetime) -> bool:
        """Take it away: False where it is another one, or its time is over."""


class Voice(Protocol):
    """One language, as it is spoken at one place: texts, plurals, days and times of day."""

    @property
    def code(self) -> str:
        """The language's tag, such as `en` (RFC 5646)."""

    @property
    def direction(self) -> Literal["ltr", "rtl"]: ...
    def say(self, name: str, **values: object) -> str:
        """The text of that name; a value `n` chooses the plural. Raises KeyError: no such text."""

    def sentence(self, status: str, reason: str) -> str:
        """What a recipient is told of a status and its reason: the reason's sentence, else the status's."""

    def day(self, moment: datetime) -> str:
        """`today`, `tomorrow`, `Tuesday 14 November`, at the recipient's."""

    def date(self, moment: datetime) -> str:
        """`Tuesday 14 November`, at the recipient's, however near."""

    def weekday(self, number: int) -> str:
        """A weekday's name, 0 = Monday."""

    def decimal(self, number: float) -> str:
        """With one digit behind the point or comma."""

    def wall(self, minutes: int) -> str:
        """A time of day on a wall clock, in minutes after midnight; 1440 is midnight at the day's end."""

    def clock(self, moment: datetime) -> str:
        """`2:30 PM`, `14:30`, at the recipient's."""

    def same_day(self, one: datetime, other: datetime) -> bool:
        """Whether both lie in one day, at the recipient's."""

    def ends_the_day(self, moment: datetime) -> bool:
        """Whether it means the end of a day, so that its time of day tells nothing."""


class Languages(Protocol):
    """The languages in which recipients are spoken to."""

    @property
    def known(self) -> Sequence[tuple[str, str]]:
        """(tag, own name) of each."""

    def best(self, wanted: Sequence[str], otherwise: str) -> str:
        """The first of the wanted tags that is spoken (`de-AT` is `de`), else this one."""

    def voice(self, code: str, country: str, zone: tzinfo, now: datetime) -> Voice:
        """One of the known at a place: a country (ISO 3166-1) and its time zone."""


class Pictures(Protocol):
    """Makes pictures small enough for recipients' pages."""

    def logo(self, content: bytes) -> bytes:
        """A PNG. Raises InvalidValue: it is no picture that we take."""

    def preview(self, photo: bytes) -> bytes:
        """A JPEG of a photo that we have made anew before."""
