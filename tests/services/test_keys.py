"""API keys: whom they let in, and that the database does not hold them."""

from __future__ import annotations

import re
import zlib
from datetime import timedelta

import pytest
from sqlalchemy import text

from gateway.domain.errors import NotFound, Unprocessable
from gateway.services.keys import BASE62, SCOPES, BadKey, Caller, KeyRing
from gateway.storage import SqlStore
from tests.conftest import TestDatabase
from tests.journeys.site import Hands

PEPPER = "pepper"


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def ring(store: SqlStore, clock: Hands) -> KeyRing:
    return KeyRing(store, PEPPER, clock)


@pytest.fixture
def merchant_id(ring: KeyRing) -> str:
    return ring.add_merchant("Shop")


def check(unsigned: str) -> str:
    """The CRC-32 of the rest in base 62, as anybody can compute it."""
    number, digits = zlib.crc32(unsigned.encode()), ""
    for _ in range(6):
        digits = BASE62[number % 62] + digits
        number //= 62
    return digits


def test_a_key_lets_its_holder_in(ring: KeyRing, merchant_id: str) -> None:
    record, key = ring.create(merchant_id, "checkout", "live", ["quotes:write", "shipments:read"])
    assert ring.caller(key) == Caller(
        merchant_id=merchant_id, key_id=record.id, mode="live", scopes=("quotes:write", "shipments:read")
    )


@pytest.mark.parametrize("mode", ["live", "test"])
def test_a_key_has_the_form_that_secret_scanners_look_for(ring: KeyRing, merchant_id: str, mode: str) -> None:
    _, key = ring.create(merchant_id, "checkout", "live" if mode == "live" else "test", ["admin"])
    assert re.fullmatch(rf"gw_{mode}_[0-9A-Za-z]{{8}}_[0-9A-Za-z]{{43}}[0-9A-Za-z]{{6}}", key)
    assert key.endswith(check(key[:-6]))


def test_no_two_keys_are_alike(ring: KeyRing, merchant_id: str) -> None:
    keys = [ring.create(merchant_id, "checkout", "live", ["admin"])[1] for _ in range(20)]
    assert len({key[8:16] for key in keys}) == len({key[17:60] for key in keys}) == 20


def test_the_database_holds_no_key(ring: KeyRing, merchant_id: str, database: TestDatabase) -> None:
    record, key = ring.create(merchant_id, "checkout", "live", ["admin"])
    ring.caller(key)
    with database.engine.connect() as connection:
        rows = [
            repr(row)
            for table in ("api_keys", "merchants")
            for row in connection.execute(text(f"SELECT * FROM {table}"))  # noqa: S608  # names of our own
        ]
    stored = "\n".join(rows)
    assert record.public_id in stored
    assert key not in stored
    assert key.split("_")[3][:43] not in stored
    assert PEPPER not in stored
    assert record.digest not in repr(record)


def test_a_digest_is_worth_nothing_with_another_pepper(
    store: SqlStore, ring: KeyRing, merchant_id: str, clock: Hands
) -> None:
    _, key = ring.create(merchant_id, "checkout", "live", ["admin"])
    with pytest.raises(BadKey):
        KeyRing(store, "other pepper", clock).caller(key)


def test_a_key_ends_when_it_expires(ring: KeyRing, merchant_id: str, clock: Hands) -> None:
    _, key = ring.create(merchant_id, "checkout", "live", ["admin"], expires_at=clock() + timedelta(hours=1))
    clock.advance(minutes=59)
    ring.caller(key)
    clock.advance(minutes=1)
    with pytest.raises(BadKey):
        ring.caller(key)


def test_a_revoked_key_ends_at_once_and_the_others_go_on(ring: KeyRing, merchant_id: str) -> None:
    old, old_key = ring.create(merchant_id, "old", "live", ["admin"])
    new, new_key = ring.create(merchant_id, "new", "live", ["admin"])
    ring.caller(old_key)
    ring.revoke(merchant_id, "live", old.id)
    with pytest.raises(BadKey):
        ring.caller(old_key)
    assert ring.caller(new_key).key_id == new.id
    assert [record.revoked_at is not None for record in ring.list(merchant_id, "live")] == [True, False]


def test_only_an_own_key_is_revoked(ring: KeyRing, merchant_id: str) -> None:
    record, key = ring.create(merchant_id, "checkout", "live", ["admin"])
    other = ring.add_merchant("Other")
    with pytest.raises(NotFound):
        ring.revoke(other, "live", record.id)
    with pytest.raises(NotFound):
        ring.revoke(merchant_id, "test", record.id)
    with pytest.raises(NotFound):
        ring.revoke(merchant_id, "live", "key_none")
    ring.caller(key)
    assert ring.list(merchant_id, "test") == []
    assert ring.list(other, "live") == []


def test_the_last_use_is_known_to_the_minute(ring: KeyRing, merchant_id: str, clock: Hands) -> None:
    _, key = ring.create(merchant_id, "checkout", "live", ["admin"])
    assert ring.list(merchant_id, "live")[0].last_used_at is None
    ring.caller(key)
    first = ring.list(merchant_id, "live")[0].last_used_at
    assert first is not None
    assert clock() - first < timedelta(seconds=30)
    ring.caller(key)
    clock.advance(seconds=20)
    ring.caller(key)
    assert ring.list(merchant_id, "live")[0].last_used_at == first, "not written anew for every request"
    clock.advance(seconds=41)
    ring.caller(key)
    second = ring.list(merchant_id, "live")[0].last_used_at
    assert second is not None
    assert second - first > timedelta(minutes=1)


def test_a_key_that_is_refused_is_not_used(ring: KeyRing, merchant_id: str) -> None:
    record, key = ring.create(merchant_id, "checkout", "live", ["admin"])
    ring.revoke(merchant_id, "live", record.id)
    with pytest.raises(BadKey):
        ring.caller(key)
    assert ring.list(merchant_id, "live")[0].last_used_at is None


def test_every_character_of_a_key_counts(ring: KeyRing, merchant_id: str) -> None:
    _, key = ring.create(merchant_id, "checkout", "live", ["admin"])
    for place, character in enumerate(key):
        other = "a" if character != "a" else "b"
        with pytest.raises(BadKey):
            ring.caller(key[:place] + other + key[place + 1 :])


def test_a_guess_with_a_good_check_is_still_a_guess(ring: KeyRing, merchant_id: str) -> None:
    record, key = ring.create(merchant_id, "checkout", "live", ["admin"])
    for unsigned in (
        f"gw_live_{record.public_id}_{'a' * 43}",
        f"gw_test_{record.public_id}_{key[17:60]}",
        f"gw_live_{record.public_id}_",
        f"gw_live_{'a' * 8}_{key[17:60]}",
        "gw_live__",
    ):
        with pytest.raises(BadKey):
            ring.caller(unsigned + check(unsigned))


@pytest.mark.parametrize(
    "garbled",
    [
        "",
        " ",
        "_",
        "gw",
        "gw_live",
        "gw_live__",
        "gw_live_a_b",
        "gw__live_a_b",
        "___",
        "Bearer x",
        "ключ",
        "a" * 100_000,
    ],
)
def test_whatever_is_no_key_is_refused_in_the_same_words(ring: KeyRing, garbled: str) -> None:
    with pytest.raises(BadKey, match="this key is not valid"):
        ring.caller(garbled)


def test_cut_and_padded_keys_are_refused(ring: KeyRing, merchant_id: str) -> None:
    _, key = ring.create(merchant_id, "checkout", "live", ["admin"])
    for garbled in (key[:-1], key[1:], f" {key}", f"{key} ", f"{key}\n", key.upper(), key.swapcase(), key + key):
        with pytest.raises(BadKey):
            ring.caller(garbled)


def test_a_key_may_what_its_scopes_say_and_admin_everything(ring: KeyRing, merchant_id: str) -> None:
    for scope in SCOPES:
        _, key = ring.create(merchant_id, scope, "live", [scope])
        may = {each for each in SCOPES if ring.caller(key).may(each)}
        assert may == (set(SCOPES) if scope == "admin" else {scope})
    _, nothing = ring.create(merchant_id, "nothing", "live", [])
    assert not any(ring.caller(nothing).may(scope) for scope in SCOPES)


def test_a_scope_that_does_not_exist_is_refused(ring: KeyRing, merchant_id: str) -> None:
    with pytest.raises(Unprocessable) as refused:
        ring.create(merchant_id, "checkout", "live", ["quotes:write", "shipments:steal"])
    assert refused.value.pointer == "/scopes/1"
    assert ring.list(merchant_id, "live") == []
