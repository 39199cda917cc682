"""An option of an account: what it is, of which kind, and how people type and read its value.

Kinds, and what a value of one is in `Account.options`: `text` a text; `number` a number; `flag` true or false; `words`
a list of words; `table` texts by name; `long` a text of many lines, such as a CSV file. `one_of` are all texts that it
may be, `default` is what an adapter takes where it is left out, as people write it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from gateway.domain.errors import InvalidValue

Kind = Literal["text", "number", "flag", "words", "table", "long"]
FLAGS: Mapping[str, bool] = {"yes": True, "true": True, "no": False, "false": False}
LONGEST = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionFacts:
    """One option: what it is, whether the adapter works without it, and what its value looks like."""

    what: str
    required: bool
    kind: Kind = "text"
    default: str = ""
    one_of: tuple[str, ...] = ()

    def read(self, typed: str) -> object:
        """The value that somebody typed; None for nothing.

        Raises:
            InvalidValue: it is not of the kind; the message says what is.
        """
        text = typed.strip()
        if not text:
            return None
        if self.kind == "number":
            return _number(text)
        if self.kind == "words":
            return text.replace(",", " ").split()
        if self.kind == "table":
            return _table(text)
        value: object = FLAGS.get(text.casefold(), text) if self.kind == "flag" else text
        if why := self.fault(value):
            raise InvalidValue(why)
        return value

    def typed(self, value: object) -> str:
        """A value as people type it: the other way round."""
        if value is None:
            return ""
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, Mapping):
            return "\n".join(f"{name} = {each}" for name, each in value.items())
        if isinstance(value, list | tuple):
            return ", ".join(map(str, value))
        return str(value)

    def fault(self, value: object) -> str:
        """What is wrong with a value; "" where it will do. Numbers and lists may be texts, too: adapters read both."""
        if value is None or value == "":
            return ""
        if len(str(value)) > LONGEST:
            return f"is longer than {LONGEST} characters"
        if self.kind == "flag" and not isinstance(value, bool):
            return "is yes or no (true or false)"
        if self.kind == "number" and not _is_number(value):
            return "is not a number"
        if self.kind == "table" and not isinstance(value, Mapping):
            return "is not a table: texts by name"
        if self.kind == "words" and not isinstance(value, str | list | tuple):
            return "is not a list of words"
        if self.one_of and value not in self.one_of:
            return f"is none of {', '.join(self.one_of)}"
        return ""


def _is_number(value: object) -> bool:
    if isinstance(value, bool):
        return False
    try:
        return math.isfinite(float(str(value)))
    except ValueError:
        return False


def _number(text: str) -> object:
    try:
        return int(text)
    except ValueError:
        pass
    if not _is_number(text.replace(",", ".", 1)):
        raise InvalidValue("is not a number")
    return text.replace(",", ".", 1)  # as text, exactly as typed: adapters read decimals from it


def _table(text: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, equals, value = (each.strip() for each in line.partition("="))
        if not (name and equals and value):
            raise InvalidValue(f"write a line for each, such as name = value; “{line[:60]}” is none")
        if name in found:
            raise InvalidValue(f"{name} is there twice")
        found[name] = value.strip('"')
    return found
