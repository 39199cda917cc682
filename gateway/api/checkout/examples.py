"""What shops send, as examples for the documentation; the tests send them."""

from __future__ import annotations

from typing import Any

SHOPIFY: dict[str, Any] = {
    "rate": {
        "origin": {
            "country": "NO",
            "postal_code": "0152",
            "city": "Oslo",
            "address1": "Dronningens gate 10",
            "company_name": "Fjord Shop",
        },
        "destination": {
            "country": "NO",
            "postal_code": "0354",
            "city": "Oslo",
            "address1": "Bogstadveien 30",
            "name": "Kari Nordmann",
        },
        "items": [
            {
                "name": "Running shoes",
                "sku": "SHOE-42",
                "quantity": 1,
                "grams": 1200,
                "price": 49900,
                "requires_shipping": True,
                "variant_id": 258644705304,
            }
        ],
        "currency": "NOK",
        "locale": "en",
    }
}

BIGCOMMERCE: dict[str, Any] = {
    "base_options": {
        "origin": {"zip": "0152", "city": "Oslo", "country_iso2": "NO", "street_1": "Dronningens gate 10"},
        "destination": {"zip": "0354", "city": "Oslo", "country_iso2": "NO", "address_type": "residential"},
        "items": [
            {
                "sku": "SHOE-42",
                "name": "Running shoes",
                "length": {"units": "cm", "value": 30},
                "width": {"units": "cm", "value": 20},
                "height": {"units": "cm", "value": 12},
                "weight": {"units": "g", "value": 1200},
                "discounted_price": {"currency": "NOK", "amount": "499.00"},
                "quantity": 1,
            }
        ],
        "store_id": "ru7t7fv9",
    },
    "connection_options": {"key": "the secret of that name"},
    "zone_options": {},
}

BIGCOMMERCE_CHECK: dict[str, Any] = {"connection_options": {"key": "the secret of that name"}}

TIENDANUBE: dict[str, Any] = {
    "store_id": 123456,
    "currency": "NOK",
    "language": "es",
    "origin": {"address": "Dronningens gate", "number": "10", "city": "Oslo", "country": "NO", "postal_code": "0152"},
    "destination": {"address": "Bogstadveien", "number": "30", "city": "Oslo", "country": "NO", "postal_code": "0354"},
    "items": [
        {
            "id": 1,
            "name": "Running shoes",
            "sku": "SHOE-42",
            "quantity": 1,
            "free_shipping": False,
            "grams": 1200,
            "price": 499.0,
            "dimensions": {"width": 20.0, "height": 12.0, "depth": 30.0},
        }
    ],
}

ADOBE: dict[str, Any] = {
    "rateRequest": {
        "dest_country_id": "NO",
        "dest_postcode": "0354",
        "dest_city": "Oslo",
        "dest_street": "Bogstadveien 30",
        "package_value": 499,
        "package_value_with_discount": 499,
        "package_weight": 1.2,
        "package_qty": 1,
        "package_currency": {"currency_code": "NOK"},
    }
}
