"""Recipients ask for another time or a service point, where their merchant lets them and their carrier offers it."""

from __future__ import annotations

from collections.abc import Sequence

from carriers.base import ServicePoint, Slot
from gateway.domain.clock import Clock
from gateway.domain.diversions import Diversion, DiversionKind
from gateway.domain.recipients import Brand
from gateway.domain.records import ShipmentRecord
from gateway.services.diversions.desk import Diversions
from gateway.services.diversions.offers import NotDivertible
from gateway.services.ports import Store
from gateway.services.recipients.pages import RecipientPages
from gateway.services.recipients.proving import ProofKind, Prover


class RecipientDiversions:
    """What the pages offer and ask for."""

    def __init__(
        self, store: Store, pages: RecipientPages, prover: Prover, diversions: Diversions, clock: Clock
    ) -> None:
        self._store = store
        self._pages = pages
        self._prover = prover
        self._diversions = diversions
        self._offers = diversions.offers
        self._clock = clock

    def kinds(self, shipment: ShipmentRecord, brand: Brand) -> Sequence[DiversionKind]:
        """What may be asked for, as far as that is known without asking the carrier."""
        let = {DiversionKind.RESCHEDULE: brand.reschedule, DiversionKind.REDIRECT: brand.redirect}
        kinds = [kind for kind in DiversionKind if let[kind] and not self._offers.why_not(shipment, kind)]
        return kinds if kinds and self._prover.kind(shipment, brand) else ()

    def proof(self, shipment: ShipmentRecord, brand: Brand) -> ProofKind:
        """What is to be told, to show that it is the recipient. Raises NotDivertible: we know nothing that he knows."""
        kind = self._prover.kind(shipment, brand)
        if kind is None:
            raise NotDivertible("nothing is known that only the recipient knows")
        return kind

    def times(self, token: str) -> Sequence[Slot]:
        """Other times. Raises NotFound, LinkEnded, NotDivertible, CarrierError."""
        return self._offers.times(self._allowed(token, DiversionKind.RESCHEDULE)[0])

    def points(self, token: str) -> Sequence[ServicePoint]:
        """Service points, nearest first. Raises as `times`."""
        return self._offers.points(self._allowed(token, DiversionKind.REDIRECT)[0])

    def tells_of_its_point(self, shipment: ShipmentRecord) -> bool:
        """Whether more can be said of the service point that was chosen when it was booked."""
        return bool(shipment.account_id) and self._offers.tells_of_its_point(shipment)

    def booked_point(self, token: str) -> ServicePoint | None:
        """That point. Raises NotFound, LinkEnded, NotDivertible, CarrierError."""
        with self._store.look() as uow:
            shipment = self._pages.shipment(uow, token, self._clock())
        if not self.tells_of_its_point(shipment):
            raise NotDivertible("its carrier tells of no service point")
        return self._offers.booked_point(shipment)

    def divert(self, token: str, kind: DiversionKind, chosen: str, proof: str) -> Diversion:
        """Ask the carrier for it; see `Diversions.divert`.

        Raises:
            NotFound, LinkEnded, NotTheRecipient, NotDivertible, Unprocessable, CarrierError.
        """
        shipment, brand = self._allowed(token, kind)
        self._prover.check(shipment, brand, proof)
        return self._diversions.divert(shipment, kind, chosen, "recipient")

    def _allowed(self, token: str, kind: DiversionKind) -> tuple[ShipmentRecord, Brand]:
        with self._store.look() as uow:
            shipment = self._pages.shipment(uow, token, self._clock())
            brand = uow.brands.get(shipment.merchant_id).brand
        if kind not in self.kinds(shipment, brand):
            raise NotDivertible(self._offers.why_not(shipment, kind) or "the shop does not let recipients do this")
        return shipment, brand
