"""Writing a policy: the form, its buttons, and keeping what it says as a draft."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, Response, make_response, request, url_for

from gateway.console.builder import words
from gateway.console.builder.edits import edited
from gateway.console.builder.pruning import pruned
from gateway.console.builder.shaping import data_of, place, tree_of
from gateway.console.builder.tree import Tree, branches, grown, text
from gateway.console.gate import deed, may, services, who
from gateway.console.rendering import go, page, partial
from gateway.domain.errors import NotFound, StaleVersion, Unprocessable
from gateway.domain.people import Permission
from gateway.rules.checking import Checked
from gateway.rules.fields import FIELDS, Scope
from gateway.rules.operators import OPERATORS
from gateway.rules.rule import Group
from gateway.rules.wording import fallback_told, rule_told
from gateway.services.policies import Stage

blueprint = Blueprint("building", __name__, url_prefix="/policies")
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
OK = 200
MOST_JSON = 400_000
NEW = {"currency": "EUR", "score": {}}
MONEY = ("/exchange", "/cover", "remove /exchange", "remove /cover", "add /exchange", "add /cover")
ACT = ("up ", "down ", "remove ", "add-", "preset ")


@dataclass(kw_only=True)
class Sheet:
    """The form as it is now. `based_on` is the newest version that its writer knows of; `seen` the one before, where
    somebody else has written one meanwhile. `raw` is what is typed where the policy is written as JSON.
    """

    name: str
    based_on: int
    tree: Tree
    focus: str = ""
    notices: list[tuple[str, str]] = field(default_factory=list)
    faults: list[tuple[str, str]] = field(default_factory=list)
    raw: str | None = None
    seen: int | None = None


@blueprint.get("/new")
@may(Permission.POLICIES)
def begin() -> Response:
    """What shall the new one be called, and what is it like?"""
    return _beginning()


@blueprint.post("/new")
@may(Permission.POLICIES)
def name_it() -> Response:
    """On to its form."""
    name, book, merchant_id = request.form.get("name", "").strip(), services().policies, who().merchant_id
    if not NAME.fullmatch(name):
        return _beginning(422, "A name has small letters, digits, _ and -, at most 64.", name)
    if name in book.all_names(merchant_id) or name == "new":
        return _beginning(422, f"There is a policy {name} already: open it and write its next version.", name)
    return go("building.form", name=name, like=request.form.get("like", ""))


@blueprint.get("/<name>/edit")
@may(Permission.POLICIES)
def form(name: str) -> Response:
    """The form of the next version, which begins as an earlier one, or as another policy."""
    book, merchant_id = services().policies, who().merchant_id
    version, like = request.args.get("version", ""), request.args.get("like", "")
    if name in book.all_names(merchant_id):
        newest = book.latest(merchant_id, name)
        old = version.isdecimal() and len(version) < 10
        found = book.version(merchant_id, name, int(version)) if old else newest
        return _shown(Sheet(name=name, based_on=newest.version, tree=tree_of(found.data)))
    if not NAME.fullmatch(name):
        raise NotFound(f"no policy {name}")
    data: Mapping[str, Any] = book.latest(merchant_id, like).data if like else NEW
    return _shown(Sheet(name=name, based_on=0, tree=tree_of(data)))


@blueprint.post("/<name>/edit")
@may(Permission.POLICIES)
def button(name: str) -> Response:
    """Every button of the form: it comes back as that makes it, and is kept when it shall be and nothing is wrong."""
    if not NAME.fullmatch(name):
        raise NotFound(f"no policy {name}")
    based_on, act = request.form.get("based_on", ""), request.form.get("act", "")
    sheet = Sheet(
        name=name,
        based_on=int(based_on) if based_on.isdecimal() and len(based_on) < 10 else 0,
        tree=pruned(grown(request.form.items(multi=True))),
        focus=request.form.get("focus", ""),
    )
    if "raw" in request.form and not _from_text(sheet, request.form["raw"]):
        return _shown(sheet, 422)
    if act == "text":
        sheet.raw = json.dumps(data_of(sheet.tree), indent=2, ensure_ascii=False)
    elif act == "preset":
        _preset(sheet, request.form.get("preset", ""))
    elif act.startswith(ACT):
        sheet.focus = edited(sheet.tree, act, {})
    elif act == "save":
        return _saved(sheet)
    return _shown(sheet)


def _from_text(sheet: Sheet, raw: str) -> bool:
    """Take what was typed as JSON; False where it cannot be a form, and why is said."""
    sheet.raw = raw[:MOST_JSON]
    try:
        data = json.loads(raw)
        if not isinstance(data, dict):
            raise Unprocessable("", "a policy is an object: {…}")
        faults = Checked(data).faults
    except ValueError as error:
        sheet.faults = [("", f"this is not JSON: {error}")]
        return False
    except (Unprocessable, RecursionError) as error:
        sheet.faults = [("", str(error))]
        return False
    sheet.faults = faults
    if faults:
        return False
    sheet.tree, sheet.raw = tree_of(data), None
    return True


def _preset(sheet: Sheet, name: str) -> None:
    book, merchant_id = services().policies, who().merchant_id
    if name not in book.names():
        return
    shipped = book.version(merchant_id, name, 0).data
    sheet.focus = edited(sheet.tree, f"preset {name}", {name: shipped})
    if shipped["currency"] != text(sheet.tree, "currency"):
        told = f"The weights of “{name}” are amounts of {shipped['currency']}: set them for your currency."
        sheet.notices.append(("warn", told))


def _saved(sheet: Sheet) -> Response:
    """Kept as the next version; or the form again with what is wrong, or with who was faster."""
    signed, book, data = who(), services().policies, data_of(sheet.tree)
    sheet.faults = Checked(data).faults
    newest = book.latest(signed.merchant_id, sheet.name).version if _exists(sheet.name) else 0
    if sheet.faults:
        return _shown(sheet, 422)
    if newest != sheet.based_on:
        return _outrun(sheet, newest)
    try:
        made = book.put(signed.merchant_id, sheet.name, data, signed.user.name, newest, Stage.DRAFT)
    except StaleVersion:
        return _outrun(sheet, newest + 1)
    services().staff.audit.record(signed.user, deed("wrote a policy", sheet.name, f"version {made.version}"))
    there = url_for("policies.detail", name=sheet.name, version=made.version, done="kept")
    return (
        make_response("", 204, {"HX-Redirect": there})
        if partial()
        else go("policies.detail", name=sheet.name, version=made.version, done="kept")
    )


def _outrun(sheet: Sheet, newest: int) -> Response:
    """Somebody was faster. That is said once: whoever has seen it and keeps theirs, supersedes the other."""
    sheet.seen, sheet.based_on = sheet.based_on, newest
    return _shown(sheet, 409)


def _exists(name: str) -> bool:
    return name in services().policies.all_names(who().merchant_id)


def _beginning(status: int = 200, error: str = "", name: str = "") -> Response:
    return page(
        "policy_new.html", status, names=services().policies.all_names(who().merchant_id), error=error, name=name
    )


def _shown(sheet: Sheet, status: int = 200) -> Response:
    """The form, with a sentence for every rule that can be read."""
    signed, data = who(), data_of(sheet.tree)
    checked = Checked(data)
    faults: dict[str, str] = {}
    if status != OK:  # what must be read first has the focus
        sheet.focus = ""
    for pointer, why in sheet.faults if sheet.raw is None else ():
        path = place(pointer, sheet.tree)
        faults.setdefault(path, words.plain(why, path))
    warnings: dict[str, str] = {}
    for each in _warnings(data, checked):
        warnings.setdefault(place(each.pointer, sheet.tree), each.message)
    newer = None
    if sheet.seen is not None:
        newer = services().policies.version(signed.merchant_id, sheet.name, sheet.based_on)
    return page(
        "builder_part.html" if partial() else "builder.html",
        status,
        sheet=sheet,
        tree=sheet.tree,
        newer=newer,
        faults=faults,
        warnings=warnings,
        sentences=_sentences(checked),
        known=services().policy_names.known(signed.merchant_id),
        presets=services().policies.names(),
        currencies=[text(sheet.tree, "currency"), *(text(each, "code") for each in branches(sheet.tree, "exchange"))],
        money_open=any(each.startswith(MONEY) for each in (sheet.focus, *faults)),
        words=words,
        said=words.words(),
        FIELDS=FIELDS,
        OPERATORS=OPERATORS,
        Scope=Scope,
    )


def _warnings(data: Mapping[str, Any], checked: Checked) -> Any:
    """Of names that mean nothing, once the rest is right."""
    return () if checked.faults else services().policy_names.warnings(who().merchant_id, data)


def _sentences(checked: Checked) -> Mapping[str, str]:
    """By the pointer of the rule or rate."""
    found: dict[str, str] = {}
    for at, step in enumerate(checked.rules):
        if isinstance(step, Group):
            for place_, rule in enumerate(step.rules):
                found[f"/rules/{at}/rules/{place_}"] = rule_told(rule, checked.market)
        elif step is not None:
            found[f"/rules/{at}"] = rule_told(step, checked.market)
    for at, rate in enumerate(checked.fallback):
        if rate is not None:
            found[f"/fallback/{at}"] = fallback_told(rate, checked.market)
    return found
