"""The kinds of fields of which all schemas are made. Strict: nothing is guessed from a value of another type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate
from marshmallow.constants import EXCLUDE

LARGEST_INT = 2**31 - 1
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
NAME = r"^[a-z0-9][a-z0-9_-]{0,63}$"
"""Names that people give: of accounts, policies, zones."""


class Given(Schema):
    """What a client sends; a member that is not named here is refused."""


class Shown(Schema):
    """What a client gets; more members may be added at any time."""

    class Meta:
        """Open for members to come."""

        unknown = EXCLUDE


class Pattern(validate.Regexp):
    """The whole text matches. (`match` with `$` would let a trailing line feed through.)"""

    def __call__(self, value: Any) -> Any:
        """The value. Raises ValidationError."""
        if self.regex.fullmatch(value) is None:
            raise ValidationError(self._format_error(value))
        return value


def printable(value: str) -> None:
    """No control characters: they forge log lines, and a database may not take them."""
    if any(ord(character) < 32 or 127 <= ord(character) < 160 for character in value):
        raise ValidationError("Control characters are not allowed.")


class Text(fields.String):
    """Text where null is the same as nothing."""

    def deserialize(self, value: Any, attr: str | None = None, data: Any = None, **kwargs: Any) -> Any:
        """The text, "" for an allowed null."""
        found = super().deserialize(value, attr, data, **kwargs)
        return "" if found is None else found


def text(longest: int, what: str = "", *, least: int = 0, **kwargs: Any) -> Text:
    """A text of at most so many characters, without control characters; "" where it is not given."""
    if not kwargs.get("required"):
        kwargs.setdefault("load_default", str)
    checks: list[Callable[[Any], Any]] = [validate.Length(min=least or None, max=longest), printable]
    return Text(validate=checks, **described(what, kwargs))


def coded(pattern: str, what: str = "", *, error: str | None = None, **kwargs: Any) -> Text:
    """A text of one form; "" where it is not given."""
    if not kwargs.get("required"):
        kwargs.setdefault("load_default", str)
    return Text(validate=Pattern(pattern, error=error), **described(what, kwargs))


def cursor() -> fields.String:
    """Where a page begins."""
    checks: list[Callable[[Any], Any]] = [validate.Length(max=300), printable]
    return fields.String(load_default=None, validate=checks, metadata={"description": "The last page's next_cursor."})


def word(choices: list[str], what: str = "", **kwargs: Any) -> fields.String:
    """One of a few words."""
    return fields.String(validate=validate.OneOf(choices), **described(what, kwargs))


def whole(least: int = 0, most: int = LARGEST_INT, what: str = "", **kwargs: Any) -> fields.Integer:
    """A whole number, given as a JSON integer."""
    return fields.Integer(strict=True, validate=validate.Range(min=least, max=most), **described(what, kwargs))


def counted(least: int, most: int, what: str = "", **kwargs: Any) -> fields.Integer:
    """A whole number in a query string, where everything is text."""
    return fields.Integer(validate=validate.Range(min=least, max=most), **described(what, kwargs))


def flag(what: str = "", **kwargs: Any) -> fields.Boolean:
    """true or false, not "yes" and not 1."""
    return _Flag(**described(what, kwargs))


class _Number(fields.Float):
    """A JSON number; no text that looks like one."""

    def _validated(self, value: Any) -> float:
        if not isinstance(value, int | float):
            raise self.make_error("invalid", input=value)
        return super()._validated(value)


class _Exact(fields.Decimal):
    """A JSON number, taken by its digits."""

    def _validated(self, value: Any) -> Any:
        if not isinstance(value, int | float):
            raise self.make_error("invalid", input=value)
        return super()._validated(value)


class _Flag(fields.Boolean):
    """A JSON boolean. (To Python, 1 is True.)"""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


def number(least: float, most: float, what: str = "") -> fields.Float:
    """A JSON number in a range; None where it is not given."""
    return _Number(
        load_default=None,
        validate=validate.Range(min=least, max=most),
        metadata={"description": what},
    )


def degrees(most: int, what: str = "") -> fields.Float:
    """A coordinate in degrees, WGS 84."""
    checks = validate.Range(min=-most, max=most)
    return _Number(allow_none=True, load_default=None, validate=checks, **described(what, {}))


def measure(most: int) -> fields.Decimal:
    """A required number above zero in a unit that is named beside it."""
    above_zero = validate.Range(min=0, max=most, min_inclusive=False)
    return _Exact(
        required=True, validate=above_zero, metadata={"exclusiveMinimum": 0, "description": "More than nothing."}
    )


def _in_bounds(moment: datetime) -> None:
    if not EARLIEST <= moment < LATEST:
        raise ValidationError("Not a time of this world: 1970 to 2199.")


def moment(what: str = "", **kwargs: Any) -> fields.AwareDateTime:
    """A moment with its offset (RFC 3339)."""
    if not kwargs.get("required"):
        kwargs.setdefault("load_default", None)
    return fields.AwareDateTime(format="iso", validate=_in_bounds, **described(what, kwargs))


def happened() -> fields.AwareDateTime:
    """When a device says that something happened: what cannot be is put right and flagged, and costs no scan."""
    what = "RFC 3339. A time that cannot be is shown as `claimed_at`, and the scan is dated by its receipt."
    return fields.AwareDateTime(format="iso", required=True, metadata={"description": what})


def _of_this_world(found: date) -> None:
    if not EARLIEST.date() <= found < LATEST.date():
        raise ValidationError("Not a day of this world: 1970 to 2199.")


def day(what: str = "", **kwargs: Any) -> fields.Date:
    """A day without a time (RFC 3339, full-date)."""
    if not kwargs.get("required"):
        kwargs.setdefault("load_default", None)
    return fields.Date(format="%Y-%m-%d", validate=_of_this_world, **described(what, kwargs))


class Entries(fields.Dict):
    """A mapping whose errors are told at the entry: marshmallow says /a/value, the JSON pointer is /a."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        try:
            return super()._deserialize(value, attr, data, **kwargs)  # type: ignore[no-untyped-call]  # marshmallow
        except ValidationError as error:
            if not isinstance(error.messages, Mapping):
                raise
            at_entry = {name: list(found.values()) for name, found in error.messages.items()}
            raise ValidationError(at_entry) from error


def entries(
    values: fields.Field[Any], what: str = "", *, most: int = 50, pattern: str = NAME, **kwargs: Any
) -> Entries:
    """A mapping of at most so many entries with names of one form."""

    def few(found: Mapping[str, object]) -> None:
        if len(found) > most:
            raise ValidationError(f"At most {most} entries.")

    extra = {"maxProperties": most, **({"description": what} if what else {})}
    return Entries(keys=fields.String(validate=Pattern(pattern)), values=values, validate=few, metadata=extra, **kwargs)


def described(what: str, kwargs: dict[str, Any]) -> dict[str, Any]:
    """The field's arguments with its description for the documentation."""
    return {**kwargs, "metadata": {**kwargs.pop("metadata", {}), "description": what}} if what else kwargs
