"""Merchants, keys, accounts, policies."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import text

from gateway.domain.errors import Conflict, InvalidValue, StaleVersion
from gateway.domain.policy_versions import PolicyRecord
from gateway.storage import SqlStore, open_store
from gateway.storage.secrets import Vault
from tests.conftest import SECRET_KEY, TestDatabase
from tests.storage import made
from tests.storage.made import ACCOUNT, MERCHANT, NOW


def test_an_account_comes_back_as_it_was_given(store: SqlStore) -> None:
    made.begin(store)
    with store.look() as uow:
        expected = made.account()
        assert uow.accounts.get(MERCHANT, ACCOUNT) == expected
        assert uow.accounts.by_name(MERCHANT, ACCOUNT) == expected
        assert uow.accounts.by_id(ACCOUNT) == expected
        assert uow.accounts.list(MERCHANT, "test") == [expected]
        assert uow.accounts.list(MERCHANT, "live") == []
        assert uow.accounts.get(MERCHANT, "acc_none") is None


def test_an_account_keeps_its_circuit_without_a_new_version(store: SqlStore) -> None:
    made.begin(store)
    with store.work() as uow:
        uow.accounts.rest(MERCHANT, ACCOUNT, 5, NOW + timedelta(seconds=30), "it is down")
        uow.commit()
    with store.look() as uow:
        resting = replace(
            made.account(), failures=5, resting_until=NOW + timedelta(seconds=30), resting_why="it is down"
        )
        assert uow.accounts.get(MERCHANT, ACCOUNT) == resting


def test_an_older_version_of_an_account_never_overwrites_a_newer_one(store: SqlStore) -> None:
    made.begin(store)
    with store.work() as uow:
        uow.accounts.replace(made.account(version=3, secrets={"token": "new"}))
        uow.commit()
    with pytest.raises(StaleVersion), store.work() as uow:
        uow.accounts.replace(made.account(version=2))
    with store.look() as uow:
        stored = uow.accounts.get(MERCHANT, ACCOUNT)
        assert stored is not None
        assert (stored.version, stored.secrets) == (3, {"token": "new"})


def test_a_second_account_of_the_same_name_is_refused(store: SqlStore) -> None:
    made.begin(store)
    with pytest.raises(Conflict, match="already"), store.work() as uow:
        uow.accounts.add(made.account("acc_2", name=ACCOUNT))


def test_keys_are_found_by_their_public_id_alone(store: SqlStore) -> None:
    made.begin(store)
    with store.work() as uow:
        uow.keys.add(made.key())
        uow.keys.used(MERCHANT, "key_1", NOW + timedelta(hours=1))
        assert uow.keys.revoke(MERCHANT, "live", "key_1", NOW + timedelta(hours=2))
        assert uow.keys.revoke(MERCHANT, "live", "key_1", NOW + timedelta(hours=3)), "it is revoked already"
        assert not uow.keys.revoke(MERCHANT, "live", "key_none", NOW)
        assert not uow.keys.revoke(MERCHANT, "test", "key_1", NOW)
        uow.commit()
    with store.look() as uow:
        expected = made.key(last_used_at=NOW + timedelta(hours=1), revoked_at=NOW + timedelta(hours=2))
        assert uow.keys.by_public_id("pub_key_1") == expected
        assert uow.keys.list(MERCHANT, "live") == [expected]
        assert uow.keys.list(MERCHANT, "test") == []
        assert uow.keys.merchants() == [(MERCHANT, "Mer_1")]


def test_a_version_of_a_policy_is_written_once(store: SqlStore) -> None:
    made.begin(store)
    first = PolicyRecord(merchant_id=MERCHANT, name="p", version=1, data={"rules": [{"kind": "cost"}]}, created_at=NOW)
    with store.work() as uow:
        assert uow.policies.latest(MERCHANT, "p") is None
        assert uow.policies.add(first)
        assert not uow.policies.add(replace(first, data={}))
        assert uow.policies.add(replace(first, version=2, author="me"))
        uow.commit()
    with store.look() as uow:
        assert uow.policies.version(MERCHANT, "p", 1) == first
        assert uow.policies.latest(MERCHANT, "p") == replace(first, version=2, author="me")


def test_secrets_moved_to_another_account_do_not_open_there(store: SqlStore, database: TestDatabase) -> None:
    made.begin(store)
    with store.work() as uow:
        uow.accounts.add(made.account("acc_2"))
        uow.commit()
    with database.engine.begin() as connection:
        secrets = connection.execute(text("SELECT secrets FROM accounts WHERE id = 'acc_2'")).scalar()
        connection.execute(text("UPDATE accounts SET secrets = :secrets WHERE id = 'acc_1'"), {"secrets": secrets})
    with pytest.raises(InvalidValue, match="belongs to something else"), store.look() as uow:
        uow.accounts.get(MERCHANT, ACCOUNT)


def test_secrets_moved_to_another_field_do_not_open_there() -> None:
    vault = Vault([SECRET_KEY])
    sealed = vault.seal(MERCHANT, ACCOUNT, {"user": "u", "password": "p"})
    with pytest.raises(InvalidValue, match="belongs to something else"):
        vault.open(MERCHANT, ACCOUNT, {"user": sealed["password"]})


def test_a_new_key_in_front_leaves_old_secrets_readable_and_encrypts_new_ones() -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    sealed = Vault([old]).seal(MERCHANT, ACCOUNT, {"user": "u"})
    both = Vault([new, old])
    assert both.open(MERCHANT, ACCOUNT, sealed) == {"user": "u"}
    again = both.seal(MERCHANT, ACCOUNT, {"user": "u"})
    assert Vault([new]).open(MERCHANT, ACCOUNT, again) == {"user": "u"}
    with pytest.raises(InvalidValue, match="a key we do not have"):
        Vault([new]).open(MERCHANT, ACCOUNT, sealed)


@pytest.mark.parametrize("keys", [[], ["short"], [SECRET_KEY, ""]])
def test_a_store_without_proper_keys_does_not_open(keys: list[str], tmp_path: Path) -> None:
    with pytest.raises(InvalidValue):
        open_store(f"sqlite:///{tmp_path}/x.db", secret_keys=keys, clock=lambda: NOW)


def test_no_secret_lies_in_plain_text_in_the_database_file(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/x.db", secret_keys=[SECRET_KEY], clock=lambda: NOW, create=True)
    made.begin(store)
    with store.work() as uow:
        uow.outbox.add_endpoint(made.endpoint())
        uow.commit()
    store.close()
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"api.example.com" in written, "it looked into the right file"
    assert b"canary" not in written


def test_every_change_of_accounts_and_policies_raises_the_version_of_the_settings(store: SqlStore) -> None:
    made.begin(store)
    seen = [settings_version(store)]
    for change in (
        lambda uow: uow.accounts.add(made.account("acc_2", name="second")),
        lambda uow: uow.accounts.replace(made.account(version=3)),
        lambda uow: uow.accounts.rest(MERCHANT, ACCOUNT, 5, NOW, "it is down"),
        lambda uow: uow.policies.add(made.policy()),
    ):
        with store.work() as uow:
            change(uow)
            uow.commit()
        seen.append(settings_version(store))
    assert seen == sorted(set(seen))


def settings_version(store: SqlStore) -> int:
    with store.look() as uow:
        return uow.keys.settings_version(MERCHANT)
