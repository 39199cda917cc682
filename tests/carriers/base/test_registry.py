import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from carriers.base import Carrier
from carriers.base.registry import BrokenCarrier, carrier, installed

MODULE = """
from types import SimpleNamespace
from carriers.base import Carrier

class Swift(Carrier):
    profile = SimpleNamespace(code="swift")

class Other(Carrier):
    profile = SimpleNamespace(code="swift")

class NoCarrier:
    profile = SimpleNamespace(code="swift")
"""

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Put a package with carriers where pip would put it."""

    def write(*entries: str, package: str = "swift_carriers", source: str = MODULE) -> None:
        (tmp_path / f"{package}.py").write_text(source)
        metadata = tmp_path / f"{package}-1.0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        (metadata / "entry_points.txt").write_text("[gateway.carriers]\n" + "\n".join(entries) + "\n")
        # Only these: whatever else is installed is not what is tested here.
        monkeypatch.setattr(sys, "path", [str(tmp_path)])

    installed.cache_clear()
    yield write
    installed.cache_clear()
    for module in list(tmp_path.glob("*.py")):
        sys.modules.pop(module.stem, None)


def test_a_carrier_of_any_installed_package_is_found_by_its_code(install: Install) -> None:
    install("swift = swift_carriers:Swift")
    assert list(installed()) == ["swift"]
    assert issubclass(carrier("swift"), Carrier)
    assert carrier("swift").__name__ == "Swift"


def test_carriers_are_looked_up_once(install: Install) -> None:
    install("swift = swift_carriers:Swift")
    assert installed() is installed()


def test_an_unknown_code_says_which_there_are(install: Install) -> None:
    install("swift = swift_carriers:Swift")
    with pytest.raises(BrokenCarrier, match=r"'slow' is not installed; there are swift"):
        carrier("slow")


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ("swift = missing_module:Swift", "cannot be imported: No module named"),
        ("swift = swift_carriers:Missing", "cannot be imported: .*Missing"),
        ("swift = swift_carriers:NoCarrier", "is not a Carrier"),
        ("swift = swift_carriers:MODULE_LEVEL", "cannot be imported"),
        ("quick = swift_carriers:Swift", "its code is 'swift'"),
    ],
)
def test_a_broken_carrier_is_named_with_the_reason(install: Install, entry: str, why: str) -> None:
    install(entry)
    with pytest.raises(BrokenCarrier, match=f"^carrier '{entry.split()[0]}' .*{why}"):
        installed()


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("def broken(:\n", "invalid syntax"),
        (
            "from carriers.base import Profile\nProfile.parse('code = 7', 'swift/profile.toml')\n",
            "swift/profile.toml",
        ),
        ("from carriers.base import StatusTable\nStatusTable.load('email')\n", "statuses.csv"),
    ],
)
def test_a_carrier_that_fails_while_it_is_imported_is_named_with_the_reason(
    install: Install, source: str, why: str
) -> None:
    install("swift = swift_carriers:Swift", source=source)
    with pytest.raises(BrokenCarrier, match=rf"^carrier 'swift' \(swift_carriers:Swift\) cannot be imported: .*{why}"):
        installed()


def test_two_packages_cannot_both_be_the_same_carrier(install: Install) -> None:
    install("swift = swift_carriers:Swift")
    install("swift = rival_carriers:Other", package="rival_carriers")
    with pytest.raises(BrokenCarrier, match="'swift' is registered twice"):
        installed()
