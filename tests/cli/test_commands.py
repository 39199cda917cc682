import json
import sqlite3
import stat
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest
from pypdf import PdfReader

from gateway.api.examples import ASSIGNMENT
from tests.cli.conftest import Run

EXAMPLE = files("gateway.config").joinpath("rate_card.example.csv").read_text("utf-8")


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
    for command in (
        "init",
        "run",
        "serve",
        "worker",
        "keys",
        "users",
        "accounts",
        "carriers",
        "audit",
        "seed",
        "demo",
        "why",
        "labels",
        "zones",
        "assign",
    ):
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


def test_a_poll_plan_is_printed_for_each_carrier_and_for_all(gateway: Run) -> None:
    assert gateway("init").returncode == 0
    nothing = gateway("poll-plan")
    assert nothing.returncode == 1
    assert "gateway seed" in nothing.stderr
    assert gateway("seed", "--shipments", "40").returncode == 0
    planned = gateway("poll-plan")
    assert planned.returncode == 0, planned.stderr
    rows = {line.split()[0]: line.split() for line in planned.stdout.splitlines() if line.strip()}
    assert {"uber_direct", "bring", "all"} <= set(rows)
    assert "own_fleet" not in rows
    ratio = float(rows["all"][-2])
    assert 0 < ratio <= 0.5


def test_why_is_told_to_people(gateway: Run, tmp_path: Path) -> None:
    assert gateway("init").returncode == 0
    assert gateway("seed", "--shipments", "5").returncode == 0
    rows = sqlite3.connect(tmp_path / "var" / "doorstep.db").execute("select id, account from shipments").fetchall()
    shipment_id, account = rows[0]
    told = gateway("why", shipment_id)
    assert told.returncode == 0, told.stderr
    lines = told.stdout.splitlines()
    assert lines[0] == f"{shipment_id} (booked)"
    assert lines[1].startswith("Policy default, version 0, judged ")
    assert any(line.startswith(f"{account} (") and "took it; it counts" in line for line in lines)
    assert any(line.startswith("Runner-up is ") for line in lines)
    assert any(line.startswith(f"number 1: {account}, ") for line in lines)
    assert "does not apply" not in told.stdout
    assert "does not apply" in gateway("why", "--all", shipment_id).stdout
    assert max(map(len, lines)) <= 104
    nothing = gateway("why", "shp_none")
    assert (nothing.returncode, nothing.stdout) == (1, "")
    assert "no shipment shp_none" in nothing.stderr


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


def test_users_are_made_from_the_command_line(gateway: Run) -> None:
    assert gateway("init").returncode == 0
    wanted = ("users", "create", "--merchant", "My shop", "--email", "Kari@shop.example", "--name", "Kari")
    made = gateway(*wanted, "--role", "admin")
    assert made.returncode == 0, made.stderr
    assert len(made.stdout.strip()) == 20
    again = gateway(*wanted)
    assert again.returncode == 1
    assert "kari@shop.example exists already" in again.stderr
    assert gateway(*wanted, "--role", "boss").returncode == 2
    listed = gateway("users", "list", "--merchant", "My shop").stdout
    assert "kari@shop.example  admin  Kari" in listed
    assert made.stdout.strip() not in listed


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


def test_rate_cards_are_checked_imported_listed_shown_and_explained(gateway: Run, tmp_path: Path) -> None:
    assert gateway("init").returncode == 0
    assert gateway("merchants", "add", "My shop").returncode == 0
    options = (
        'timezone = "Europe/Oslo", cut_offs = { standard = "12:00" }, prices_include_tax = false, tax_percent = 25'
    )
    (tmp_path / "accounts.toml").write_text(f'[vans]\ncarrier = "own_fleet"\noptions = {{ {options} }}\n')
    applied = gateway("accounts", "apply", "--merchant", "My shop", "accounts.toml")
    assert applied.returncode == 0, applied.stderr
    card = tmp_path / "card.csv"
    card.write_bytes(EXAMPLE.encode())

    def cards(command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return gateway("rate-cards", command, "--merchant", "My shop", "vans", *arguments)

    (tmp_path / "bad.csv").write_text(EXAMPLE.replace("9900", "99.00"))
    bad = cards("import", "bad.csv", "--check")
    assert bad.returncode == 1
    assert "bad.csv, line 19, price_minor: '99.00' is not a whole number from 0" in bad.stderr
    assert "3 faults" in bad.stderr
    assert "7 prices, nothing wrong" in cards("import", "card.csv", "--check").stdout
    assert "version" not in cards("show", "1").stdout
    asked = ("--to", "NO-0152", "--parcel", "900:400x300x200", "--ready", "2026-03-02", "--cash", "10 NOK")
    explained = cards("price", *asked, "--card", "card.csv").stdout
    assert "4800 g chargeable" not in explained, "rounded up to 5 kg"
    for said in ("standard to zone oslo", "5000 g chargeable, step up to 5000 g", "69.00 NOK", "Tax 25 %"):
        assert said in explained
    assert cards("price", *asked).returncode == 1, "nothing is imported yet"
    assert "version 1: 7 prices, valid 2026-01-01 – 2026-12-31" in cards("import", "card.csv").stdout
    assert "Parcels 2026" in cards("list").stdout
    assert cards("show", "1").stdout == EXAMPLE
    assert cards("price", *asked).stdout == explained
    past = cards("price", *asked, "--ready", "2024-12-31", "--card", "card.csv")
    assert "no rate card of account" in past.stderr
    for wrong in (["--parcel", "9 kg"], ["--parcel", "9:1x2"], ["--parcel", "9", "--cash", "499"]):
        told = cards("price", "--to", "NO-0150", *wrong, "--card", "card.csv")
        assert told.returncode == 2
        assert f"'{wrong[-1]}' is no " in told.stderr
    far = cards("price", "--to", "DE-10115", "--parcel", "900", "--ready", "2026-03-02")
    assert (far.returncode, far.stdout) == (
        1,
        "no service takes it: outside the zones, too heavy, or not on the card\n",
    )


def test_labels_are_printed_into_one_file_and_missing_ones_named(gateway: Run, tmp_path: Path) -> None:
    assert gateway("init").returncode == 0
    assert gateway("seed", "--shipments", "40", "--seed", "7").returncode == 0
    with sqlite3.connect(next(tmp_path.glob("var/*.db"))) as database:
        found = database.execute("select merchant_id, id from shipments where carrier = 'own_fleet' order by id")
        merchant, shipment = found.fetchone()
    made = gateway("labels", "print", "--merchant", merchant, shipment, "shp_none")
    assert (made.returncode, made.stdout) == (1, "labels.pdf: 1 labels\n")
    assert made.stderr == "no label of shp_none: no shipment shp_none\n"
    assert len(PdfReader(tmp_path / "labels.pdf").pages) == 2
    none = gateway("labels", "print", "--merchant", merchant, "--mode", "live", shipment)
    assert (none.returncode, none.stderr) == (1, "gateway: no such shipments\n")


def test_the_days_end_on_the_command_line(gateway: Run, tmp_path: Path) -> None:
    """Nobody has booked anything: every command says so and changes nothing."""
    assert gateway("init").returncode == 0
    assert gateway("merchants", "add", "Shop").returncode == 0
    (tmp_path / "accounts.toml").write_text('[sandbox]\ncarrier = "sandbox"\nsecrets = { api_key = "k" }\n', "utf-8")
    plain = {"GATEWAY__CARRIERS__ALLOW_PLAIN_HTTP": "true"}
    applied = gateway("accounts", "apply", "--merchant", "Shop", "accounts.toml", **plain)
    assert applied.returncode == 0, applied.stderr
    window = ("--ready-at", "2199-03-02T14:00+01:00", "--closes-at", "2199-03-02T17:00+01:00")
    ordered = gateway("handover", "pickup", "--merchant", "Shop", *window, **plain)
    assert (ordered.returncode, ordered.stdout) == (0, ""), ordered.stderr
    assert "sandbox: no parcel waits to be collected" in ordered.stderr
    closed = gateway("handover", "close", "--merchant", "Shop", "--out", "lists", **plain)
    assert (closed.returncode, closed.stdout) == (0, ""), closed.stderr
    assert "sandbox: no booking is without a manifest" in closed.stderr
    near = gateway("service-points", "near", "--merchant", "Shop", "NO", "0150", **plain)
    assert near.returncode == 0, near.stderr
    assert "metres" in near.stdout
    assert "sandbox: " in near.stderr  # nobody serves the sandbox here
    assert gateway("service-points", "near", "--merchant", "Shop", "NO", **plain).returncode == 2
    assert gateway("handover", "pickup", "--merchant", "Shop", *window[:2], "--closes-at", "now").returncode == 2
    assert gateway("handover", "close", "--merchant", "Nobody").returncode == 1


def test_zones_are_imported_listed_and_asked(gateway: Run, tmp_path: Path) -> None:
    assert gateway("init").returncode == 0
    assert gateway("keys", "create", "--merchant", "Shop").returncode == 0
    of_shop = ("--merchant", "Shop")
    shipped = gateway("zones", "which", *of_shop, "NO-0154")
    assert shipped.stdout.splitlines() == [
        "oslo-sentrum: postcode 0154 is in NO 01* (priority 20)",
        "  also oslo: postcode 0154 is in NO 0001-1299 (priority 10)",
    ]
    file = tmp_path / "zones.geojson"
    ring = [[10.72, 59.9], [10.76, 59.91], [10.76, 59.9], [10.72, 59.91], [10.72, 59.9]]
    feature = {
        "type": "Feature",
        "properties": {"zone": "harbour", "country": "NO"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    file.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    refused = gateway("zones", "import", *of_shop, str(file))
    assert refused.returncode == 1
    assert "/features/0: harbour: its outline crosses itself at 10.74, 59.905" in refused.stderr
    ring[1], ring[2] = ring[2], ring[1]
    file.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    checked = gateway("zones", "import", *of_shop, "--check", str(file))
    assert (checked.returncode, "1 zones, nothing wrong" in checked.stdout) == (0, True)
    assert "version 1: 1 zones of 1 areas" in gateway("zones", "import", *of_shop, str(file)).stdout
    listed = gateway("zones", "list", *of_shop)
    assert "harbour" in listed.stdout
    assert "1 polygons, 5 positions" in listed.stdout
    exported = json.loads(gateway("zones", "list", *of_shop, "--geojson").stdout)
    assert exported["features"][0]["properties"]["zone"] == "harbour"
    inside = gateway("zones", "which", *of_shop, "--country", "NO", "--lat", "59.905", "--lon", "10.74")
    assert inside.stdout == "harbour: 59.905, 10.74 is inside a polygon (priority 0)\n"
    outside = gateway("zones", "which", *of_shop, "NO", "--postcode", "0154")
    assert (outside.returncode, outside.stdout) == (1, "no zone\n")
    assert gateway("zones", "which", *of_shop, "--lat", "59.9").returncode == 2
    assert gateway("zones", "which", *of_shop).returncode == 2


def test_a_wave_is_assigned_from_a_file(gateway: Run, tmp_path: Path) -> None:
    assert gateway("init").returncode == 0
    assert gateway("keys", "create", "--merchant", "Shop").returncode == 0
    file = tmp_path / "wave.json"
    file.write_text(json.dumps(ASSIGNMENT))
    done = gateway("assign", "--merchant", "Shop", "--shipments", str(file))
    assert done.returncode == 0, done.stderr
    for said in (
        "bikes takes at most 2 shipments",
        "98.03 NOK",
        "gap 0.00%",
        "one after the other: 177.03 NOK, 0 left",
    ):
        assert said in " ".join(done.stdout.split()), done.stdout
    file.write_text(json.dumps({**ASSIGNMENT, "commitments": [{"account": "vans", "least": 2}]}))
    impossible = gateway("assign", "--merchant", "Shop", str(file))
    assert impossible.returncode == 1
    told = " ".join(impossible.stdout.split())
    assert "cannot be kept: vans" in told
    assert "Traceback" not in impossible.stderr
    file.write_text(json.dumps({"shipments": [{}], "x": 1}))
    refused = gateway("assign", "--merchant", "Shop", str(file))
    assert refused.returncode == 1
    assert "/shipments/0/reference" in refused.stderr
    assert "/x: Unknown field." in refused.stderr
    file.write_text("{")
    assert "not JSON" in gateway("assign", "--merchant", "Shop", str(file)).stderr
