import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Run


def test_init_writes_keys_for_the_owner_only_and_may_be_repeated(gateway: Run, tmp_path: Path) -> None:
    first, second = gateway("init"), gateway("init")
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    secrets = tmp_path / "var" / "secrets.toml"
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o600
    assert "exists already" in second.stdout


def test_nothing_starts_without_keys(gateway: Run) -> None:
    refused = gateway("audit")
    assert refused.returncode == 1
    assert "run `gateway init`" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"GATEWAY__WEB__PROT": "80"}, "web.prot"),
        ({"GATEWAY__WEB__PORT": "eighty"}, "web.port"),
        ({"GATEWAY__WEBB__PORT": "80"}, "no section [webb]"),
        ({"GATEWAY__PORT": "80"}, "GATEWAY__SECTION__KEY"),
        ({"GATEWAY_SETTINGS": "missing.toml"}, "missing.toml"),
        ({"GATEWAY__FAULTS__KILL_AT": "somewhere", "GATEWAY__SECRETS__PEPPER": "p"}, "keys"),
    ],
)
def test_a_wrong_setting_is_named(gateway: Run, settings: dict[str, str], said: str) -> None:
    refused = gateway("audit", **settings)
    assert refused.returncode == 1
    assert said in refused.stderr
    assert "Traceback" not in refused.stderr


def test_check_prints_the_settings_without_secrets(gateway: Run) -> None:
    shown = gateway("check", GATEWAY__SECRETS__PEPPER="canary-pepper", GATEWAY__WEB__PORT="8099")
    assert shown.returncode == 0
    assert "port = 8099" in shown.stdout
    assert "canary-pepper" not in shown.stdout + shown.stderr


def test_help_names_every_command_and_wrong_usage_exits_with_two(gateway: Run) -> None:
    helped = gateway("--help")
    assert helped.returncode == 0
    for command in ("init", "run", "serve", "worker", "keys", "accounts", "carriers", "audit", "seed", "demo", "why"):
        assert f"  {command} " in helped.stdout, command
    assert gateway("fly").returncode == 2


def test_a_seeded_history_holds_every_invariant_and_is_reproducible(gateway: Run, tmp_path: Path) -> None:
    shown = []
    for name in ("first", "second"):
        database = {"GATEWAY__DATABASE__URL": f"sqlite:///{tmp_path}/{name}.db"}
        assert gateway("init", **database).returncode == 0
        seeded = gateway("seed", "--shipments", "40", "--seed", "7", **database)
        assert seeded.returncode == 0, seeded.stderr
        audited = gateway("audit", **database)
        assert (audited.returncode, audited.stdout) == (0, "all invariants hold\n")
        shown.append(dump(tmp_path / f"{name}.db"))
    assert shown[0] == shown[1]
    assert len(shown[0]) == 40


def dump(path: Path) -> list[str]:
    code = (
        "import sqlite3, json, sys\n"
        "rows = sqlite3.connect(sys.argv[1]).execute('select id, status, account, price_minor, delivered_at'"
        "' from shipments order by id')\n"
        "print(json.dumps([list(map(str, row)) for row in rows]))"
    )
    made = subprocess.run([sys.executable, "-c", code, str(path)], text=True, capture_output=True, check=True)
    rows: list[str] = json.loads(made.stdout)
    return rows


def test_keys_accounts_and_probe_from_the_command_line(gateway: Run, tmp_path: Path) -> None:
    assert gateway("init").returncode == 0
    key = gateway("keys", "create", "--merchant", "My shop", "--mode", "test")
    assert key.stdout.startswith("gw_test_")
    accounts = tmp_path / "accounts.toml"
    options = 'options = { customer_number = "5", client_url = "https://shop.example" }\n'
    accounts.write_text(
        f'[bring-oslo]\ncarrier = "bring"\nsecrets = {{ api_uid = "env:BRING_UID", api_key = "k" }}\n{options}'
    )
    missing = gateway("accounts", "apply", "--merchant", "My shop", "accounts.toml")
    assert missing.returncode == 1
    assert "BRING_UID" in missing.stderr
    applied = gateway("accounts", "apply", "--merchant", "My shop", "accounts.toml", BRING_UID="u")
    assert applied.returncode == 0, applied.stderr
    again = gateway("accounts", "apply", "--merchant", "My shop", "accounts.toml", BRING_UID="u")
    assert "version 2" in again.stdout
    accounts.write_text('[bring-oslo]\ncarrier = "bring"\nsecrets = { api_kee = "k" }\n')
    wrong = gateway("accounts", "apply", "--merchant", "My shop", "accounts.toml")
    assert wrong.returncode == 1
    assert "api_kee" in wrong.stderr
    accounts.write_text('[bring-2]\ncarrier = "bring"\n')
    incomplete = gateway("accounts", "apply", "--merchant", "My shop", "accounts.toml")
    assert "customer_number" in incomplete.stderr
    assert "bring-oslo" in gateway("accounts", "list", "--merchant", "My shop").stdout
