"""The published signatures are proven, in the shape that each client chose; whatever was changed is not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from carriers.base import Account, BasicProof, RsaProof, SharedTokenProof, WebhookCall, WebhookRejected
from carriers.inpost_group.adapter import InPostGroup

VECTORS: Mapping[str, str] = json.loads(Path(__file__).with_name("signature_vectors.json").read_text("utf-8"))
PEM = Path(__file__).with_name("verification_key.pem").read_text("utf-8")
BODY, SENT_AT = VECTORS["body"].encode(), datetime.fromisoformat(VECTORS["timestamp"])
SECRETS = {"hmac": {"webhook_secret": VECTORS["key"]}, "rsa": {"webhook_public_key": PEM}}
every_vector = pytest.mark.parametrize("vector", ["hmac", "hmac_timestamp", "rsa"])


def group(**secrets: str) -> InPostGroup:
    return InPostGroup(Account(id="acc_1", name="inpost", mode="test", urls={}, secrets=secrets))


def call(vector: str) -> WebhookCall:
    headers = {"x-inpost-signature": VECTORS[vector], "x-inpost-timestamp": VECTORS["timestamp"]}
    return WebhookCall(method="POST", headers=headers, body=BODY, received_at=SENT_AT + timedelta(minutes=37))


@every_vector
def test_a_published_signature_is_proven_and_told(vector: str) -> None:
    (update,) = group(**SECRETS[vector.partition("_")[0]]).receive(call(vector))
    assert (update.tracking_number, update.reference) == ("120000018332540090213375", "9000010305")
    (event,) = update.events
    assert event.event_id == "76b2262a-4274-40a1-8aac-89b048974d75#MMD.1001"
    assert event.occurred_at == datetime.fromisoformat("2024-11-25T16:51:40.111968Z")


@every_vector
@pytest.mark.parametrize("place", [0, len(BODY) // 2, len(BODY) - 1])
def test_a_changed_body_is_refused(vector: str, place: int) -> None:
    body = BODY[:place] + bytes([BODY[place] ^ 1]) + BODY[place + 1 :]
    for other in (body, BODY + b"\n", BODY[:-1], b""):
        with pytest.raises(WebhookRejected):
            group(**SECRETS[vector.partition("_")[0]]).receive(replace(call(vector), body=other))


@every_vector
def test_a_changed_or_missing_signature_is_refused(vector: str) -> None:
    honest = call(vector)
    signature = VECTORS[vector]
    for other in (
        "",
        signature[:-1],
        signature.swapcase(),
        "A" + signature[1:],
        signature + "=",
        VECTORS["hmac"][::-1],
    ):
        headers = {**honest.headers, "x-inpost-signature": other}
        with pytest.raises(WebhookRejected):
            group(**SECRETS[vector.partition("_")[0]]).receive(replace(honest, headers=headers))


@every_vector
def test_another_key_or_none_is_refused(vector: str) -> None:
    for secrets in ({"webhook_secret": "another key of ours"}, {"webhook_public_key": another_key()[1]}, {}):
        with pytest.raises(WebhookRejected):
            group(**secrets).receive(call(vector))


def test_a_timestamp_that_was_signed_cannot_be_changed_and_ends_after_an_hour() -> None:
    honest = call("hmac_timestamp")
    moved = {**honest.headers, "x-inpost-timestamp": "2025-01-08T14:30:00.000Z"}
    bare = {"x-inpost-signature": VECTORS["hmac_timestamp"]}
    later = replace(honest, received_at=SENT_AT + timedelta(minutes=61))
    for other in (replace(honest, headers=moved), replace(honest, headers=bare), later):
        with pytest.raises(WebhookRejected):
            group(**SECRETS["hmac"]).receive(other)


def test_rsa_over_a_timestamp_is_proven_and_keys_are_rotated() -> None:
    private, public = another_key()
    carrier = group(webhook_public_key=PEM, webhook_public_key_previous=public)
    proof = RsaProof("x-inpost-signature", timestamp_header="x-inpost-timestamp")
    signed = proof.sign(replace(call("rsa"), received_at=SENT_AT), group_account(webhook_private_key=private))
    assert carrier.receive(signed)
    assert carrier.receive(call("rsa"))
    with pytest.raises(WebhookRejected):
        carrier.receive(replace(signed, headers={**signed.headers, "x-inpost-timestamp": "2025-01-08T14:04:00.000Z"}))


def test_clients_that_chose_a_password_or_a_header_are_heard() -> None:
    owner = {"webhook_user": "inpost", "webhook_password": "secret", "webhook_token": "token-of-ours"}
    bare = replace(call("hmac"), headers={})
    for proof in (BasicProof(), SharedTokenProof("x-gateway-token", secret="webhook_token")):
        assert group(**owner).receive(proof.sign(bare, group_account(**owner)))
        with pytest.raises(WebhookRejected):
            group(**owner).receive(proof.sign(bare, group_account(**dict.fromkeys(owner, "wrong"))))


def group_account(**secrets: str) -> Account:
    return group(**secrets).account


def another_key() -> tuple[str, str]:
    key = generate_private_key(65537, 2048)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return private, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
