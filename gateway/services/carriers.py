"""The installed carriers as merchants and operators see them: capabilities, limits, and the grade the kit computes.

Grading runs the whole conformance kit, which takes many seconds, so the worker does it, once for each version of a
carrier's code; whoever only asks gets the stored grade.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from carriers.base import Carrier, Profile, capabilities
from gateway.domain.errors import NotFound
from gateway.services.ports import Store


@dataclasses.dataclass(frozen=True, slots=True)
class Ungraded:
    """A carrier whose present code has no grade yet."""

    carrier: type[Carrier]
    fingerprint: str
    tries: int = 1


class Catalogue:
    """What is installed, and how good it is."""

    def __init__(self, store: Store, installed: Callable[[], Mapping[str, type[Carrier]]]) -> None:
        self._store = store
        self._installed = installed

    def listed(self) -> list[dict[str, Any]]:
        """Every installed carrier, by code; `grade` is None until the worker has computed it."""
        grades = self._store.grades()
        found = []
        for code, carrier in sorted(self._installed().items()):
            known, level = grades.get(code, ("", None))
            found.append({**facts(carrier), "grade": level if known == fingerprint(carrier) else None})
        return found

    def names(self) -> Mapping[str, str]:
        """What carriers are called, by code."""
        return {code: carrier.profile.name for code, carrier in self._installed().items()}

    def profile(self, code: str) -> Profile:
        """What an installed carrier says of itself. Raises NotFound."""
        carrier = self._installed().get(code)
        if carrier is None:
            raise NotFound(f"no carrier {code} is installed")
        return carrier.profile

    def claim(self) -> Sequence[Ungraded]:
        """Carriers whose code has changed since it was graded. Grading one twice is harmless."""
        grades = self._store.grades()
        now = [Ungraded(carrier, fingerprint(carrier)) for carrier in self._installed().values()]
        return [each for each in now if grades.get(each.carrier.profile.code, ("", ""))[0] != each.fingerprint]

    def work(self, ungraded: Ungraded) -> None:
        """Run the kit on one carrier and keep the grade."""
        from carriers.base.conformance.grade import grade  # heavy, and only the worker needs it

        level = grade(ungraded.carrier).level
        self._store.keep_grade(ungraded.carrier.profile.code, ungraded.fingerprint, level)


def facts(carrier: type[Carrier]) -> dict[str, Any]:
    """What a carrier's code and profile say of it."""
    profile = carrier.profile
    return {
        "code": profile.code,
        "name": profile.name,
        "kind": profile.kind,
        "countries": list(profile.countries),
        "capabilities": sorted(role.value for role in capabilities(carrier)),
        "services": [level.value for level in profile.services],
        "limits": dataclasses.asdict(profile.limits),
        "features": sorted(name for name, has in dataclasses.asdict(profile.features).items() if has),
        "secrets": dict(profile.secrets),
        "options": {name: option.what for name, option in profile.options.items()},
    }


def fingerprint(carrier: type[Carrier]) -> str:
    """SHA-256 over the files of the carrier's package and of the contract: other code, other grade."""
    return _digest(carrier.__module__.rpartition(".")[0])


@cache
def _digest(own: str) -> str:
    """Read once: a process runs the code that it has loaded."""
    digest = sha256()
    for package in (own, "carriers.base"):
        for name, content in _contents(files(package)):
            digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def _contents(folder: Traversable) -> Iterator[tuple[str, bytes]]:
    for entry in sorted(folder.iterdir(), key=lambda each: each.name):
        if entry.is_dir() and entry.name != "__pycache__":
            yield from _contents(entry)
        elif entry.is_file():
            yield entry.name, entry.read_bytes()
