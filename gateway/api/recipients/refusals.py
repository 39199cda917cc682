"""What is refused under the links that people open is told as a page, also where no route was found to refuse it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlencode

from flask import Response, request

from gateway.api.recipients.frame import HEADERS, chosen, notice

PAGES, OPT_OUT = re.compile(r"/t(/.*)?"), re.compile(r"/u/.*")
"""Recipients' pages; and where they opt out, by a browser or, without asking them anything, by a mail program."""

OF_A_PARCEL = re.compile(r"(/t/[A-Za-z0-9_-]{10,64})/.*")
"""What lies under the page of a parcel, which is the way back, unless there is no such page."""

TOLD: Mapping[int, str] = {404: "unknown", 413: "too_long", 429: "busy", 500: "away", 503: "away"}
"""By status; of any other it is said that it did not work, and nothing was changed."""

KEPT = ("Allow", "Retry-After")


def for_people(problem: Response) -> Response:
    """The page for a problem document where people read it; the document itself where machines do."""
    read = OPT_OUT.fullmatch(request.path) and "text/html" in request.headers.get("Accept", "")
    if not (read or PAGES.fullmatch(request.path)):
        return problem
    parcel = OF_A_PARCEL.fullmatch(request.path) if problem.status_code != 404 else None
    back = f"{parcel[1]}?{urlencode(chosen())}" if parcel and chosen() else parcel[1] if parcel else ""
    kept = {name: problem.headers[name] for name in KEPT if name in problem.headers}
    return notice(problem.status_code, TOLD.get(problem.status_code, "again"), headers={**HEADERS, **kept}, back=back)
