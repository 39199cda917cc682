"""The entries of a message, such as the scans of a parcel: one that cannot be read costs none of the others."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import TypeVar

from carriers.base.errors import CarrierError
from carriers.base.reading import Reading
from gateway.domain.tracking import TrackingUpdate

log = logging.getLogger("carriers.reading")
Entry = TypeVar("Entry", Reading, str)
Said = TypeVar("Said")


class OneByOne:
    """Reads the entries of one message, as many lists of them as there are, and remembers which it could not read."""

    def __init__(self) -> None:
        self._read = 0
        self._unread: list[str] = []
        self._fault: Exception | None = None

    def of(self, entries: Iterable[Entry], read: Callable[[Entry], Said]) -> list[Said]:
        """What those entries say that can be read."""
        said: list[Said] = []
        for entry in entries:
            try:
                said.append(read(entry))
            except CarrierError as error:
                self._note(entry, error, str(error))
            except Exception as error:  # a bug of the adapter's, too, holds up no other entry
                log.exception("%s could not be read", _place(entry))
                self._note(entry, error, f"{type(error).__name__}, a fault of ours")  # its words may quote the payload
        self._read += len(said)
        return said

    def unread(self) -> tuple[str, ...]:
        """For `TrackingUpdate.unread`: of each entry that could not be read, where it stands and what is wrong.

        Raises:
            CarrierError: as the last of them did (a bug as what it is): nothing of the message could be read.
        """
        if self._fault is not None and not self._read:
            raise self._fault
        return tuple(self._unread)

    def _note(self, entry: Reading | str, error: Exception, why: str) -> None:
        self._fault = error
        self._unread.append(why if _place(entry) in why else f"{_place(entry)}: {why}")


def _place(entry: Reading | str) -> str:
    return entry.path if isinstance(entry, Reading) else entry


def updates(entries: Iterable[Entry], read: Callable[[Entry], TrackingUpdate | None]) -> tuple[TrackingUpdate, ...]:
    """One update of each entry that says something; what could not be read is in one more, which names no parcel.

    Raises:
        CarrierError: there are entries, and none can be read.
    """
    one_by_one = OneByOne()
    told: list[TrackingUpdate] = [each for each in one_by_one.of(entries, read) if each is not None]
    if unread := one_by_one.unread():
        told.append(TrackingUpdate(tracking_number="", events=(), unread=unread))
    return tuple(told)
