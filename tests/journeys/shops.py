"""Simulated shops: their checkouts call over HTTP, signed as each protocol has it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.journeys.site import Merchant

CLIENT_SECRET, TOKEN = "shpss_0123456789", "a-long-random-token"
KEYS = {"key": "userKey", "account_number": "userAccountNumber"}
ORIGIN = {
    "company": "Fjord Shop",
    "street1": "Dronningens gate 10",
    "city": "Oslo",
    "postal_code": "0150",
    "country": "NO",
    "phone": "+4799999999",
}
SECRETS: Mapping[str, Mapping[str, str]] = {
    "shopify": {"client_secret": CLIENT_SECRET},
    "bigcommerce": KEYS,
    "tiendanube": {"url_token": TOKEN},
}


@dataclass
class Shop:
    """A shop whose checkout asks one connection."""

    base: str
    protocol: str
    connection: Mapping[str, Any]
    signing: RSAPrivateKey | None = None

    @property
    def url(self) -> str:
        path = f"{self.base}/v1/checkout/{self.protocol}/{self.connection['id']}"
        return f"{path}/rate" if self.protocol == "bigcommerce" else path

    def ask(self, body: object, *, url: str = "", **headers: str) -> requests.Response:
        """Send a body, or bytes as they are, with the protocol's proof unless headers say otherwise."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        told = {"Content-Type": "application/json", **self._proof(raw), **headers}
        query = {"token": TOKEN} if self.protocol == "tiendanube" else {}
        return requests.post(url or self.url, data=raw, headers=told, params=query, timeout=30)

    def _proof(self, raw: bytes) -> dict[str, str]:
        if self.protocol == "shopify":
            digest = hmac.digest(CLIENT_SECRET.encode(), raw, hashlib.sha256)
            return {
                "X-Shopify-Hmac-Sha256": base64.b64encode(digest).decode(),
                "X-Shopify-Shop-Domain": "fjord.example",
            }
        if self.signing is not None:
            signature = self.signing.sign(base64.b64encode(raw), PKCS1v15(), SHA256())
            return {"x-adobe-commerce-webhook-signature": base64.b64encode(signature).decode()}
        return {}


def shop(base: str, merchant: Merchant, protocol: str, **settings: object) -> Shop:
    """A shop and its connection, made over the API."""
    signing = generate_private_key(65537, 2048) if protocol == "adobe" else None
    secrets = dict(SECRETS.get(protocol, {}))
    if signing is not None:
        secrets["public_key"] = (
            signing.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        )
    given = {"name": f"{protocol}-shop", "protocol": protocol, "secrets": secrets, "origin": ORIGIN, **settings}
    made = merchant.call("POST", "/v1/checkout-connections", given)
    assert made.status_code == 201, made.text
    return Shop(base=base, protocol=protocol, connection=made.json or {}, signing=signing)


def shopify_cart(postcode: str = "0154", country: str = "NO", **rate: object) -> dict[str, Any]:
    """A cart as Shopify sends it, nulls and all."""
    return {
        "rate": {
            "origin": {
                "country": "NO",
                "postal_code": "0150",
                "province": None,
                "city": "Oslo",
                "name": None,
                "address1": "Dronningens gate 10",
                "address2": "",
                "phone": "16135551212",
                "fax": None,
                "email": None,
                "address_type": None,
                "company_name": "Fjord Shop",
            },
            "destination": {
                "country": country,
                "postal_code": postcode,
                "province": None,
                "city": "Oslo",
                "name": "Bob Norman",
                "address1": "Karl Johans gate 1",
                "address2": "",
                "phone": None,
                "fax": None,
                "email": None,
                "address_type": None,
                "company_name": None,
            },
            "items": [
                {
                    "name": "T-Shirt",
                    "sku": "",
                    "quantity": 2,
                    "grams": 1000,
                    "price": 1999,
                    "vendor": "Fjord",
                    "requires_shipping": True,
                    "taxable": True,
                    "properties": None,
                    "fulfillment_service": "manual",
                    "product_id": 48447225880,
                    "variant_id": 258644705304,
                }
            ],
            "currency": "NOK",
            "locale": "en",
            "customer": {"id": 7},
            "order_totals": {"subtotal_price": "1"},
            **rate,
        }
    }


def bigcommerce_cart(postcode: str = "0154", country: str = "NO", **more: object) -> dict[str, Any]:
    """A cart as BigCommerce sends it: amounts as texts, address types in small letters."""
    inch = {"units": "in", "value": 4}
    return {
        "base_options": {
            "origin": {
                "street_1": "Dronningens gate 10",
                "street_2": "",
                "zip": "0150",
                "city": "Oslo",
                "state_iso2": "",
                "country_iso2": "NO",
                "address_type": "commercial",
            },
            "destination": {
                "street_1": "",
                "street_2": "",
                "zip": postcode,
                "city": "",
                "state_iso2": "",
                "country_iso2": country,
                "address_type": "residential",
                "form_fields": {"1": "x"},
            },
            "items": [
                {
                    "sku": "SKU-1",
                    "variant_id": "1",
                    "product_id": "1",
                    "name": "Shirt",
                    "length": inch,
                    "width": inch,
                    "height": inch,
                    "weight": {"units": "oz", "value": 16},
                    "discounted_price": {"currency": "NOK", "amount": "100"},
                    "declared_value": {"currency": "NOK", "amount": "100"},
                    "quantity": 2,
                    "attributes": [],
                }
            ],
            "customer": {"customer_groups": [], "customer_id": 6},
            "store_id": "s1",
            "request_context": {"reference_values": [{"name": "cart_id", "value": "8"}]},
        },
        "connection_options": dict(KEYS),
        "zone_options": {"show_transit_time": True},
        "rate_options": [],
        **more,
    }


def tiendanube_cart(postcode: object = "0154", **more: object) -> dict[str, Any]:
    """A cart as Tiendanube sends it."""
    place = {
        "name": None,
        "address": "Karl Johans gate",
        "number": "1",
        "floor": None,
        "locality": "Oslo",
        "city": "Oslo",
        "province": "Oslo",
        "country": "NO",
        "postal_code": postcode,
        "phone": None,
    }
    return {
        "cart_id": "c1",
        "store_id": 123456,
        "currency": "NOK",
        "language": "es",
        "origin": {**place, "postal_code": "0150"},
        "destination": place,
        "items": [
            {
                "id": 1,
                "product_id": 1,
                "name": "Shirt",
                "sku": None,
                "quantity": 1,
                "free_shipping": False,
                "grams": 1000,
                "price": 200.0,
                "dimensions": {"width": 12.0, "height": 10.0, "depth": 10.0},
            }
        ],
        "carrier": {"id": 1, "options": [{"code": "same_day", "additional_cost": 5}]},
        **more,
    }


def adobe_cart(postcode: str = "0154", **package: object) -> dict[str, Any]:
    """A package as Adobe Commerce sends it."""
    return {
        "rateRequest": {
            "all_items": [{"item_id": "1", "sku": "s-1", "price": 500, "product": {"attributes": {"color": "Red"}}}],
            "dest_country_id": "NO",
            "dest_region_id": 12,
            "dest_region_code": "",
            "dest_city": "Oslo",
            "dest_street": "Karl Johans gate 1\n2nd floor",
            "dest_postcode": postcode,
            "package_value": 1100,
            "package_value_with_discount": 1100,
            "package_weight": 2.4,
            "package_qty": 2,
            "store_id": 1,
            "free_shipping": 0,
            "base_currency": {"currency_code": "NOK"},
            "package_currency": {"currency_code": "NOK"},
            "customer": {"email": "x@example.com"},
            **package,
        }
    }


CARTS = {
    "shopify": shopify_cart,
    "bigcommerce": bigcommerce_cart,
    "tiendanube": tiendanube_cart,
    "adobe": adobe_cart,
}
