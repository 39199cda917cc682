"""Forms as a browser without scripts sends them: what is in the page, with the button that was pressed."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from tests.console.world import Person

Fields = list[tuple[str, str]]


class _Form(HTMLParser):
    """The successful controls of the form of an id. Source: HTML Living Standard, 4.10.21.4, the entry list."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self._inside = False
        self._select: str | None = None
        self._chosen = False
        self._text: tuple[str, list[str]] | None = None
        self.fields: Fields = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {key: value or "" for key, value in attrs}
        if tag == "form":
            self._inside = given.get("id") == self._name
        if not self._inside:
            return
        name = given.get("name", "")
        if tag == "input" and name and given.get("type") != "file":
            if given.get("type") != "checkbox" or "checked" in given:
                self.fields.append((name, given.get("value", "")))
        elif tag == "select":
            self._select, self._chosen = name, False
            self.fields.append((name, ""))
        elif tag == "option" and self._select is not None:
            if "selected" in given or not self._chosen:  # without any, a browser sends the first
                self.fields[-1] = (self._select, given.get("value", ""))
            self._chosen = True
        elif tag == "textarea" and name:
            self._text = (name, [])

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "select":
            self._select = None
        elif tag == "textarea" and self._text is not None:
            self.fields.append((self._text[0], "".join(self._text[1])))
            self._text = None

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text[1].append(data)


def fields_of(page: str, form: str = "builder") -> Fields:
    """What a page's form would send."""
    read = _Form(form)
    read.feed(page)
    assert read.fields, "no such form"
    return read.fields


def send(person: Person, path: str, page: str, act: str, **typed: str) -> Any:
    """Press a button of the form after typing into some fields, whose names may have dots for slashes."""
    changed = {name.replace("__", "/"): value for name, value in typed.items()}
    fields = [(name, changed.pop(name, value)) for name, value in fields_of(page)]
    data: dict[str, list[str]] = {}
    for name, value in [*fields, *changed.items(), ("act", act)]:
        data.setdefault(name, []).append(value)
    return person.client.post(f"/console{path}", data=data)
