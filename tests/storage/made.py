"""Made-up rows, valid and small; each function takes what a test cares about."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.domain.fold import current_status
from gateway.domain.handover import Pickup
from gateway.domain.handovers import ManifestRecord, ManifestState, PickupRecord, PickupState
from gateway.domain.messages import InboxMessage, OutboxMessage, WebhookDelivery, WebhookEndpoint
from gateway.domain.notifications import Channel, Notification
from gateway.domain.policy_versions import PolicyRecord
from gateway.domain.quotes import (
    CarrierResult,
    Effect,
    Offer,
    Quote,
    Rate,
    ResultState,
    ServiceLevel,
    Surcharge,
    Verdict,
)
from gateway.domain.records import (
    AccountRecord,
    DeliveryRecord,
    KeyRecord,
    Recall,
    ShipmentRecord,
    Tender,
    TrackerRecord,
)
from gateway.domain.repeats import IdempotencyRecord
from gateway.domain.shipments import BookingRef, Label, LabelKind, Shipment, ShipmentState, TenderState
from gateway.domain.tracking import Place, Source, TrackingEvent
from gateway.domain.values import Address, Money, Parcel, Requirements, TimeWindow
from gateway.services.ports import Store, UnitOfWork

NOW = datetime(2026, 11, 23, 14, 0, 0, 123456, tzinfo=UTC)
LEASE = timedelta(seconds=60)
MERCHANT = "mer_1"
ACCOUNT = "acc_1"

ORIGIN = Address(country="US", postal_code="10038", company="Store 12", street1="100 Maiden Ln", city="New York")
HOME = Address(
    country="GB",
    postal_code="SW1A 1AA",
    name="Zoë Müller-Smith",
    street1="1 Mall",
    city="London",
    phone="+442079460123",
    email="zoe@example.org",
    latitude=51.501,
    longitude=-0.141,
)


def money(amount: str, currency: str = "USD") -> Money:
    return Money.parse(amount, currency)


def account(account_id: str = ACCOUNT, merchant_id: str = MERCHANT, **more: Any) -> AccountRecord:
    given: dict[str, Any] = {
        "name": account_id,
        "carrier": "sandbox",
        "mode": "test",
        "urls": {"api": "https://api.example.com"},
        "secrets": {"client_id": "canary-id", "client_secret": "canary-secret ünï"},
        "options": {"depot": "N1", "cap": 3, "zones": ["a", "b"], "on": True, "none": None},
        "created_at": NOW,
    }
    return AccountRecord(id=account_id, merchant_id=merchant_id, **{**given, **more})


def key(key_id: str = "key_1", merchant_id: str = MERCHANT, **more: Any) -> KeyRecord:
    given: dict[str, Any] = {
        "name": "warehouse",
        "public_id": f"pub_{key_id}",
        "digest": "d" * 64,
        "mode": "live",
        "scopes": ("shipments:write", "admin"),
        "created_at": NOW,
    }
    return KeyRecord(id=key_id, merchant_id=merchant_id, **{**given, **more})


def rate(amount: str = "8.99", currency: str = "USD", **more: Any) -> Rate:
    given: dict[str, Any] = {
        "service": ServiceLevel.SAME_DAY,
        "carrier_service": "SD",
        "price": money(amount, currency),
        "surcharges": (Surcharge(code="fuel", label="Fuel", amount=money("0.50")),) if currency == "USD" else (),
        "deliver_by": NOW + timedelta(hours=6),
        "carrier_data": {"token": "x"},
        "co2e_g": 420,
    }
    return Rate(**{**given, **more})


def goods(**more: Any) -> Shipment:
    given: dict[str, Any] = {
        "origin": ORIGIN,
        "destination": HOME,
        "parcels": (Parcel(weight_g=2500, length_mm=300, value=money("49.99"), description="shoes"),),
        "requirements": Requirements(signature=True, min_age=18, cash_on_delivery=money("5.00")),
        "metadata": {"cart": "991", "note": "nul \x00 and lone \ud800"},
    }
    return Shipment(**{**given, **more})


def offer(offer_id: str, rank: int | None, **more: Any) -> Offer:
    verdict = Verdict(rule="cheapest", effect=Effect.RANK, penalty=0, why="the cheapest of 2: 8.99")
    given: dict[str, Any] = {
        "account_id": ACCOUNT,
        "account": "main",
        "carrier": "sandbox",
        "rate": rate(),
        "rank": rank,
        "score": None if rank is None else 12,
        "verdicts": (verdict,),
    }
    return Offer(id=offer_id, **{**given, **more})


def quote(quote_id: str = "qte_1", merchant_id: str = MERCHANT, **more: Any) -> Quote:
    result = CarrierResult(account_id=ACCOUNT, account="main", carrier="sandbox", state=ResultState.OK, latency_ms=212)
    given: dict[str, Any] = {
        "shipment": goods(),
        "created_at": NOW,
        "expires_at": NOW + timedelta(minutes=30),
        "policy": "default",
        "policy_version": 3,
        "zone": None,
        "offers": (
            offer(f"{quote_id}_b", 2, rate=rate("899", "JPY")),
            offer(f"{quote_id}_a", 1),
            offer(f"{quote_id}_c", None),
        ),
        "carrier_results": (result,),
        "ready_at": NOW,
        "window": TimeWindow(start=NOW, end=NOW + timedelta(hours=2)),
        "services": (ServiceLevel.SAME_DAY, ServiceLevel.INSTANT),
    }
    return Quote(id=quote_id, merchant_id=merchant_id, **{**given, **more})


def shipment(shipment_id: str = "shp_1", merchant_id: str = MERCHANT, **more: Any) -> ShipmentRecord:
    given: dict[str, Any] = {
        "mode": "test",
        "state": ShipmentState.BOOKING,
        "shipment": goods(),
        "policy": "default",
        "created_at": NOW,
        "updated_at": NOW,
    }
    return ShipmentRecord(id=shipment_id, merchant_id=merchant_id, **{**given, **more})


def tender(tender_id: str = "tnd_1", shipment_id: str = "shp_1", merchant_id: str = MERCHANT, **more: Any) -> Tender:
    given: dict[str, Any] = {
        "account_id": ACCOUNT,
        "account": "main",
        "carrier": "sandbox",
        "offer_id": "off_1",
        "rate": rate(),
        "state": TenderState.OFFERED,
        "created_at": NOW,
        "updated_at": NOW,
        "lease_until": NOW + timedelta(seconds=15),
    }
    return Tender(id=tender_id, shipment_id=shipment_id, merchant_id=merchant_id, **{**given, **more})


def booking(reference: str = "CR-1", number: str = "TN-1", *parcels: str) -> BookingRef:
    return BookingRef(
        carrier_reference=reference, tracking_number=number, tender_reference="tnd_1", parcel_numbers=parcels
    )


def recall(recall_id: str = "rcl_1", **more: Any) -> Recall:
    given: dict[str, Any] = {
        "merchant_id": MERCHANT,
        "shipment_id": "shp_1",
        "tender_id": "tnd_1",
        "account_id": ACCOUNT,
        "booking": booking(),
        "purpose": "compensation",
        "created_at": NOW,
        "due_at": NOW,
    }
    return Recall(id=recall_id, **{**given, **more})


def tracker(tracker_id: str = "trk_1", merchant_id: str = MERCHANT, **more: Any) -> TrackerRecord:
    given: dict[str, Any] = {
        "account_id": ACCOUNT,
        "carrier": "sandbox",
        "tracking_number": f"TN-{tracker_id}",
        "mode": "test",
        "created_at": NOW,
    }
    return TrackerRecord(id=tracker_id, merchant_id=merchant_id, **{**given, **more})


def event(event_id: str = "evt_1", status: str = "in_transit", **more: Any) -> TrackingEvent:
    given: dict[str, Any] = {
        "occurred_at": NOW,
        "carrier_code": "IT",
        "description": "on its way",
        "place": Place(city="London", country="GB"),
        "raw": {"code": "IT", "n": 1.5, "deep": [{"x": None}]},
        "source": Source.POLL,
        "received_at": NOW,
    }
    return TrackingEvent(event_id=event_id, status=status, **{**given, **more})


def message(message_id: str = "inb_1", merchant_id: str = MERCHANT, **more: Any) -> InboxMessage:
    given: dict[str, Any] = {
        "account_id": ACCOUNT,
        "source": "webhook",
        "dedupe_key": message_id,
        "received_at": NOW,
        "headers": {"content-type": "application/json"},
        "query": {"check": "1"},
        "body": b'{"a": "\xff"}',
    }
    return InboxMessage(id=message_id, merchant_id=merchant_id, **{**given, **more})


def news(message_id: str = "msg_1", subject_id: str = "shp_1", sequence: int = 1, **more: Any) -> OutboxMessage:
    given: dict[str, Any] = {
        "merchant_id": MERCHANT,
        "mode": "test",
        "type": "shipment.booked",
        "payload": {"shipment_id": subject_id, "reference": None},
        "created_at": NOW,
    }
    return OutboxMessage(id=message_id, subject_id=subject_id, sequence=sequence, **{**given, **more})


def endpoint(endpoint_id: str = "whk_1", merchant_id: str = MERCHANT, **more: Any) -> WebhookEndpoint:
    given: dict[str, Any] = {
        "mode": "test",
        "url": "https://example.org/hook",
        "secrets": ("whsec_canary-new", "whsec_canary-old"),
        "listens_since": NOW - timedelta(days=1),
        "created_at": NOW - timedelta(days=1),
    }
    return WebhookEndpoint(id=endpoint_id, merchant_id=merchant_id, **{**given, **more})


def delivery(delivery_id: str = "dlv_1", outbox_id: str = "msg_1", **more: Any) -> WebhookDelivery:
    given: dict[str, Any] = {
        "merchant_id": MERCHANT,
        "endpoint_id": "whk_1",
        "body": b'{"type":"shipment.booked"}',
        "begun_at": NOW,
        "created_at": NOW,
        "due_at": NOW,
    }
    return WebhookDelivery(id=delivery_id, outbox_id=outbox_id, **{**given, **more})


def delivery_record(shipment_id: str = "shp_1", **more: Any) -> DeliveryRecord:
    given: dict[str, Any] = {
        "merchant_id": MERCHANT,
        "account_id": ACCOUNT,
        "carrier": "sandbox",
        "service": "same_day",
        "zone": "",
        "booked_at": NOW,
    }
    given = {**given, **more}
    due = given.get("promised_by") or given["booked_at"]
    return DeliveryRecord(shipment_id=shipment_id, **{"due_on": due.date(), **given})


def notification(notification_id: str = "ntf_1", **more: Any) -> Notification:
    given: dict[str, Any] = {
        "merchant_id": MERCHANT,
        "mode": "test",
        "shipment_id": "shp_1",
        "event": "delivered",
        "occurrence": notification_id,
        "channel": Channel.SMS,
        "cause": "shipment.status_changed",
        "since": NOW,
        "useful_until": NOW,
        "due_at": None,
        "created_at": NOW,
    }
    return Notification(id=notification_id, **{**given, **more})


def merchant(uow: UnitOfWork, merchant_id: str = MERCHANT, account_id: str = ACCOUNT) -> None:
    """A merchant with an account."""
    uow.keys.add_merchant(merchant_id, merchant_id.title(), NOW)
    uow.accounts.add(account(account_id, merchant_id))


def begin(store: Store, shipments: int = 0, tenders: int = 0) -> None:
    """A merchant with an account, and shipments shp_1 ... with a tender each for the first of them."""
    with store.work() as uow:
        merchant(uow)
        for number in range(1, shipments + 1):
            uow.shipments.add(shipment(f"shp_{number}"))
        for number in range(1, tenders + 1):
            uow.tenders.add(tender(f"tnd_{number}", f"shp_{number}"))
        uow.commit()


def delivered(store: Store) -> None:
    """A whole good history: quoted, one refusal, booked, delivered, told, one message applied."""
    with store.work() as uow:
        merchant(uow)
        uow.outbox.add_endpoint(endpoint())
        uow.quotes.add(quote())
        first = shipment(reference="cart-1", quote_id="qte_1")
        uow.shipments.add(first)
        uow.tenders.add(tender("tnd_0"))
        uow.tenders.close(tender("tnd_0", state=TenderState.REFUSED, why="closed"), ("offered",))
        uow.tenders.add(tender())
        accepted = tender(state=TenderState.ACCEPTED, booking=booking())
        uow.tenders.close(accepted, ("offered",))
        followed = tracker(shipment_id="shp_1", tender_id="tnd_1", tracking_number="TN-1")
        uow.trackers.add(followed)
        events = [
            event("evt_1", "in_transit"),
            event("evt_2", "delivered", occurred_at=NOW + timedelta(hours=1)),
        ]
        for version, told in enumerate(events, start=1):
            uow.trackers.append(followed, told, "")
            followed = folded(followed, events[:version], version)
            uow.trackers.update(followed)
            uow.trackers.add_history(followed, NOW, "poll", False)
        done = replace(
            first,
            state=ShipmentState.BOOKED,
            account_id=ACCOUNT,
            tender_id="tnd_1",
            booking=booking(),
            tracking_number="TN-1",
            price=money("8.99"),
            quoted_price=money("8.99"),
            status=followed.status,
            reason=followed.reason,
            attempts=followed.attempts,
            version=2,
        )
        uow.shipments.update(done)
        uow.records.put(delivery_record(price_minor=899, quoted_minor=899, currency="USD"))
        for sequence in (1, 2):
            told_to = news(f"msg_{sequence}", sequence=sequence)
            uow.outbox.add(told_to)
            uow.outbox.fanned([told_to], [delivery(f"dlv_{sequence}", told_to.id)])
        uow.commit()


def folded(record: TrackerRecord, events: list[TrackingEvent], version: int) -> TrackerRecord:
    """The tracker as its events tell it."""
    current = current_status(events, record.parcel_numbers)
    return replace(
        record,
        status=current.status,
        reason=current.reason,
        phase=current.phase,
        attempts=current.attempts,
        status_conflict=current.status_conflict,
        status_at=current.occurred_at,
        delivered_at=current.delivered_at,
        last_progress_status=current.last_progress_status,
        version=version,
    )


def policy(name: str = "p", version: int = 1, merchant_id: str = MERCHANT) -> PolicyRecord:
    rules = {"rules": [{"kind": "cost", "weight": 1}]}
    return PolicyRecord(merchant_id=merchant_id, name=name, version=version, data=rules, created_at=NOW)


def pickup(pickup_id: str = "pck_1", merchant_id: str = MERCHANT, **more: Any) -> PickupRecord:
    given: dict[str, Any] = {
        "mode": "test",
        "account_id": ACCOUNT,
        "account": "main",
        "carrier": "sandbox",
        "day": NOW.date(),
        "door": "us|10038",
        "address": ORIGIN,
        "ready_at": NOW,
        "closes_at": NOW + timedelta(hours=2),
        "parcels": goods().parcels,
        "state": PickupState.SCHEDULED,
        "pickup": Pickup(carrier_reference="P-1", earliest=NOW),
        "created_at": NOW,
        "updated_at": NOW,
    }
    return PickupRecord(id=pickup_id, merchant_id=merchant_id, **{**given, **more})


def manifest(manifest_id: str = "man_1", merchant_id: str = MERCHANT, **more: Any) -> ManifestRecord:
    given: dict[str, Any] = {
        "mode": "test",
        "account_id": ACCOUNT,
        "account": "main",
        "carrier": "sandbox",
        "day": NOW.date(),
        "by": "carrier",
        "state": ManifestState.CLOSED,
        "tracking_numbers": ("TN-1",),
        "carrier_reference": "M-1",
        "created_at": NOW,
        "updated_at": NOW,
    }
    return ManifestRecord(id=manifest_id, merchant_id=merchant_id, **{**given, **more})


def and_more(store: Store) -> None:
    """To the history of `delivered`: a fresh message, a finished key, a label, a compensation, and its handover."""
    with store.work() as uow:
        uow.pickups.add(pickup(), ["shp_1"])
        uow.manifests.add(manifest(), ["shp_1"])
        uow.inbox.add(message())
        uow.shipments.add_label(MERCHANT, "shp_1", Label(kind=LabelKind.PDF, content=b"%PDF-"))
        where = (MERCHANT, "POST /v1/shipments", "k-1")
        uow.idempotency.claim(idempotency())
        uow.idempotency.point_at(*where, "shp_1")
        uow.idempotency.finish(*where, 201, b"{}")
        uow.tenders.add(tender("tnd_9", state=TenderState.REFUSED))
        uow.recalls.add(recall(tender_id="tnd_9", booking=booking("CR-9")))
        uow.commit()


def idempotency(**more: Any) -> IdempotencyRecord:
    given: dict[str, Any] = {
        "route": "POST /v1/shipments",
        "key": "k-1",
        "fingerprint": "f" * 64,
        "state": "running",
        "locked_until": NOW + timedelta(seconds=30),
        "created_at": NOW,
    }
    return IdempotencyRecord(merchant_id=MERCHANT, **{**given, **more})
