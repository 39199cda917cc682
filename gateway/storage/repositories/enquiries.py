"""How often it was asked where parcels are."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import exists, select

from gateway.domain.enquiries import Enquiry
from gateway.services.ports import Mode
from gateway.storage.repositories.base import Repository
from gateway.storage.rows import Rows
from gateway.storage.tables.enquiries import EnquiryRow

ENQUIRIES = Rows(EnquiryRow, Enquiry)
_E = ENQUIRIES.table.c


class EnquiryRepository(Repository):
    """See `gateway.services.ports.enquiries`."""

    def add(self, enquiry: Enquiry) -> None:
        """One more."""
        ENQUIRIES.add(self._connection, enquiry)

    def of_shipment(self, merchant_id: str, shipment_id: str) -> Sequence[Enquiry]:
        """Oldest first."""
        mine = select(ENQUIRIES.table).where(_E.merchant_id == merchant_id, _E.shipment_id == shipment_id)
        return ENQUIRIES.all(self._connection, mine.order_by(_E.at, _E.id))

    def kept(self, merchant_id: str, mode: Mode) -> bool:
        """Along `enquiries_kept`."""
        return bool(self._connection.scalar(select(exists().where(_E.merchant_id == merchant_id, _E.mode == mode))))
