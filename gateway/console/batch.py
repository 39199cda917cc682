"""Book many: a file or a table that was pasted becomes a job, to be looked at before anything is booked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, request

from gateway.console.book import facilities, policy_names
from gateway.console.gate import larger, may, services, who
from gateway.console.rendering import go, page
from gateway.console.sheets import file_named
from gateway.domain.order_columns import columns
from gateway.domain.people import Permission
from gateway.services.batches import BatchAsk
from gateway.services.bulk import MOST_ROWS
from gateway.services.order_sheets import MOST_BYTES, BadSheet, Sheet, missing, opened, template

blueprint = Blueprint("batch", __name__, url_prefix="/book/batch")
SHOWN_AGAIN = 400_000
"""Characters of a file that are put into the field, so that it need not be chosen again."""


@blueprint.get("")
@may(Permission.BOOK)
def form() -> Response:
    """Where a file is sent, or a table pasted."""
    return _page()


@blueprint.get("/template.csv", defaults={"form": "csv"})
@blueprint.get("/template.xlsx", defaults={"form": "xlsx"})
@may(Permission.BOOK)
def empty(form: str) -> Response:
    """A file to fill in."""
    return file_named("orders", form, template())


@blueprint.post("")
@larger(MOST_BYTES + (1 << 20))
@may(Permission.BOOK)
def send() -> Response:
    """Read it. What its columns mean is asked where nobody can tell; then it is a job to be looked at."""
    text, content = _given()
    try:
        sheet = opened(content, services().batches.workbooks)
    except BadSheet as error:
        return _page(422, text=text, error=f"{str(error)[:1].upper()}{str(error)[1:]}".rstrip(".") + ".")
    said = {place: request.form.get(f"column-{place}", "")[:40] for place in range(len(sheet.header))}
    asked = any(f"column-{place}" in request.form for place in said)
    known = services().batches.headings(who().merchant_id, who().mode)
    meaning = {place: name for place, name in said.items() if name in columns()} if asked else sheet.guessed(known)
    twice = sorted({columns()[name].title for name in meaning.values() if list(meaning.values()).count(name) > 1})
    lacking = missing(meaning)
    if lacking or twice or (request.form.get("columns") == "ask" and not asked):
        return _columns(sheet, meaning, sheet.written(), lacking, twice)
    unread = [heading for place, heading in enumerate(sheet.header) if place not in meaning and heading]
    notes = [sheet.note, f"Not read: {', '.join(unread)}." if unread else ""]
    job = services().batches.draft(
        who().user,
        who().mode,
        BatchAsk(
            lines=sheet.cells(meaning),
            facility=request.form.get("facility", "")[:64],
            policy=request.form.get("policy", "")[:64],
            headings={sheet.header[place]: name for place, name in meaning.items()},
            note=" ".join(filter(None, notes)),
        ),
    )
    return go("jobs.detail", job_id=job.id)


def _given() -> tuple[str, bytes]:
    """What was pasted, and the bytes to read: the file's, where one was sent."""
    file, text = request.files.get("file"), request.form.get("text", "")
    content = file.read() if file else b""
    return (text, content) if content else (text, text.encode())


def _columns(sheet: Sheet, meaning: Mapping[int, str], text: str, lacking: Any, twice: Any) -> Response:
    examples = [next((line[place] for _, line in sheet.lines if line[place]), "") for place in range(len(sheet.header))]
    return page(
        "batch_columns.html",
        422 if twice else 200,
        sheet=sheet,
        meaning=meaning,
        examples=examples,
        columns=columns(),
        text=text,
        lacking=lacking,
        twice=twice,
        form=request.form,
    )


def _page(status: int = 200, *, text: str = "", error: str = "") -> Response:
    return page(
        "batch.html",
        status,
        text=text[:SHOWN_AGAIN],
        error=error,
        facilities=facilities(),
        policies=policy_names(),
        chosen=request.form,
        default_policy=services().settings.quoting.default_policy,
        most=MOST_ROWS,
        columns=columns(),
        jobs=[job for job in services().bulk.list(who().merchant_id, who().mode, 10) if job.kind in ("book", "pack")],
    )
