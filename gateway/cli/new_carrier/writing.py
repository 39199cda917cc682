"""A carrier's folder from the templates beside this file: in this source tree, or as a package of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from gateway.domain.errors import InvalidValue

SUFFIX = ".txt"  # so that no tool takes a template for code
TEST = "test.py"
# Where setup.cfg names every carrier: the entry points, and two import contracts.
LISTS = (r"^gateway\.carriers =\n", r"^source_modules =\n(?=    carriers\.)", r"^modules =\n(?=    carriers\.)")


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the parts of a carrier go: its package, its folder, its test, and what stands around them."""

    package: str
    folder: Path
    test: Path
    around: Mapping[Path, str]

    @classmethod
    def inside(cls, root: Path, code: str) -> Layout:
        """In this source tree."""
        tests = root / "tests" / "carriers" / code
        return cls(f"carriers.{code}", root / "carriers" / code, tests / f"test_{code}.py", {tests / "__init__.py": ""})

    @classmethod
    def apart(cls, root: Path, code: str) -> Layout:
        """As a pip package of its own."""
        project = _templates().joinpath("apart", f"pyproject.toml{SUFFIX}").read_text("utf-8")
        return cls(code, root / code, root / "tests" / f"test_{code}.py", {root / "pyproject.toml": project})


def written(layout: Layout, code: str) -> dict[Path, str]:
    """Every file of a new carrier with its content."""
    words = _words(layout.package, code)
    found = dict(layout.around)
    for name, text in _read(_templates().joinpath("carrier"), ""):
        found[layout.test if name == TEST else layout.folder / name] = text
    return {path: _filled(text, words) for path, text in found.items()}


def registered(setup: str, code: str) -> str:
    """The text of setup.cfg with the carrier in the lists that name every one, before the next in order.

    Raises:
        InvalidValue: a list is not where it was.
    """
    lines = (f"    {code} = carriers.{code}.adapter:{_class(code)}", f"    carriers.{code}", f"    carriers.{code}")
    for heading, line in zip(LISTS, lines, strict=True):
        found = re.search(rf"{heading}((?:    .*\n)+)", setup, re.MULTILINE)
        if found is None:
            raise InvalidValue(f"setup.cfg has no list {heading!r}")
        listed = found[1].splitlines()
        place = next((at for at, other in enumerate(listed) if other >= line), len(listed))
        listed[place:place] = [] if line in listed else [line]
        setup = "".join([setup[: found.start(1)], *(f"{each}\n" for each in listed), setup[found.end(1) :]])
    return setup


def _words(package: str, code: str) -> dict[str, str]:
    own, inside = f"from {package} import wire\n", package.startswith("carriers.")
    return {
        "code": code,
        "class": _class(code),
        "name": code.replace("_", " ").title(),
        "host": code.replace("_", "-"),
        # The adapter's own import, where linters want it: before or after carriers.base, apart in a block of its own.
        "before": own if inside and package < "carriers.base" else "",
        "after": "" if inside and package < "carriers.base" else own if inside else f"\n{own}",
    }


def _class(code: str) -> str:
    return "".join(part.capitalize() for part in code.split("_"))


def _filled(text: str, words: Mapping[str, str]) -> str:
    for name, word in words.items():
        text = text.replace(f"{{{{{name}}}}}", word)
    return text


def _templates() -> Traversable:
    return files("gateway.cli.new_carrier").joinpath("templates")


def _read(folder: Traversable, path: str) -> Iterator[tuple[str, str]]:
    for entry in sorted(folder.iterdir(), key=lambda each: each.name):
        if entry.is_dir():
            yield from _read(entry, f"{path}{entry.name}/")
        elif entry.name.endswith(SUFFIX):
            yield f"{path}{entry.name.removesuffix(SUFFIX)}", entry.read_text("utf-8")
