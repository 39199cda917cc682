"""What is the same for everybody: the style sheet, the script, and a brand's colour as a sheet of its own."""

from __future__ import annotations

import re
from importlib.resources import files

from flask import Blueprint, Response

from gateway.api.auth import open_to_all
from gateway.domain.colours import ink_on, legible
from gateway.domain.errors import NotFound

blueprint = Blueprint("recipients_assets", __name__, url_prefix="/t")
SAME_FOR_ALL = "it is the same for everybody"
LIGHT_GROUND, DARK_GROUND = "#eef0f4", "#1d222c"
"""What the brand's colour must be legible on: the darkest ground of the light page, the lightest of the dark one."""

DARK_CONTRAST = 7
"""More than is asked for: thin coloured letters on dark look duller than they measure."""

ASSETS = {
    "page.css": "text/css",
    "page.js": "text/javascript",
    "push.js": "text/javascript",
    "push-worker.js": "text/javascript",
}
COLOUR = re.compile(r"[0-9a-f]{6}")


@blueprint.route("/assets/<name>")
@open_to_all(SAME_FOR_ALL)
def asset(name: str) -> Response:
    """The style sheet, the scripts and the service worker, whose scope ends with this folder: it sees no page."""
    if name not in ASSETS:
        raise NotFound("no such file")
    read = files("gateway.api").joinpath(f"static/recipients/{name}").read_bytes()
    return kept(Response(read, content_type=f"{ASSETS[name]}; charset=utf-8"))


@blueprint.route("/colours/<colour>.css")
@open_to_all(SAME_FOR_ALL)
def colours(colour: str) -> Response:
    """A brand's colour, in shades that can be read on the page, light and dark."""
    if not COLOUR.fullmatch(colour):
        raise NotFound("no such colour")
    light, dark = legible(f"#{colour}", LIGHT_GROUND), legible(f"#{colour}", DARK_GROUND, DARK_CONTRAST)
    sheet = (
        f":root{{--accent:{light};--on-accent:{ink_on(light)}}}"
        f"@media screen and (prefers-color-scheme:dark){{:root{{--accent:{dark};--on-accent:{ink_on(dark)}}}}}"
    )
    return kept(Response(sheet, content_type="text/css; charset=utf-8"))


def kept(response: Response) -> Response:
    """An answer that browsers may keep for a day."""
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response
