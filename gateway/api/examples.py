"""Requests as examples for the documentation; the tests send them."""

from __future__ import annotations

from typing import Any

QUOTE: dict[str, Any] = {
    "origin": {
        "name": "Store 12",
        "street1": "Dronningens gate 10",
        "city": "Oslo",
        "postal_code": "0152",
        "country": "NO",
        "phone": "+4722334455",
    },
    "destination": {"postal_code": "0354", "country": "NO", "residential": True},
    "parcels": [
        {
            "weight_g": 1200,
            "length_mm": 300,
            "width_mm": 200,
            "height_mm": 120,
            "value": {"amount": 49900, "currency": "NOK"},
            "description": "running shoes",
        }
    ],
    "requirements": {"signature": True},
    "reference": "cart-1042",
}

BOOK: dict[str, Any] = {
    **QUOTE,
    "destination": {
        "name": "Kari Nordmann",
        "street1": "Bogstadveien 30",
        "city": "Oslo",
        "postal_code": "0354",
        "country": "NO",
        "phone": "+4799887766",
        "email": "kari@example.com",
        "residential": True,
        "instructions": "Ring twice.",
    },
    "policy": "cheapest",
    "label_format": "pdf",
    "reference": "order-1042",
    "metadata": {"channel": "web"},
}

BOOK_A_QUOTE: dict[str, Any] = {
    "quote_id": "qte_01JD5FAV0W6RM5D6J1T9V7N3QK",
    "offer_id": "off_01JD5FAV0XKQ3S2C8B4Y6Z7H1M",
    "destination": BOOK["destination"],
    "reference": "order-1042",
}

RESOLVE: dict[str, Any] = {
    "outcome": "booked",
    "carrier_reference": "SBX000123",
    "tracking_number": "SBX000123-1",
    "note": "The carrier's hotline found it, says Berit.",
}

SCANS: dict[str, Any] = {
    "account": "own-fleet",
    "scans": [
        {
            "event_id": "van7-000481",
            "tracking_number": "DS0000000042",
            "code": "delivered",
            "occurred_at": "2026-03-02T14:41:07+01:00",
            "place": {"city": "Oslo", "country": "NO", "latitude": 59.9257, "longitude": 10.7156},
            "proof": {"received_by": "K. Nordmann", "relationship": "recipient"},
        }
    ],
}

WINDOWS: dict[str, Any] = {
    "account": "own-fleet",
    "windows": [
        {
            "id": "oslo-2026-03-03-evening",
            "zone": "oslo",
            "start": "2026-03-03T17:00:00+01:00",
            "end": "2026-03-03T21:00:00+01:00",
            "capacity": 40,
        }
    ],
}

ACCOUNT: dict[str, Any] = {
    "name": "sandbox-oslo",
    "carrier": "sandbox",
    "secrets": {"api_key": "sandbox-key", "webhook_secret": "sandbox-secret"},
}

ACCOUNT_CHANGE: dict[str, Any] = {"enabled": False}

POLICY: dict[str, Any] = {
    "data": {
        "currency": "NOK",
        "score": {"value_per_hour_minor": 200, "without_promise_minor": 15000, "late_minor": 5000},
        "rules": [
            {
                "name": "no crowd couriers for heavy parcels",
                "when": {
                    "all": [
                        {"field": "shipment.heaviest", "op": "above", "value": 20, "unit": "kg"},
                        {"field": "rate.carrier_kind", "op": "is", "value": "crowd"},
                    ]
                },
                "then": {"do": "drop"},
            },
            {"name": "nobody above 500 kroner", "then": {"do": "max_price", "minor": 50000}},
        ],
    }
}

PUBLICATION: dict[str, Any] = {"version": 1, "stage": "live"}

EVALUATION: dict[str, Any] = {"shipment": QUOTE}

BACKTEST: dict[str, Any] = {
    "since": "2026-01-01T00:00:00+01:00",
    "until": "2026-03-01T00:00:00+01:00",
    "data": POLICY["data"],
}

KEY: dict[str, Any] = {"name": "warehouse", "scopes": ["shipments:write", "shipments:read", "tracking:read"]}

ENDPOINT: dict[str, Any] = {
    "url": "https://shop.example/hooks/doorstep",
    "types": ["shipment.booked", "shipment.status_changed"],
}

PICKUP: dict[str, Any] = {
    "ready_at": "2199-03-02T14:00:00+01:00",
    "closes_at": "2199-03-02T17:00:00+01:00",
    "accounts": ["bring-oslo"],
    "instructions": "Ramp at the back, bell of the store.",
}

RESOLVE_PICKUP: dict[str, Any] = {
    "outcome": "scheduled",
    "carrier_reference": "PU-4711",
    "note": "Customer service has it in its list, says Berit.",
}

CLOSE_DAY: dict[str, Any] = {"day": "2026-03-02", "accounts": ["bring-oslo"]}

RESOLVE_MANIFEST: dict[str, Any] = {"outcome": "not_closed", "note": "Not in the carrier's portal, says Berit."}

ENDPOINT_CHANGE: dict[str, Any] = {"types": ["shipment.status_changed"], "state": "enabled"}

ROTATION: dict[str, Any] = {"overlap_h": 48}

REPLAY: dict[str, Any] = {"since": "2026-11-23T14:00:00Z"}

PRINT: dict[str, Any] = {"shipments": ["shp_01JD5FB2R8W4N6Y0T3V7Q9K5MZ", "shp_01JD5FB9XK2H4C8D1E6G7J3P5S"]}

EMISSIONS: dict[str, Any] = {"vehicle": "van_electric_average", "round_km": 60, "stops": 110, "measured": True}

RATE_CARD = """\
[zones]
zone,country,postcodes
oslo,NO,00*|01*|0250-0299
norway,NO,*
[prices]
zone,service,max_weight_g,price_minor,currency,transit_days
oslo,standard,5000,6900,NOK,1
norway,standard,5000,9900,NOK,3
"""

CONNECTION: dict[str, Any] = {
    "name": "fjord-shopify",
    "protocol": "shopify",
    "secrets": {"client_secret": "the secret of your Shopify app"},
    "origin": {**QUOTE["origin"], "company": "Fjord Shop"},
    "boxes": [
        {"name": "small", "length_mm": 250, "width_mm": 180, "height_mm": 80, "empty_weight_g": 90, "wall_mm": 3},
        {
            "name": "large",
            "length_mm": 450,
            "width_mm": 350,
            "height_mm": 300,
            "max_weight_g": 15000,
            "empty_weight_g": 420,
            "wall_mm": 4,
        },
    ],
    "sizes": [{"sku": "SHOE-42", "length_mm": 330, "width_mm": 200, "height_mm": 120}],
    "fallback": [
        {
            "name": "Standard delivery",
            "service": "standard",
            "price": {"amount": 9900, "currency": "NOK"},
            "countries": ["NO"],
            "max_weight_g": 20000,
            "days": 7,
        }
    ],
    "markup_percent": "5",
    "round_up_to_minor": 100,
    "free_from": {"amount": 150000, "currency": "NOK"},
    "requests_per_min": 600,
}

CONNECTION_CHANGE: dict[str, Any] = {"policy": "cheapest", "when_nothing": "backup", "deadline_ms": 2000}

CARTONIZE: dict[str, Any] = {
    "items": [
        {"sku": "SHOE-42", "quantity": 2, "weight_g": 1100, "length_mm": 330, "width_mm": 200, "height_mm": 120},
        {
            "sku": "VASE-1",
            "weight_g": 900,
            "length_mm": 140,
            "width_mm": 140,
            "height_mm": 260,
            "keep_upright": True,
            "nothing_on_top": True,
        },
    ],
    "boxes": CONNECTION["boxes"],
    "dimensional_divisor": 5000,
}

ZONE_TABLE = """\
zone,country,postcodes,priority,latitude,longitude,radius_m
oslo,NO,00*|01*|0250-0299,10,,,
nordics,NO|SE|DK,*,,,,
near-the-store,,,20,59.9111,10.7528,2500
"""

ZONES: dict[str, Any] = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"zone": "oslo", "priority": 10, "country": "NO", "postcodes": ["00*", "01*", "0250-0299"]},
            "geometry": None,
        },
        {
            "type": "Feature",
            "properties": {"zone": "near-the-store", "priority": 20, "radius_m": 2500},
            "geometry": {"type": "Point", "coordinates": [10.7528, 59.9111]},
        },
        {
            "type": "Feature",
            "properties": {"zone": "harbour", "priority": 30, "country": "NO"},
            "geometry": {
                "type": "Polygon",
                "coordinates": [[[10.72, 59.9], [10.76, 59.9], [10.76, 59.91], [10.72, 59.91], [10.72, 59.9]]],
            },
        },
    ],
}

FACILITY: dict[str, Any] = {
    "code": "oslo-1",
    "name": "Store 12",
    "address": QUOTE["origin"],
    "timezone": "Europe/Oslo",
    "opens": "08:00",
    "handover": {
        "cut_off": "16:00",
        "working_days": [0, 1, 2, 3, 4, 5],
        "closing_days": [{"day": "2026-12-24", "why": "Christmas Eve"}],
    },
}

ASSIGNMENT: dict[str, Any] = {
    "shipments": [
        {
            "reference": f"order-{number}",
            "offers": [
                {"id": f"{number}-bike", "account": "bikes", "price": {"amount": 4900 + number, "currency": "NOK"}},
                {"id": f"{number}-van", "account": "vans", "price": {"amount": 7900, "currency": "NOK"}},
            ],
        }
        for number in range(1, 4)
    ],
    "capacities": [{"account": "bikes", "most": 2}],
    "commitments": [{"account": "vans", "least": 1}],
    "shares": [{"account": "vans", "most_percent": 50}],
}

STATUS_TABLE = """\
carrier_code,qualifier,status,reason,note,source
DRONE_HANDOVER,,in_transit,handed_to_partner,Our contract only,mail of 2 March
"""

EVENTS_CSV = """\
tracking_number,occurred_at,status,reason,city,country
70726201101234567,2026-03-02T14:41:07+01:00,delivered,delivered_to_recipient,Oslo,NO
"""

EVENTS_NDJSON = '{"tracking_number": "7072620110123", "occurred_at": "2026-03-02T13:41:07Z", "code": "DELIVERED"}\n'
