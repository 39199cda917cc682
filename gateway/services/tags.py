"""Tags: words that people put on shipments, to find them by."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from gateway.domain.clock import Clock
from gateway.domain.errors import NotFound, Unprocessable
from gateway.domain.people import User
from gateway.services.audit_trail import Deed, write_down
from gateway.services.ports import Mode, Store
from gateway.services.transactions import again_if_crossed

TAG = re.compile(r"[\w-]{1,30}")
MOST = 20
"""Tags that one shipment may have."""


def tag_of(text: str) -> str:
    """A tag as it is kept: in small letters. Raises Unprocessable."""
    tag = text.strip().lstrip("#").casefold()
    if not TAG.fullmatch(tag):
        raise Unprocessable("/tag", "a tag is one word of up to 30 letters, digits, - and _")
    return tag


class TagBook:
    """Puts tags on and takes them off; both may be done twice."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def of(self, merchant_id: str, shipment_ids: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """By shipment; those without any are left out."""
        with self._store.look() as uow:
            return uow.tags.of(merchant_id, shipment_ids)

    def put(self, user: User, mode: Mode, shipment_id: str, text: str) -> bool:
        """False when it is there already. Raises Unprocessable, NotFound."""
        return self._write(user, mode, shipment_id, tag_of(text), on=True)

    def take_off(self, user: User, mode: Mode, shipment_id: str, text: str) -> bool:
        """False when it was not there. Raises Unprocessable, NotFound."""
        return self._write(user, mode, shipment_id, tag_of(text), on=False)

    def _write(self, user: User, mode: Mode, shipment_id: str, tag: str, *, on: bool) -> bool:
        def write() -> bool:
            with self._store.work() as uow:
                shipment = uow.shipments.get(user.merchant_id, shipment_id)
                if shipment is None or shipment.mode != mode:
                    raise NotFound(f"no shipment {shipment_id}")
                beside = uow.tags.of(user.merchant_id, [shipment_id]).get(shipment_id, ())
                if on and len(beside) >= MOST and tag not in beside:
                    raise Unprocessable("/tag", f"it has {MOST} tags already")
                act = uow.tags.put if on else uow.tags.take_off
                changed = act(user.merchant_id, shipment_id, tag)
                if changed:
                    what = "put a tag on" if on else "took a tag off"
                    write_down(uow, user, Deed(what=what, subject_id=shipment_id, reason=tag), self._clock())
                uow.commit()
                return changed

        return again_if_crossed(write)
