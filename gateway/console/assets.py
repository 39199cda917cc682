"""Style sheets and scripts, kept by browsers for as long as their address stays the same."""

from __future__ import annotations

import gzip
from functools import cache

from flask import Blueprint, Response, request
from werkzeug.exceptions import NotFound

from gateway.console.gate import open_page
from gateway.console.rendering import TYPES, file_of

blueprint = Blueprint("assets", __name__)
KEPT_FOREVER = "public, max-age=31536000, immutable"
KEPT_SHORTLY = "public, max-age=300"


@blueprint.get("/static/<name>")
@open_page("how pages look is no secret")
def static_file(name: str) -> Response:
    """One file."""
    content = file_of(name)
    kind = TYPES.get(name.rpartition(".")[2])
    if content is None or kind is None:
        raise NotFound
    kept = KEPT_FOREVER if "v" in request.args else KEPT_SHORTLY
    headers = {"Cache-Control": kept, "Vary": "Accept-Encoding"}
    if request.accept_encodings.best_match(["gzip"]):
        return Response(_packed(name), headers={**headers, "Content-Encoding": "gzip"}, content_type=kind)
    return Response(content, headers=headers, content_type=kind)


@cache
def _packed(name: str) -> bytes:
    """A file as it travels: a fifth of its size."""
    return gzip.compress(file_of(name) or b"", mtime=0)
