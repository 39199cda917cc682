"""XML of carriers, both ways: written from plain data, and read with the suspicion that JSON gets.

Read or written, a document is plain data: an element is None (empty), its text, or its children by tag, where equal
tags make an array. Attributes and namespaces are left out; an element with text between its children is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Self
from xml.etree.ElementTree import Element, ParseError, SubElement, tostring

from defusedxml.ElementTree import fromstring

from carriers.base.errors import BadCarrierResponse
from carriers.base.reading import MAX_BYTES, MAX_DEPTH, Reading
from carriers.base.scalars import MAX_DIGITS

# What no XML document may hold, not even escaped. Source: XML 1.0, 2.2 (Char).
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_WHOLE = re.compile(r"-?[0-9]+")


class XmlReading(Reading):
    """One element of a document, read as `Reading` reads JSON. Every number is written as text here.

    An element that stands once where there may be several is an array of one, so `items` and `objects` take both.
    """

    __slots__ = ()

    @classmethod
    def parse(cls, body: bytes) -> Self:
        """A document without DTD, so without entities of its own.

        Raises:
            BadCarrierResponse: anything else, or a bigger body or deeper nesting than is honest.
        """
        return cls(parsed(body))

    def items(self) -> list[Self]:
        """The elements of this array; of an element that stands once, itself."""
        return super().items() if isinstance(self.value, list) else [self]

    def maybe_objects(self, key: str) -> list[Self]:
        """The elements of that tag that have children; whatever else is there is left out."""
        found = self.maybe(key)
        return [element for element in found.items() if isinstance(element.value, Mapping)] if found else []

    def integer(self, key: str) -> int:
        """A whole number of at most 64 bits."""
        found = self.maybe_integer(key)
        return self.get(key)._bad("a whole number") if found is None else found

    def maybe_integer(self, key: str) -> int | None:
        """A whole number, or None."""
        text = self._member(key)
        if not isinstance(text, str) or len(text) > MAX_DIGITS or not _WHOLE.fullmatch(text):
            return None
        return int(text) if -(2**63) <= int(text) < 2**63 else None

    def boolean(self, key: str, default: bool) -> bool:
        """A yes or no, `true`, `false`, `1` or `0`; `default` where there is none. Source: XML Schema 2, 3.2.2."""
        return {"true": True, "1": True, "false": False, "0": False}.get(self.maybe_text(key), default)


def parsed(body: bytes) -> dict[str, object]:
    """A document as plain data. Raises BadCarrierResponse as `XmlReading.parse` does."""
    if len(body) > MAX_BYTES:
        raise BadCarrierResponse(f"a body of {len(body)} bytes is too big to read")
    try:
        root = fromstring(body, forbid_dtd=True)
    except ParseError as error:
        line, column = error.position
        fault = f"the body is not XML: line {line}, column {column}"
    except (ValueError, LookupError) as error:  # forbidden by defusedxml, or an encoding nobody knows
        fault = f"the body is not XML that is read here: {type(error).__name__}"
    else:
        return {_tag(root): _value(root, MAX_DEPTH)}
    raise BadCarrierResponse(fault)  # outside the handlers: errors of the parser hold the body's text


def _value(element: Element, depth: int) -> object:
    if depth == 0:
        raise BadCarrierResponse("the body is nested too deep")
    words = [element.text, *(child.tail for child in element)]
    text = "".join(filter(None, words))
    if len(element) == 0:
        return text.strip() or None
    if text.strip():
        raise BadCarrierResponse("an element has text between its children")
    children: dict[str, list[object]] = {}
    for child in element:
        children.setdefault(_tag(child), []).append(_value(child, depth - 1))
    return {tag: values if len(values) > 1 else values[0] for tag, values in children.items()}


def _tag(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def written(data: Mapping[str, object]) -> bytes:
    """The document of plain data with one root. Text is escaped; what XML cannot hold is left out.

    Raises:
        ValueError: there is not one root.
    """
    ((tag, value),) = data.items()
    root = Element(tag)
    _fill(root, value)
    document: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def _fill(element: Element, value: object) -> None:
    if isinstance(value, Mapping):
        for tag, child in value.items():
            for each in child if isinstance(child, list | tuple) else (child,):
                _fill(SubElement(element, tag), each)
    elif value is not None:
        element.text = _FORBIDDEN.sub("", str(value))
