"""Every route of the application, asked for what is another's. A new route gets its row here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from gateway.api.checkout.examples import ADOBE, BIGCOMMERCE, BIGCOMMERCE_CHECK, SHOPIFY, TIENDANUBE
from gateway.api.examples import (
    ASSIGNMENT,
    CARTONIZE,
    CONNECTION,
    EMISSIONS,
    EVENTS_CSV,
    FACILITY,
    PICKUP,
    POLICY,
    RATE_CARD,
    RESOLVE_MANIFEST,
    RESOLVE_PICKUP,
    STATUS_TABLE,
    WINDOWS,
    ZONES,
)
from gateway.api.examples_claims import CLAIM, ENQUIRY, EVIDENCE, STEP
from gateway.api.examples_tracking import CORRECTION, WITHDRAWAL
from gateway.api.notification_examples import BLOCK, NOTIFICATION_SETTINGS, PREVIEW, SMTP_SENDER, TEMPLATE
from tests.journeys.fleet import scan
from tests.journeys.site import ORDER
from tests.pictures import photo

CANARY = "canary"
"""In everything that the owner has."""
REFERENCE, HOOK = "canary-order-1", "http://127.0.0.1:9/canary-hook"
AT = "2026-03-02T12:00:00Z"


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One request for what is another's. `why` it is not answered with 404.

    `ids` are names of the path that stand for something else than what they usually do.
    """

    body: Callable[[Mapping[str, str]], object] = lambda ids: None
    query: str = ""
    status: int = 404
    why: str = ""
    ids: Mapping[str, str] = field(default_factory=dict)


OPEN = "says nothing of any merchant"
OWN_LIST = "names nothing of the other's: a list of one's own"
OWN_MADE = "names nothing of the other's: makes something of one's own"
UNPROVEN = "asks for the carrier's proof, whoever calls"

PERIOD = {"since": "2026-01-01T00:00:00Z", "until": "2026-12-01T00:00:00Z"}
OF_FLEET = {"account_id": "fleet_id"}
OF_SHOP = {"connection": "connection_id"}

ASKS: Mapping[str, tuple[Ask, ...]] = {
    "GET /docs": (Ask(status=200, why=OPEN),),
    "GET /docs/checkouts": (Ask(status=200, why=OPEN),),
    "GET /docs/policies": (Ask(status=200, why=OPEN),),
    "GET /docs/problems": (Ask(status=200, why=OPEN),),
    "GET /docs/privacy": (Ask(status=200, why=OPEN),),
    "GET /docs/proofs": (Ask(status=200, why=OPEN),),
    "GET /docs/scale": (Ask(status=200, why=OPEN),),
    "GET /docs/statuses": (Ask(status=200, why=OPEN),),
    "GET /docs/recipients": (Ask(status=200, why=OPEN),),
    "GET /docs/webhooks": (Ask(status=200, why=OPEN),),
    "GET /docs/notifications": (Ask(status=200, why=OPEN),),
    "GET /docs/docs.css": (Ask(status=200, why=OPEN),),
    "GET /t/assets/<name>": (Ask(status=200, why=OPEN, ids={"name": "asset"}),),
    "GET /t/colours/<colour>.css": (Ask(status=200, why=OPEN),),
    "GET /t/<token>": (Ask(),),
    "GET /t/<token>/logo": (Ask(),),
    "GET /t/<token>/photo": (Ask(),),
    "GET /t/<token>/missing": (Ask(status=303, why=OPEN),),
    "POST /t/<token>/missing": (Ask(),),
    "GET /t/<token>/rating": (Ask(status=303, why=OPEN),),
    "POST /t/<token>/rating": (Ask(),),
    "GET /t/<token>/wish": (Ask(status=303, why=OPEN),),
    "POST /t/<token>/wish": (Ask(),),
    "GET /t/<token>/wish/code": (Ask(status=303, why=OPEN),),
    "POST /t/<token>/wish/code": (Ask(),),
    "POST /t/<token>/push": (Ask(),),
    "GET /t/<token>/times": (Ask(),),
    "POST /t/<token>/times": (Ask(),),
    "GET /t/<token>/times/code": (Ask(status=303, why=OPEN),),
    "POST /t/<token>/times/code": (Ask(),),
    "GET /t/<token>/points": (Ask(),),
    "POST /t/<token>/points": (Ask(),),
    "GET /t/<token>/points/code": (Ask(status=303, why=OPEN),),
    "POST /t/<token>/points/code": (Ask(),),
    "GET /t/<token>/point": (Ask(),),
    "GET /v1/brand": (Ask(status=200, why=OWN_LIST),),
    "PUT /v1/brand": (Ask(body=lambda ids: {"name": "Own"}, status=200, why=OWN_MADE),),
    "GET /v1/brand/logo": (Ask(),),
    "GET /v1/ratings": (Ask(status=200, why=OWN_LIST),),
    "GET /healthz": (Ask(status=200, why=OPEN),),
    "GET /readyz": (Ask(status=200, why=OPEN),),
    "GET /metrics": (Ask(status=200, why="counts over all merchants, no names"),),
    "GET /openapi.json": (Ask(status=200, why=OPEN),),
    "GET /v1/carriers": (Ask(status=200, why=OPEN),),
    "GET /v1/accounts": (Ask(status=200, why=OWN_LIST),),
    "GET /v1/accounts/<account_id>": (Ask(),),
    "PATCH /v1/accounts/<account_id>": (Ask(body=lambda ids: {"enabled": False}),),
    "POST /v1/accounts/<account_id>/check": (Ask(),),
    "GET /v1/accounts/<account_id>/rate-cards": (Ask(ids=OF_FLEET),),
    "POST /v1/accounts/<account_id>/rate-cards": (Ask(body=lambda ids: RATE_CARD, ids=OF_FLEET),),
    "GET /v1/accounts/<account_id>/rate-cards/<version>": (Ask(ids=OF_FLEET),),
    "GET /v1/checkout-connections": (Ask(status=200, why=OWN_LIST),),
    "GET /v1/checkout-connections/<connection_id>": (Ask(),),
    "PATCH /v1/checkout-connections/<connection_id>": (Ask(body=lambda ids: {"show": "all"}),),
    "POST /v1/cartonizations": (Ask(body=lambda ids: {**CARTONIZE, "boxes": [], "connection": ids["connection_id"]}),),
    "POST /v1/checkout/shopify/<connection>": (Ask(body=lambda ids: SHOPIFY, ids=OF_SHOP, status=401, why=UNPROVEN),),
    "POST /v1/checkout/bigcommerce/<connection>/rate": (Ask(body=lambda ids: BIGCOMMERCE, ids=OF_SHOP),),
    "POST /v1/checkout/bigcommerce/<connection>/check": (Ask(body=lambda ids: BIGCOMMERCE_CHECK, ids=OF_SHOP),),
    "POST /v1/checkout/tiendanube/<connection>": (Ask(body=lambda ids: TIENDANUBE, ids=OF_SHOP),),
    "POST /v1/checkout/adobe/<connection>": (Ask(body=lambda ids: ADOBE, ids=OF_SHOP),),
    "PUT /v1/accounts/<account_id>/status-table": (Ask(body=lambda ids: STATUS_TABLE),),
    "GET /v1/accounts/<account_id>/status-table": (Ask(), Ask(query="version=1")),
    "POST /v1/accounts/<account_id>/status-table/replay": (
        Ask(body=lambda ids: {}),
        Ask(body=lambda ids: {"apply": "0" * 64}),
    ),
    "POST /v1/tracking-events/bulk": (
        Ask(query=f"account={CANARY}-sandbox", body=lambda ids: EVENTS_CSV),
        Ask(query=f"account={CANARY}-sandbox&on_error=refuse", body=lambda ids: EVENTS_CSV),
    ),
    "GET /v1/quarantine": (
        Ask(status=200, why=OWN_LIST),
        Ask(query=f"account={CANARY}-sandbox"),
    ),
    "GET /v1/quarantine/codes": (Ask(status=200, why=OWN_LIST),),
    "GET /v1/quarantine/<message_id>": (Ask(),),
    "POST /v1/quarantine/replay": (
        Ask(body=lambda ids: {"account": ids["account"]}),
        Ask(body=lambda ids: {}, status=202, why=OWN_LIST),
    ),
    "GET /v1/accounts/<account_id>/emissions": (Ask(),),
    "PUT /v1/accounts/<account_id>/emissions": (Ask(body=lambda ids: EMISSIONS),),
    "GET /v1/emissions": (Ask(status=200, why=OWN_LIST),),
    "PUT /v1/emissions": (Ask(body=lambda ids: EMISSIONS, status=200, why=OWN_MADE),),
    "GET /v1/reports/reliability": (Ask(status=200, why=OWN_LIST),),
    "GET /v1/reports/kpis": (Ask(query="by=carrier", status=200, why=OWN_LIST),),
    "GET /v1/policies/<name>": (Ask(), Ask(query="version=1")),
    "POST /v1/policies/<name>/publish": (Ask(body=lambda ids: {"version": 1, "stage": "live"}),),
    "POST /v1/policies/<name>/evaluate": (
        Ask(body=lambda ids: {"quote_id": ids["quote_id"]}),
        Ask(body=lambda ids: {"quote_id": ids["own_quote_id"]}),
        Ask(body=lambda ids: {"quote_id": ids["quote_id"], "data": POLICY["data"]}),
    ),
    "GET /v1/zones": (Ask(status=200, why=OWN_LIST), Ask(query="version=1")),
    "GET /v1/facilities": (Ask(status=200, why=OWN_LIST),),
    "GET /v1/facilities/<facility_id>": (Ask(),),
    "PUT /v1/facilities/<facility_id>": (Ask(body=lambda ids: {**FACILITY, "code": f"{CANARY}-store"}),),
    "DELETE /v1/facilities/<facility_id>": (Ask(),),
    "GET /v1/assignments/<assignment_id>": (Ask(),),
    "POST /v1/assignments": (
        Ask(body=lambda ids: ASSIGNMENT, status=201, why=OWN_MADE),
        Ask(
            body=lambda ids: {"shipments": [{"quote_id": ids["quote_id"]}]},
            status=422,
            why="a quote is a word of the request: there is no such one",
        ),
    ),
    "POST /v1/policies/<name>/backtest": (
        Ask(body=lambda ids: PERIOD),
        Ask(body=lambda ids: {**PERIOD, "data": POLICY["data"]}, status=202, why=OWN_MADE),
    ),
    "GET /v1/backtests/<backtest_id>": (Ask(),),
    "GET /v1/backtests/<backtest_id>/report": (Ask(),),
    "GET /v1/keys": (Ask(status=200, why=OWN_LIST),),
    "POST /v1/keys": (Ask(body=lambda ids: {"name": "mine", "scopes": ["shipments:read"]}, status=201, why=OWN_MADE),),
    "DELETE /v1/keys/<key_id>": (Ask(),),
    "POST /v1/quotes": (
        Ask(body=lambda ids: dict(ORDER), status=201, why=OWN_MADE),
        Ask(body=lambda ids: {**ORDER, "policy": ids["name"]}, status=422, why="a policy is a word of the request"),
        Ask(
            body=lambda ids: {**ORDER, "origin": {"facility": ids["facility_id"]}},
            status=422,
            why="a facility is a word of the request",
        ),
    ),
    "GET /v1/quotes/<quote_id>": (Ask(),),
    "POST /v1/shipments": (
        Ask(body=lambda ids: {"quote_id": ids["quote_id"]}),
        Ask(body=lambda ids: {"quote_id": ids["quote_id"], "offer_id": ids["offer_id"]}),
        Ask(body=lambda ids: {"offer_id": f"same_day-{ids['offer_id']}"}),
        Ask(
            body=lambda ids: {"quote_id": ids["own_quote_id"], "offer_id": ids["offer_id"]},
            status=422,
            why="the offer is a word of the request: it is not one of this quote",
        ),
    ),
    "GET /v1/shipments": (
        Ask(status=200, why=OWN_LIST),
        Ask(query=f"reference={REFERENCE}", status=200, why=OWN_LIST),
        Ask(query=f"account={CANARY}-sandbox", status=200, why=OWN_LIST),
    ),
    "POST /v1/privacy/export": (Ask(body=lambda ids: {"reference": REFERENCE}, status=200, why=OWN_LIST),),
    "POST /v1/privacy/erase": (Ask(body=lambda ids: {"reference": REFERENCE}, status=200, why=OWN_LIST),),
    "GET /v1/shipments/<shipment_id>": (Ask(),),
    "GET /v1/shipments/<shipment_id>/events": (Ask(),),
    "GET /v1/shipments/<shipment_id>/tracking": (Ask(),),
    "GET /v1/shipments/<shipment_id>/tracking/easypost": (Ask(),),
    "GET /v1/shipments/<shipment_id>/tracking/aftership": (Ask(),),
    "GET /v1/shipments/<shipment_id>/tracking/shopify": (Ask(),),
    "GET /v1/statuses": (Ask(status=200, why=OPEN),),
    "GET /v1/shipments/<shipment_id>/corrections": (Ask(),),
    "POST /v1/shipments/<shipment_id>/corrections": (Ask(body=lambda ids: CORRECTION),),
    "POST /v1/shipments/<shipment_id>/corrections/<correction_id>/withdraw": (Ask(body=lambda ids: WITHDRAWAL),),
    "POST /v1/shipments/<shipment_id>/claims": (Ask(body=lambda ids: CLAIM),),
    "POST /v1/shipments/<shipment_id>/enquiries": (Ask(body=lambda ids: ENQUIRY),),
    "GET /v1/shipments/<shipment_id>/enquiries": (Ask(),),
    "GET /docs/figures": (Ask(status=200, why=OPEN),),
    "GET /v1/claims": (Ask(status=200, why=OWN_LIST), Ask(query="state=open", status=200, why=OWN_LIST)),
    "GET /v1/claims/<claim_id>": (Ask(),),
    "POST /v1/claims/<claim_id>/evidence": (Ask(body=lambda ids: EVIDENCE),),
    "POST /v1/claims/<claim_id>/steps": (Ask(body=lambda ids: STEP),),
    "GET /v1/shipments/<shipment_id>/decision": (Ask(),),
    "GET /v1/shipments/<shipment_id>/label": (Ask(), Ask(query="format=zpl")),
    "POST /v1/labels": (Ask(body=lambda ids: {"shipments": [ids["shipment_id"]]}),),
    "POST /v1/shipments/<shipment_id>/resolve": (
        Ask(body=lambda ids: {"outcome": "not_booked", "note": "I say so"}),
        Ask(body=lambda ids: {"outcome": "booked", "carrier_reference": "SBX1", "note": "I say so"}),
    ),
    "POST /v1/shipments/<shipment_id>/cancel": (Ask(),),
    "POST /v1/shipments/<shipment_id>/tracking-link/revoke": (Ask(),),
    "GET /v1/shipments/<shipment_id>/diversions": (Ask(),),
    "GET /v1/shipments/<shipment_id>/diversions/offers": (Ask(),),
    "POST /v1/shipments/<shipment_id>/diversions": (
        Ask(body=lambda ids: {"time": "2026-03-04T08"}),
        Ask(body=lambda ids: {"service_point": "NO-0159-1"}),
    ),
    "POST /v1/shipments/<shipment_id>/return": (Ask(body=lambda ids: {}),),
    "GET /v1/service-points": (
        Ask(query="country=NO&postal_code=0150", status=200, why=OWN_LIST),
        Ask(query=f"country=NO&postal_code=0150&account={CANARY}-sandbox"),
    ),
    "GET /v1/pickups": (
        Ask(status=200, why=OWN_LIST),
        Ask(query=f"account={CANARY}-sandbox", status=200, why=OWN_LIST),
    ),
    "POST /v1/pickups": (
        Ask(body=lambda ids: {**PICKUP, "accounts": []}, status=200, why=OWN_MADE),
        Ask(body=lambda ids: {**PICKUP, "accounts": [ids["account"]]}),
        Ask(body=lambda ids: {**PICKUP, "accounts": [ids["account_id"]]}),
    ),
    "GET /v1/pickups/<pickup_id>": (Ask(),),
    "DELETE /v1/pickups/<pickup_id>": (Ask(),),
    "POST /v1/pickups/<pickup_id>/resolve": (Ask(body=lambda ids: RESOLVE_PICKUP),),
    "GET /v1/manifests": (
        Ask(status=200, why=OWN_LIST),
        Ask(query=f"account={CANARY}-sandbox", status=200, why=OWN_LIST),
    ),
    "POST /v1/manifests": (
        Ask(body=lambda ids: {}, status=200, why=OWN_MADE),
        Ask(body=lambda ids: {"accounts": [ids["account"]]}),
        Ask(body=lambda ids: {"accounts": [ids["account_id"]]}),
    ),
    "GET /v1/manifests/<manifest_id>": (Ask(),),
    "GET /v1/manifests/<manifest_id>/document": (Ask(),),
    "POST /v1/manifests/<manifest_id>/resolve": (Ask(body=lambda ids: RESOLVE_MANIFEST),),
    "POST /v1/trackers": (
        Ask(body=lambda ids: {"account": ids["account"], "tracking_number": "ABC123"}),
        Ask(body=lambda ids: {"account": ids["account_id"], "tracking_number": "ABC123"}),
    ),
    "GET /v1/trackers": (Ask(status=200, why=OWN_LIST),),
    "GET /v1/trackers/<tracker_id>": (Ask(),),
    "POST /v1/fleet/scans": (
        Ask(body=lambda ids: {"account": ids["fleet"], "scans": [scan("DS1", "e1", "delivered", AT)]}),
        Ask(
            body=lambda ids: {"account": "own-fleet", "scans": [scan(ids["number"], "e1", "delivered", AT)]},
            status=200,
            why="the report says that nobody knows the number",
        ),
    ),
    "POST /v1/fleet/pictures": (
        Ask(query=f"account={CANARY}-fleet&tracking_number=OF1&kind=photo", body=lambda ids: photo()),
        Ask(query="account=own-fleet&tracking_number=OF1&kind=photo", body=lambda ids: photo()),
    ),
    "GET /v1/pictures/<token>": (Ask(ids={"token": "picture_token"}),),
    "PUT /v1/fleet/windows": (Ask(body=lambda ids: {**WINDOWS, "account": ids["fleet"]}),),
    "GET /v1/carriers/<account_id>/webhook": (Ask(status=401, why=UNPROVEN),),
    "POST /v1/carriers/<account_id>/webhook": (Ask(body=lambda ids: {"id": "e1"}, status=401, why=UNPROVEN),),
    "GET /v1/webhook-endpoints": (Ask(status=200, why=OWN_LIST),),
    "POST /v1/webhook-endpoints": (Ask(body=lambda ids: {"url": HOOK}, status=201, why=OWN_MADE),),
    "GET /v1/webhook-endpoints/<endpoint_id>/deliveries": (Ask(),),
    "POST /v1/webhook-endpoints/<endpoint_id>/deliveries/<delivery_id>/replay": (Ask(),),
    "GET /v1/webhook-endpoints/<endpoint_id>/deliveries/<delivery_id>": (Ask(),),
    "POST /v1/webhook-endpoints/<endpoint_id>/replay": (
        Ask(body=lambda ids: {"since": AT}),
        Ask(body=lambda ids: {"failed": True}),
    ),
    "POST /v1/webhook-endpoints/<endpoint_id>/rotate-secret": (Ask(body=lambda ids: {"overlap_h": 1}),),
    "POST /v1/webhook-endpoints/<endpoint_id>/test": (Ask(),),
    "PATCH /v1/webhook-endpoints/<endpoint_id>": (Ask(body=lambda ids: {"types": []}),),
    "GET /v1/notification-settings": (Ask(status=200, why=OWN_LIST),),
    "PUT /v1/notification-settings": (Ask(body=lambda ids: NOTIFICATION_SETTINGS, status=200, why=OWN_MADE),),
    "GET /v1/notification-senders": (Ask(status=200, why=OWN_LIST),),
    "DELETE /v1/notification-senders/<channel>": (Ask(),),
    "POST /v1/notification-senders/<channel>/check": (Ask(),),
    "POST /v1/notification-senders/<sender_id>/receipts": (Ask(query="notification=ntf_x", status=401, why=UNPROVEN),),
    "POST /v1/notification-senders/<sender_id>/replies": (Ask(status=401, why=UNPROVEN),),
    "GET /v1/notification-templates": (Ask(status=200, why=OWN_LIST),),
    "DELETE /v1/notification-templates/<event>/<channel>/<language>": (Ask(),),
    "PUT /v1/notification-templates/<event>/<channel>/<language>": (
        Ask(body=lambda ids: TEMPLATE, status=200, why=OWN_MADE),
    ),
    "POST /v1/notification-templates/preview": (
        Ask(body=lambda ids: PREVIEW, status=200, why=OWN_MADE),
        Ask(
            body=lambda ids: {**PREVIEW, "shipment_id": ids["shipment_id"]},
            status=422,
            why="says that there is no such shipment",
        ),
    ),
    "GET /v1/notification-blocks": (Ask(status=200, why=OWN_LIST),),
    "POST /v1/notification-blocks": (Ask(body=lambda ids: BLOCK, status=201, why=OWN_MADE),),
    "DELETE /v1/notification-blocks/<block_id>": (Ask(),),
    "GET /v1/shipments/<shipment_id>/notifications": (Ask(),),
    "POST /v1/shipments/<shipment_id>/notifications/<notification_id>/resend": (Ask(),),
    "GET /u/<link>": (Ask(),),
    "POST /u/<link>": (Ask(),),
    "GET /v1/stream": (Ask(query="for_s=0", status=200, why=OWN_LIST),),
    "GET /v1/shipments/<shipment_id>/stream": (Ask(query="for_s=0"), Ask(query="after=0&for_s=0")),
    "DELETE /v1/webhook-endpoints/<endpoint_id>": (Ask(),),
    "DELETE /v1/checkout-connections/<connection_id>": (Ask(),),
    "POST /v1/quarantine/<message_id>/dismiss": (
        Ask(body=lambda ids: {"author": "Somebody", "why": "It is another's."}, ids={"message_id": "unread_id"}),
    ),
    "POST /v1/quarantine/<message_id>/replay": (Ask(),),
    # Last, because what the asker makes under the owner's names would look like the owner's.
    "PUT /v1/notification-senders/<channel>": (Ask(body=lambda ids: SMTP_SENDER, status=200, why=OWN_MADE),),
    "POST /v1/accounts": (
        Ask(body=lambda ids: {"name": ids["account"], "carrier": "sandbox"}, status=201, why=OWN_MADE),
    ),
    "POST /v1/checkout-connections": (
        Ask(body=lambda ids: {**CONNECTION, "name": f"{CANARY}-shop"}, status=201, why=OWN_MADE),
    ),
    "PUT /v1/policies/<name>": (Ask(body=lambda ids: POLICY, status=200, why=OWN_MADE),),
    "PUT /v1/zones": (Ask(body=lambda ids: ZONES, status=200, why=OWN_MADE),),
    "POST /v1/facilities": (Ask(body=lambda ids: FACILITY, status=201, why=OWN_MADE),),
}

OF_EITHER_MODE: Mapping[str, str] = {
    "GET /v1/policies/<name>": "a policy belongs to the merchant, not to a mode",
    "PUT /v1/policies/<name>": "a policy belongs to the merchant, not to a mode",
    "POST /v1/policies/<name>/publish": "a policy belongs to the merchant, not to a mode",
    "POST /v1/policies/<name>/backtest": "a policy belongs to the merchant, not to a mode",
    "POST /v1/policies/<name>/evaluate": "a policy belongs to the merchant, not to a mode",
    "GET /v1/zones": "zones belong to the merchant, not to a mode",
    "PUT /v1/zones": "zones belong to the merchant, not to a mode",
    "GET /v1/facilities": "a facility is the merchant's house, in either mode",
    "POST /v1/facilities": "a facility is the merchant's house, in either mode",
    "GET /v1/facilities/<facility_id>": "a facility is the merchant's house, in either mode",
    "PUT /v1/facilities/<facility_id>": "a facility is the merchant's house, in either mode",
    "DELETE /v1/facilities/<facility_id>": "a facility is the merchant's house, in either mode",
    "POST /v1/quotes": "a policy belongs to the merchant, not to a mode",
    "POST /v1/accounts": "names of accounts are the merchant's, so this one is taken",
    "POST /v1/checkout-connections": "names of connections are the merchant's, so this one is taken",
}
"""Where a test key and a live key of one merchant meet, and why."""
