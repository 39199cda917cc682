"""Where settings come from, and which of them wins."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.settings import BadSettings, load_settings

Written = Callable[[str, str], Path]


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Written:
    """Writes a file into an otherwise empty working folder."""
    monkeypatch.chdir(tmp_path)

    def write(name: str, content: str) -> Path:
        path = tmp_path / name
        path.write_text(content, "utf-8")
        return path

    return write


def test_the_environment_wins_over_the_file_of_secrets(written: Written) -> None:
    secrets = written("secrets.toml", 'keys = ["from file"]\npepper = "from file"\n')
    settings = load_settings(
        {"GATEWAY__SECRETS__FILE": str(secrets), "GATEWAY__SECRETS__KEYS": "new,from environment"}
    ).secrets
    assert settings.keys == ("new", "from environment")
    assert settings.pepper == "from file", "what the environment leaves out stays"


def test_the_file_of_secrets_wins_over_the_deployments_file(written: Written) -> None:
    secrets = written("secrets.toml", 'pepper = "secret"\n')
    chosen = written("chosen.toml", f'[secrets]\nfile = "{secrets}"\nkeys = ["kept"]\npepper = "plain"\n')
    settings = load_settings({}, chosen).secrets
    assert (settings.file, settings.keys, settings.pepper) == (str(secrets), ("kept",), "secret")


def test_the_environment_says_which_file_of_secrets(written: Written) -> None:
    secrets = written("elsewhere.toml", 'pepper = "elsewhere"\n')
    written("gateway.toml", '[secrets]\nfile = "here.toml"\n')
    written("here.toml", 'pepper = "here"\n')
    assert load_settings({}).secrets.pepper == "here"
    assert load_settings({"GATEWAY__SECRETS__FILE": str(secrets)}).secrets.pepper == "elsewhere"


def test_the_environment_wins_over_the_deployments_file(written: Written) -> None:
    written("gateway.toml", "[web]\nport = 81\nthreads = 7\n")
    web = load_settings({"GATEWAY__WEB__PORT": "82"}).web
    assert (web.port, web.threads) == (82, 7)


def test_a_strange_key_in_the_file_of_secrets_is_named(written: Written) -> None:
    secrets = written("secrets.toml", 'peper = "x"\n')
    with pytest.raises(BadSettings, match=r"secrets\.peper"):
        load_settings({"GATEWAY__SECRETS__FILE": str(secrets)})
