"""`gateway carriers ...` for operators: hosts for the firewall, codes that nobody has mapped."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from carriers.base import Profile
from carriers.base.registry import carrier
from carriers.base.simulator import serve, simulator_class
from gateway.services.carrier_tables import Host, hosts, what_to_do
from gateway.services.ports.answers import UnmappedCode
from tests.cli.conftest import Run

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
CODE = UnmappedCode(
    merchant_id="mer_1",
    account="oslo",
    carrier="bring",
    code="ZZ",
    qualifier="",
    events=3,
    first_seen=NOON,
    last_seen=NOON,
    inbox_id="inb_1",
)


def test_hosts_of_a_carrier_and_a_mode(gateway: Run) -> None:
    shown = gateway("carriers", "hosts", "uber_direct", "--mode", "live")
    assert shown.stdout == "uber_direct\tlive\tapi.uber.com:443\tapi\nuber_direct\tlive\tauth.uber.com:443\ttoken\n"
    everything = gateway("carriers", "hosts").stdout
    assert "bring\ttest\tapi.bring.com:443\tapi\n" in everything
    assert gateway("carriers", "hosts", "nobody").returncode == 1


def test_a_host_with_several_urls_is_told_once() -> None:
    urls = {"api": "https://a.example/v1", "token": "https://a.example/t", "label": "http://b.example:8080"}
    profile: Profile = replace(carrier("bring").profile, urls={"live": urls, "test": urls})
    assert [host for host in hosts(profile) if host.mode == "live"] == [
        Host(carrier="bring", mode="live", host="a.example", port=443, names=("api", "token")),
        Host(carrier="bring", mode="live", host="b.example", port=8080, names=("label",)),
    ]


def test_what_to_do_about_a_code() -> None:
    bring = carrier("bring")
    fresh = what_to_do(CODE, bring)
    assert "carriers/bring/statuses.csv" in fresh
    assert "--payload inb_1" in fresh
    assert bring.profile.docs in fresh
    assert "mapped since" in what_to_do(replace(CODE, code="DELIVERED"), bring)
    assert "not installed" in what_to_do(CODE, None)


def test_unmapped_codes_with_a_sample_of_the_raw_message(gateway: Run, tmp_path: Path) -> None:
    assert gateway("init").returncode == 0
    none = gateway("carriers", "unmapped")
    assert (none.returncode, none.stdout) == (0, "every code that was seen is mapped\n")
    assert gateway("seed", "--shipments", "3", "--seed", "7").returncode == 0
    with sqlite3.connect(tmp_path / "var" / "doorstep.db") as database:
        changed = database.execute(
            "update tracking_events set status = 'unknown', reason = 'unmapped_carrier_code', carrier_code = 'ZZ-9'"
            " where rowid = (select min(rowid) from tracking_events)"
        )
    assert changed.rowcount == 1
    told = gateway("carriers", "unmapped")
    assert told.returncode == 1
    assert "ZZ-9: 1 of account" in told.stdout
    assert "statuses.csv" in told.stdout
    missing = gateway("carriers", "unmapped", "--payload", "inb_none")
    assert (missing.returncode, "not kept for ever" in missing.stderr) == (1, True)


def test_accounts_are_checked_one_by_one_and_all_together(gateway: Run, tmp_path: Path) -> None:
    assert gateway("init").returncode == 0
    plain = {"GATEWAY__CARRIERS__ALLOW_PLAIN_HTTP": "true"}
    with serve(simulator_class(carrier("canadapost"))()) as post:
        urls = ", ".join(f'{name} = "{url}"' for name, url in post.account.urls.items())
        options = ", ".join(f'{name} = "{value}"' for name, value in post.account.options.items())
        right = ", ".join(f'{name} = "{secret}"' for name, secret in post.account.secrets.items())
        tables = [
            f'[{name}]\ncarrier = "canadapost"\nurls = {{ {urls} }}\n'
            f"options = {{ {options} }}\nsecrets = {{ {secrets} }}\n"
            for name, secrets in (("good", right), ("bad", right.replace("simulated", "canary")))
        ]
        (tmp_path / "accounts.toml").write_text("".join(tables))
        applied = gateway("accounts", "apply", "--merchant", "My shop", "accounts.toml", **plain)
        assert applied.returncode == 0, applied.stderr
        good = gateway("accounts", "check", "--merchant", "My shop", "good", **plain)
        everyone = gateway("accounts", "check", "--merchant", "My shop", **plain)
    assert (good.returncode, good.stdout) == (
        0,
        "good: works: Canada Post accepts the test credentials (asked for the price of 1 kg within CA)\n",
    )
    assert everyone.returncode == 1
    assert good.stdout in everyone.stdout
    assert "bad: authentication_failed: Canada Post refuses the test account" in everyone.stdout
    assert "canary" not in everyone.stdout
    assert gateway("accounts", "check", "--merchant", "My shop", "--mode", "live").returncode == 1
