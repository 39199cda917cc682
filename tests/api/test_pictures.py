"""Pictures over HTTP: what is refused says what to send instead, and is counted."""

from __future__ import annotations

from datetime import timedelta

import pytest
from werkzeug.test import TestResponse

from gateway.api import examples
from tests.api.world import Merchant, problem
from tests.pictures import HEIC, SVG, bomb, photo

JPEG = "image/jpeg"
REFUSED: dict[str, tuple[bytes, str, int, str, str]] = {
    "HEIC": (HEIC, "image/heic", 415, "unsupported_media_type", "most compatible"),
    "SVG": (SVG, "image/svg+xml", 415, "unsupported_media_type", "PNG"),
    "a form": (photo(), "multipart/form-data", 415, "unsupported_media_type", "the picture itself"),
    "no type": (photo(), "", 415, "unsupported_media_type", "Content-Type"),
    "GIF": (b"GIF89a", "image/gif", 415, "unsupported_media_type", "image/jpeg"),
    "another type": (photo(), "image/png", 422, "picture_refused", "image/jpeg"),
    "HEIC as JPEG": (HEIC, JPEG, 422, "picture_refused", "most compatible"),
    "a bomb": (bomb(), "image/png", 422, "picture_refused", "40 million"),
    "50 MB": (b"\xff\xd8\xff" + b"\0" * 50_000_000, JPEG, 413, "payload_too_large", ""),
}
"""Which bytes are refused is in tests/engines/test_pictures.py."""


def upload(merchant: Merchant, content: bytes, media_type: str, **query: str) -> TestResponse:
    return merchant(
        "POST", "/v1/fleet/pictures", data=content, content_type=media_type, query_string={"kind": "photo", **query}
    )


@pytest.fixture
def fleet_number(newcomer: Merchant) -> str:
    """What stands on a parcel of the merchant's own fleet."""
    newcomer.with_fleet()
    start = newcomer.services.clock() + timedelta(days=3)
    window = {**examples.WINDOWS["windows"][0], "id": "w1", "start": start.isoformat()}
    window["end"] = (start + timedelta(hours=4)).isoformat()
    window["zone"] = "oslo"
    assert newcomer.put("/v1/fleet/windows", {"account": "own-fleet", "windows": [window]}).status_code == 204
    booked = newcomer.book({**examples.BOOK, "window": None, "services": [], "requirements": {}})
    return str(booked["tracking_number"])


def test_what_is_no_picture_is_refused_with_what_to_do_and_counted(newcomer: Merchant, fleet_number: str) -> None:
    where = {"account": "own-fleet", "tracking_number": fleet_number}
    for name, (content, media_type, status, code, advice) in REFUSED.items():
        answer = upload(newcomer, content, media_type, **where)
        assert advice in problem(answer, status, code)["detail"], name
    counted = newcomer.client.get("/metrics").text
    assert 'gateway_uploads_refused_total{reason="heic"}' in counted
    assert upload(newcomer, photo(), JPEG, **where).status_code == 201


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"account": "own-fleet", "tracking_number": "OF-nobody"}, 404),
        ({"account": "nobody", "tracking_number": "x"}, 404),
        ({"account": "own-fleet"}, 422),
        ({"account": "own-fleet", "tracking_number": "x", "kind": "selfie"}, 422),
        ({"account": "own-fleet", "tracking_number": "x", "surprise": "1"}, 422),
        ({"account": "own-fleet", "tracking_number": "x" * 65}, 422),
    ],
)
def test_a_picture_belongs_to_a_parcel(query: dict[str, str], status: int, newcomer: Merchant) -> None:
    newcomer.with_fleet()
    assert upload(newcomer, photo(), JPEG, **query).status_code == status


@pytest.mark.parametrize("token", ["x", "pof_x.y.z.w", "%00", "..%2F..%2Fetc%2Fpasswd", "a" * 5000, "\u202e"])
def test_what_is_no_link_leads_nowhere(token: str, newcomer: Merchant) -> None:
    assert newcomer.client.get(f"/v1/pictures/{token}").status_code == 404


def test_only_own_drivers_send_pictures(merchant: Merchant) -> None:
    booked = merchant.book({**examples.BOOK, "window": None, "services": [], "requirements": {}})
    where = {"account": "sandbox", "tracking_number": booked["tracking_number"]}
    assert "no pictures" in problem(upload(merchant, photo(), JPEG, **where), 409, "conflict")["detail"]
