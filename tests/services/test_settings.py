"""Settings: what is said is what counts, what means nothing is refused by name, and secrets are not shown."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from gateway.settings import BadSettings, Settings, load_settings, shown

DEFAULTS = Path(__file__).parents[2] / "config" / "default.toml"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder without a gateway.toml and without secrets."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(folder: Path, toml: str, name: str = "own.toml") -> Path:
    path = folder / name
    path.write_text(toml, "utf-8")
    return path


def fields(settings: type[Any]) -> dict[str, set[str]]:
    """The keys of each section."""
    sections = load_settings({})
    return {
        each.name: {key.name for key in dataclasses.fields(getattr(sections, each.name))}
        for each in dataclasses.fields(settings)
    }


def test_every_default_is_a_setting_and_every_setting_has_a_default() -> None:
    defaults = tomllib.loads(DEFAULTS.read_text("utf-8"))
    assert {section: set(keys) for section, keys in defaults.items()} == fields(Settings)


def test_every_default_is_documented_by_a_comment() -> None:
    silent, above = [], ""
    for line in DEFAULTS.read_text("utf-8").splitlines():
        key = re.match(r"(\w+) = ", line)
        if key and not re.search(r"\s# \w", line) and not above.startswith("# "):
            silent.append(key[1])
        above = line
    assert silent == []


def test_the_file_overlays_the_defaults_and_the_environment_the_file(elsewhere: Path) -> None:
    own = written(elsewhere, '[web]\nport = 1111\nthreads = 3\n[quoting]\ndefault_policy = "fastest"')
    settings = load_settings({"GATEWAY__WEB__PORT": "2222", "PATH": "/bin", "GATEWAY_LOG": "INFO"}, own)
    assert (settings.web.port, settings.web.threads) == (2222, 3)
    assert settings.quoting.default_policy == "fastest"
    assert settings.web.host == load_settings({}).web.host


def test_the_file_is_named_found_or_none(elsewhere: Path) -> None:
    default = load_settings({}).web.port
    written(elsewhere, "[web]\nport = 1111", "gateway.toml")
    named = written(elsewhere, "[web]\nport = 2222")
    assert load_settings({}).web.port == 1111
    assert load_settings({"GATEWAY_SETTINGS": str(named)}).web.port == 2222
    assert default not in (1111, 2222)


def test_a_file_that_is_named_must_be_there(elsewhere: Path) -> None:
    for environ, file in (({"GATEWAY_SETTINGS": "none.toml"}, None), ({}, Path("none.toml"))):
        with pytest.raises(BadSettings, match=r"none\.toml does not exist"):
            load_settings(environ, file)


@pytest.mark.parametrize("content", [b"[web\n", b"port", b"\xff\xfe[web]"])
def test_a_file_that_cannot_be_read_is_named(elsewhere: Path, content: bytes) -> None:
    own = elsewhere / "own.toml"
    own.write_bytes(content)
    with pytest.raises(BadSettings, match=r"own\.toml"):
        load_settings({}, own)


@pytest.mark.parametrize(
    ("name", "value", "section", "key", "meant"),
    [
        ("WEB__PORT", "8081", "web", "port", 8081),
        ("BOOKING__DEADLINE_S", "2.5", "booking", "deadline_s", 2.5),
        ("BOOKING__DEADLINE_S", "2", "booking", "deadline_s", 2.0),
        ("DATABASE__DURABLE", "false", "database", "durable", False),
        ("DATABASE__DURABLE", "0", "database", "durable", False),
        ("CARRIERS__ALLOW_PLAIN_HTTP", "TRUE", "carriers", "allow_plain_http", True),
        ("BOOKING__RECHECK_MIN", "1,20", "booking", "recheck_min", (1, 20)),
        ("SECRETS__KEYS", "new,old", "secrets", "keys", ("new", "old")),
        ("FAULTS__KILL_AT", "after_send", "faults", "kill_at", "after_send"),
    ],
)
def test_variables_are_read_as_their_type(name: str, value: str, section: str, key: str, meant: object) -> None:
    found = getattr(getattr(load_settings({f"GATEWAY__{name}": value}), section), key)
    assert found == meant
    assert type(found) is type(meant)


@pytest.mark.parametrize(
    ("name", "value", "named"),
    [
        ("WEB__PROT", "1", r"web\.prot"),
        ("WBE__PORT", "1", r"\[wbe\]"),
        ("WEB__PORT", "eighty", r"web\.port"),
        ("WEB__PORT", "80.5", r"web\.port"),
        ("WEB__PORT", "", r"web\.port"),
        ("DATABASE__DURABLE", "maybe", r"database\.durable"),
        ("BOOKING__DEADLINE_S", "soon", r"booking\.deadline_s"),
        ("BOOKING__DEADLINE_S", "nan", r"booking\.deadline_s"),
        ("BOOKING__DEADLINE_S", "inf", r"booking\.deadline_s"),
        ("BOOKING__RECHECK_MIN", "1;2", r"booking\.recheck_min"),
    ],
)
def test_a_variable_that_means_nothing_is_refused_by_name(name: str, value: str, named: str) -> None:
    with pytest.raises(BadSettings, match=named):
        load_settings({f"GATEWAY__{name}": value})


@pytest.mark.parametrize(
    ("toml", "named"),
    [
        ("[web]\nprot = 1", r"web\.prot"),
        ("[wbe]\nport = 1", r"\[wbe\]"),
        ("web = 1", r"\[web\]"),
        ("port = 1", r"\[port\]"),
        ('[web]\nport = "eighty"', r"web\.port"),
        ("[web]\nport = 80.5", r"web\.port"),
        ("[web]\nport = true", r"web\.port"),
        ("[web]\nport = [80]", r"web\.port"),
        ("[web]\nhost = 80", r"web\.host"),
        ("[database]\ndurable = 1", r"database\.durable"),
        ("[booking]\ndeadline_s = false", r"booking\.deadline_s"),
        ("[booking]\nrecheck_min = 5", r"booking\.recheck_min"),
        ("[booking]\nrecheck_min = [1.5]", r"booking\.recheck_min"),
        ("[booking]\nrecheck_min = [true]", r"booking\.recheck_min"),
        ("[secrets]\nkeys = [1]", r"secrets\.keys"),
        ("[worker]\nlease_s = 30", r"notifications\.session_s must be less than worker\.lease_s"),
    ],
)
def test_a_file_that_means_nothing_is_refused_by_the_name_of_the_key(elsewhere: Path, toml: str, named: str) -> None:
    with pytest.raises(BadSettings, match=named):
        load_settings({}, written(elsewhere, toml))


def test_secrets_come_from_their_own_file_and_the_environment_wins(elsewhere: Path) -> None:
    secrets = written(elsewhere, 'keys = ["k2", "k1"]\npepper = "salt"', "secrets.toml")
    environ = {"GATEWAY__SECRETS__FILE": str(secrets)}
    assert load_settings(environ).secrets.keys == ("k2", "k1")
    assert load_settings({**environ, "GATEWAY__SECRETS__PEPPER": "other"}).secrets.pepper == "other"


def test_the_file_of_secrets_holds_secrets_only(elsewhere: Path) -> None:
    secrets = written(elsewhere, "[web]\nport = 1", "secrets.toml")
    with pytest.raises(BadSettings, match=r"secrets\.web"):
        load_settings({"GATEWAY__SECRETS__FILE": str(secrets)})


def test_secrets_are_not_shown() -> None:
    settings = load_settings(
        {
            "GATEWAY__SECRETS__KEYS": "canary-key",
            "GATEWAY__SECRETS__PEPPER": "canary-pepper",
            "GATEWAY__DATABASE__URL": "postgresql+psycopg://doorstep:canary-password@db/doorstep",
        }
    )
    effective = shown(settings)
    assert "canary" not in repr(effective)
    assert "canary" not in repr(settings)
    assert effective["secrets"]["keys"] == effective["secrets"]["pepper"] == "(hidden)"
    assert "doorstep" in str(effective["database"]["url"]), "which database it is may be known"


def test_everything_else_is_shown() -> None:
    settings = load_settings({})
    assert {section: set(values) for section, values in shown(settings).items()} == fields(Settings)
    assert shown(settings)["web"]["port"] == settings.web.port
