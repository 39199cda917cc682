"""Tracking answers, and the one way an event is built from them and from pushed calls.

Source: Bring Tracking API v2.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time

from carriers.base import (
    AuthenticationFailed,
    BadCarrierResponse,
    Booking,
    BookingRef,
    CarrierError,
    CarrierUnavailable,
    OneByOne,
    Place,
    ProofOfDelivery,
    RateLimited,
    Reading,
    ShipmentRejected,
    StatusTable,
    TrackingEvent,
    TrackingUpdate,
    UnknownReference,
)
from carriers.bring.wire.local import END_OF_DAY, at, written_day

INSIGNIFICANT = "insignificant"


def consignments(body: Reading) -> list[Reading]:
    """The consignments of an answer. Bring puts errors where they would be, whatever the HTTP status says,
    and wraps them once more (`shipments`) when it is too busy.

    Raises:
        UnknownReference: no shipments found.
        CarrierUnavailable: Bring is down or too busy.
        ShipmentRejected: the query makes no sense to Bring.
    """
    if not body.has("consignmentSet") and not body.has("shipments"):
        raise BadCarrierResponse("tracking answered without consignments")
    wrapped = body.maybe_objects("shipments")
    found = [entry for part in (body, *wrapped) for entry in part.maybe_objects("consignmentSet")]
    good = [entry for entry in found if entry.maybe("error") is None]
    errors = [error for entry in found if (error := entry.maybe("error"))]
    if errors and not good:
        raise _refused(errors[0])
    return good


def _refused(error: Reading) -> CarrierError:
    code = int(error.decimal("code"))
    message = error.maybe_text("message")
    system = error.maybe_text("system")
    text = f"tracking answered {code}: {message or system or 'no reason'}"
    kinds: dict[int, type[CarrierError]] = {
        400: ShipmentRejected,
        401: AuthenticationFailed,
        403: AuthenticationFailed,
        404: UnknownReference,
        429: RateLimited,
    }
    kind = kinds.get(code, CarrierUnavailable if code >= 500 else BadCarrierResponse)
    return kind(text, carrier_code=str(code), carrier_message=message or None)


def found(body: Reading, tender_reference: str) -> Booking | None:
    """The booking made under our reference, which is the sender's reference of the consignment.

    The query also finds other people's references, so only an equal sender's reference counts. A consignment
    found this way has no label link: Bring names it in the booking answer only.

    Raises:
        BadCarrierResponse: several consignments carry the reference, so it was booked more than once: for a
        person.
    """
    wanted = tender_reference.casefold()
    numbers: dict[str, tuple[str, ...]] = {}
    for consignment in consignments(body):
        if consignment.maybe_text("senderReference").casefold() == wanted:
            numbers[consignment.text("consignmentId")] = _package_numbers(consignment)
    if len(numbers) > 1:
        raise BadCarrierResponse(f"{tender_reference} names several consignments: {', '.join(sorted(numbers))}")
    for number, packages in numbers.items():
        return Booking(
            ref=BookingRef(
                carrier_reference=number,
                tracking_number=number,
                tender_reference=tender_reference,
                parcel_numbers=packages,
            )
        )
    return None


def _package_numbers(consignment: Reading) -> tuple[str, ...]:
    numbers = [package.maybe_text("packageNumber") for package in consignment.maybe_objects("packageSet")]
    return tuple(filter(None, numbers))


def update(body: Reading, number: str, statuses: StatusTable) -> TrackingUpdate | None:
    """What is known of one number: a consignment's (all its packages) or one package's; None when it is not
    in the answer. A query may match other consignments by their references; those are left out.
    """
    for consignment in consignments(body):
        packages = _matching(consignment, number)
        if packages:
            shipment, one_by_one = consignment.maybe_text("consignmentId"), OneByOne()
            events = [event for package in packages for event in _events(package, shipment, statuses, one_by_one)]
            return TrackingUpdate(
                tracking_number=number,
                events=_in_order(events),
                proof=_proof(packages),
                deliver_by=_estimate(consignment, packages),
                unread=one_by_one.unread(),
            )
    return None


def _in_order(events: Sequence[TrackingEvent]) -> tuple[TrackingEvent, ...]:
    """Oldest first, each once; of two copies the significant one counts. Bring lists the newest first."""
    weighed = sorted(events, key=lambda event: not event.carrier_qualifier)
    unique = {event.event_id: event for event in weighed}
    return tuple(sorted(reversed(unique.values()), key=lambda event: event.occurred_at))


def _matching(consignment: Reading, number: str) -> list[Reading]:
    packages = consignment.maybe_objects("packageSet")
    if number in (consignment.maybe_text("consignmentId"), consignment.maybe_text("previousConsignmentId")):
        return packages
    return [
        package
        for package in packages
        if number in (package.maybe_text("packageNumber"), package.maybe_text("previousPackageNumber"))
    ]


def _events(package: Reading, shipment: str, statuses: StatusTable, one_by_one: OneByOne) -> list[TrackingEvent]:
    piece = package.maybe_text("packageNumber") or shipment

    def read(scan: Reading) -> TrackingEvent:
        return scanned(
            scan,
            piece=piece,
            code=scan.text("status"),
            occurred_at=scan.happened("dateIso"),
            qualifier=INSIGNIFICANT if scan.boolean("insignificant", False) else "",
            statuses=statuses,
        )

    return one_by_one.of(package.maybe_objects("eventSet"), read)


def scanned(
    scan: Reading, *, piece: str, code: str, occurred_at: datetime, qualifier: str, statuses: StatusTable
) -> TrackingEvent:
    """One scan, pushed or polled.

    Its identity is package, status and UTC minute: all that a pushed call and a polled event have in common
    (the call's `id` names the delivery of the call, not the scan).
    """
    mapped = statuses.lookup(code, qualifier)
    return TrackingEvent(
        event_id=f"{piece}/{code}/{occurred_at.astimezone(UTC):%Y-%m-%dT%H:%MZ}",
        occurred_at=occurred_at,
        status=mapped.status,
        reason=mapped.reason,
        carrier_code=code,
        carrier_qualifier=qualifier,
        description=scan.maybe_text("description"),
        place=_place(scan),
        piece=piece,
        raw=dict(scan.raw) if isinstance(scan.raw, dict) else {},
    )


def _place(scan: Reading) -> Place | None:
    place = Place(
        city=scan.maybe_text("city"),
        postal_code=scan.maybe_text("postalCode"),
        country=scan.maybe_text("countryCode"),
        facility=scan.maybe_text("unitId"),
    )
    return place if place != Place() else None


def _estimate(consignment: Reading, packages: Sequence[Reading]) -> datetime | None:
    """When the last package is expected: the end of its time span, or of its day, at the recipient's."""
    address = consignment.maybe("recipientHandlingAddress") or consignment.maybe("recipientAddress")
    country = address.maybe_text("countryCode") if address else ""
    moments = [moment for package in packages if (moment := _expected(package, country))]
    return max(moments, default=None)


def _expected(package: Reading, country: str) -> datetime | None:
    span = package.maybe("estimatedTimeSpanOfDelivery")
    day = written_day(package.maybe_text("dateOfEstimatedDelivery"))
    if day is None:
        return None
    try:
        until = time.fromisoformat(span.maybe_text("endTime")) if span else END_OF_DAY
    except ValueError:
        until = END_OF_DAY
    return at(day, until.replace(tzinfo=None), country)


def _proof(packages: Sequence[Reading]) -> ProofOfDelivery | None:
    """Who signed, as the newest delivery event that names somebody says; None before delivery.

    Source: Bring Tracking API, authenticated requests ("Signatures for proof of delivery"),
    `recipientSignature`.
    """
    delivered = [
        scan
        for package in packages
        for scan in package.maybe_objects("eventSet")
        if scan.maybe_text("status") == "DELIVERED"
        and scan.maybe_time("dateIso")
        and not scan.boolean("insignificant", False)
    ]
    proofs = [_signed(scan) for scan in delivered]
    return next((proof for proof in proofs if proof.received_by), proofs[0] if proofs else None)


def _signed(scan: Reading) -> ProofOfDelivery:
    signature = scan.maybe("recipientSignature")
    return ProofOfDelivery(
        delivered_at=scan.time("dateIso"),
        received_by=signature.maybe_text("name") if signature else "",
        signature_url=signature.maybe_link("linkToImage") if signature else "",
    )
