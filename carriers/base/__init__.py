"""The front door: everything an adapter may import. Its author needs to look nowhere else."""

from carriers.base.bodies import filled
from carriers.base.body_signature import BodySignatureProof
from carriers.base.calendar import Calendar, MondayToFriday, promise
from carriers.base.clocks import clock_at, clocks_of
from carriers.base.contract import (
    ROLES,
    Books,
    Cancels,
    CancelsPickups,
    Capability,
    Carrier,
    ClosesManifests,
    FindsBookings,
    OffersServicePoints,
    PrintsLabels,
    ProvesDelivery,
    Quotes,
    ReceivesWebhooks,
    Redirects,
    Reschedules,
    SchedulesPickups,
    SubscribesToTracking,
    TakesInstructions,
    TakesReturns,
    Tracks,
    capabilities,
)
from carriers.base.errors import (
    AuthenticationFailed,
    BadCarrierResponse,
    CarrierError,
    CarrierUnavailable,
    OutcomeUnknown,
    RateLimited,
    ServicePointClosed,
    ShipmentRejected,
    UnknownReference,
    WebhookRejected,
)
from carriers.base.http import Call, Http, Reply
from carriers.base.messages import (
    Account,
    BookRequest,
    DeliveryWindows,
    PickupRequest,
    QuoteRequest,
    Subscription,
    WebhookCall,
    WebhookReply,
    Window,
)
from carriers.base.moments import Moment, maybe_moment, moment, wall_clock
from carriers.base.on_demand import check_doors, on_demand_level, phone_number
from carriers.base.one_by_one import OneByOne
from carriers.base.one_by_one import updates as updates_of
from carriers.base.options import OptionFacts
from carriers.base.pages import together
from carriers.base.printing import kind_of, printable
from carriers.base.profile import (
    BookingPromises,
    CallRate,
    Features,
    Limits,
    Polling,
    Profile,
)
from carriers.base.ratecard import BadRateCard, Priced, RateCard, RateCards
from carriers.base.ratecard.rates import card_of, card_rates, taxed
from carriers.base.reading import Reading, clean
from carriers.base.service_points import closest, opening_hours
from carriers.base.statuses import COLUMNS as STATUS_COLUMNS
from carriers.base.statuses import Mapped, StatusRow, StatusTable, in_order
from carriers.base.streets import street_and_number, street_lines
from carriers.base.tables import error_named, table
from carriers.base.tokens import ClientCredentials
from carriers.base.webhooks import (
    AddressCheck,
    AnyProof,
    BasicProof,
    HmacProof,
    RsaProof,
    SharedTokenProof,
    UrlTokenProof,
    WebhookProof,
)
from carriers.base.xml import XmlReading
from carriers.base.xml import written as xml_document
from gateway.domain.clock import Clock, utc_now
from gateway.domain.distance import metres_between
from gateway.domain.diversions import Slot
from gateway.domain.errors import InvalidValue
from gateway.domain.handover import Manifest, OpeningHours, Pickup, ServicePoint
from gateway.domain.quotes import Rate, ServiceLevel, Surcharge
from gateway.domain.shipments import (
    Booking,
    BookingRef,
    Cancellation,
    CancellationState,
    Label,
    LabelFormat,
    LabelKind,
    ReturnWay,
    Shipment,
)
from gateway.domain.tracking import Leg, Place, ProofOfDelivery, TrackingEvent, TrackingUpdate
from gateway.domain.values import Address, Money, Parcel, Requirements, TimeWindow, total

__all__ = [
    "ROLES",
    "STATUS_COLUMNS",
    "Account",
    "Address",
    "AddressCheck",
    "AnyProof",
    "AuthenticationFailed",
    "BadCarrierResponse",
    "BadRateCard",
    "BasicProof",
    "BodySignatureProof",
    "BookRequest",
    "Booking",
    "BookingPromises",
    "BookingRef",
    "Books",
    "Calendar",
    "Call",
    "CallRate",
    "Cancellation",
    "CancellationState",
    "Cancels",
    "CancelsPickups",
    "Capability",
    "Carrier",
    "CarrierError",
    "CarrierUnavailable",
    "ClientCredentials",
    "Clock",
    "ClosesManifests",
    "DeliveryWindows",
    "Features",
    "FindsBookings",
    "HmacProof",
    "Http",
    "InvalidValue",
    "Label",
    "LabelFormat",
    "LabelKind",
    "Leg",
    "Limits",
    "Manifest",
    "Mapped",
    "Moment",
    "MondayToFriday",
    "Money",
    "OffersServicePoints",
    "OneByOne",
    "OpeningHours",
    "OptionFacts",
    "OutcomeUnknown",
    "Parcel",
    "Pickup",
    "PickupRequest",
    "Place",
    "Polling",
    "Priced",
    "PrintsLabels",
    "Profile",
    "ProofOfDelivery",
    "ProvesDelivery",
    "QuoteRequest",
    "Quotes",
    "Rate",
    "RateCard",
    "RateCards",
    "RateLimited",
    "Reading",
    "ReceivesWebhooks",
    "Redirects",
    "Reply",
    "Requirements",
    "Reschedules",
    "ReturnWay",
    "RsaProof",
    "SchedulesPickups",
    "ServiceLevel",
    "ServicePoint",
    "ServicePointClosed",
    "SharedTokenProof",
    "Shipment",
    "ShipmentRejected",
    "Slot",
    "StatusRow",
    "StatusTable",
    "SubscribesToTracking",
    "Subscription",
    "Surcharge",
    "TakesInstructions",
    "TakesReturns",
    "TimeWindow",
    "TrackingEvent",
    "TrackingUpdate",
    "Tracks",
    "UnknownReference",
    "UrlTokenProof",
    "WebhookCall",
    "WebhookProof",
    "WebhookRejected",
    "WebhookReply",
    "Window",
    "XmlReading",
    "capabilities",
    "card_of",
    "card_rates",
    "check_doors",
    "clean",
    "clock_at",
    "clocks_of",
    "closest",
    "error_named",
    "filled",
    "in_order",
    "kind_of",
    "maybe_moment",
    "metres_between",
    "moment",
    "on_demand_level",
    "opening_hours",
    "phone_number",
    "printable",
    "promise",
    "street_and_number",
    "street_lines",
    "table",
    "taxed",
    "together",
    "total",
    "updates_of",
    "utc_now",
    "wall_clock",
    "xml_document",
]
