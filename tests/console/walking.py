"""The console walked by its own links, and the forms found on the way: no list of pages that somebody must keep."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.exceptions import HTTPException

from tests.console.world import Person

EACH = 6
"""Pages of one kind that are looked at: a form may be on one shipment's page and not on another's."""
NO_TEXT = {"hidden", "checkbox", "radio", "submit", "button", "file", "password", "image", "reset"}
NUMBER = re.compile(r"\d+")
LINK = re.compile(r'href="/console(/[^"#]*)')


@dataclass(kw_only=True)
class Form:
    """One form: where it goes, what it would send as it stands, and which fields are typed into."""

    action: str = ""
    method: str = "get"
    sent: dict[str, str] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)

    @property
    def kinds(self) -> Mapping[str, str]:
        """One text field of each kind: the second rule's name is as the first one's."""
        return {NUMBER.sub("#", name): name for name in reversed(self.texts)}


class _Forms(HTMLParser):
    """Source: HTML Living Standard, 4.10.21.4, the entry list; radio buttons and boxes as they are checked."""

    def __init__(self, here: str) -> None:
        super().__init__()
        self._here = here
        self._inside = False
        self._choice = self._area = ""
        self.forms: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {key: value or "" for key, value in attrs}
        name, kind = given.get("name", ""), given.get("type", "text" if tag == "input" else "")
        if tag == "form" and given.get("method") != "dialog":
            self._inside = True
            action = given.get("action", self._here).removeprefix("/console")
            self.forms.append(Form(action=action, method=given.get("method", "get").lower()))
        if not self._inside or (not name and tag != "option"):
            return
        form = self.forms[-1]
        if tag == "textarea" or (tag == "input" and kind not in NO_TEXT):
            form.texts.append(name)
        if tag == "input" and kind != "file" and (kind not in ("checkbox", "radio") or "checked" in given):
            form.sent[name] = given.get("value", "")
        elif tag == "textarea":
            self._area, form.sent[name] = name, ""
        elif tag == "select":
            self._choice = name
        elif tag == "option" and self._choice and ("selected" in given or not form.sent.get(self._choice)):
            form.sent[self._choice] = given.get("value", "")
        elif tag == "button" and "data-main" in given:
            form.sent[name] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "select":
            self._choice = ""
        elif tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.forms[-1].sent[self._area] += data


@dataclass(kw_only=True)
class Walk:
    """What was found: a few paths of every kind of page, tables to download, and every kind of form."""

    pages: Mapping[str, list[str]]
    tables: Mapping[str, bytes]
    forms: Mapping[tuple[str, tuple[str, ...]], Form]


def rule_of(app: Flask, path: str, method: str = "GET") -> str:
    """The route that an address belongs to; "" for none."""
    try:
        rule, _ = app.url_map.bind("").match(urlsplit(path).path, method.upper(), return_rule=True)
    except HTTPException:
        return ""
    return str(rule.rule)


def walk(app: Flask, person: Person, *beside: str) -> Walk:
    """From the first page along all links, and from some `beside` that only a form leads to."""
    pages: dict[str, list[str]] = {}
    tables: dict[str, bytes] = {}
    forms: dict[tuple[str, tuple[str, ...]], Form] = {}
    ahead, seen, kinds = deque(["/", *beside]), {"/"}, Counter[str]()
    while ahead:
        path = ahead.popleft()
        rule = rule_of(app, path)
        kinds[rule] += 1
        if not rule or kinds[rule] > EACH:
            continue
        answer = person.get(path)
        if answer.status_code in (302, 303):
            ahead.append(answer.headers["Location"].removeprefix("/console"))
            continue
        if answer.mimetype == "text/csv":
            tables[path] = answer.data
        if answer.mimetype != "text/html":
            continue
        pages.setdefault(rule, []).append(path)
        for form in forms_of(answer.text, urlsplit(path).path):
            forms.setdefault((rule_of(app, form.action, form.method), tuple(sorted(form.kinds))), form)
        new = dict.fromkeys(each.replace("&amp;", "&") for each in LINK.findall(answer.text))
        ahead.extend(each for each in new if each not in seen)
        seen |= set(new)
    return Walk(pages=pages, tables=tables, forms=forms)


def forms_of(page: str, here: str) -> Iterator[Form]:
    """Every form of a page."""
    read = _Forms(here)
    read.feed(page)
    yield from read.forms
