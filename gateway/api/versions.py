"""Versions in headers: the ETag of what is shown, and If-Match so that nobody overwrites what he has not seen."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

from flask import request

from gateway.api.errors import BadHeader, PreconditionFailed
from gateway.domain.errors import StaleVersion

T = TypeVar("T")
VERSION_TAG = re.compile(r'"([0-9]{1,9})"')
IF_MATCH = {
    "in": "header",
    "name": "If-Match",
    "schema": {"type": "string"},
    "description": "The ETag of the version you saw: refuses to overwrite what somebody else changed since.",
}


def seen_version() -> int | None:
    """The version in If-Match (RFC 9110, section 13.1.1); 0, none at all, for `If-None-Match: *` (13.1.2).

    Raises:
        BadHeader.
    """
    given, new = request.headers.get("If-Match"), request.headers.get("If-None-Match")
    if new is not None:
        if given is not None or new.strip() != "*":
            raise BadHeader("If-None-Match is *, which writes only what is not there yet, and stands alone")
        return 0
    if given is None:
        return None
    tag = VERSION_TAG.fullmatch(given.strip())
    if tag is None:
        raise BadHeader('If-Match holds the ETag of the version you saw, such as "3"')
    return int(tag[1])


def unless_changed(write: Callable[[int | None], T]) -> T:
    """What `write` makes of the version that was seen.

    Raises:
        PreconditionFailed: it is not the newest any more.
        StaleVersion: no version was named, and somebody else wrote at the same moment.
    """
    seen = seen_version()
    try:
        return write(seen)
    except StaleVersion as error:
        raise (error if seen is None else PreconditionFailed(str(error))) from None
