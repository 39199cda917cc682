"""What the script of a page sends when push messages are asked for, and when they are ended."""

from __future__ import annotations

from flask import Blueprint, Response

from gateway.api.auth import open_to_all, services
from gateway.api.recipients.frame import HEADERS, filled_form, for_people, hurry
from gateway.domain.errors import Conflict, Unprocessable
from gateway.domain.push import LONGEST_ENDPOINT

blueprint = Blueprint("recipients_push", __name__, url_prefix="/t")
THE_LINK = "the link is the key: whoever has it was given it"
LONGEST_KEY = 100


@blueprint.route("/<token>/push", methods=["POST"])
@open_to_all(THE_LINK)
@for_people
def push(token: str) -> Response:
    """`what` is follow or leave, of the browser whose subscription this is: 204; 422 and 409 say in a word why not."""
    services().recipients.pages.version(token)  # who has no link is told nothing else
    given = filled_form().given
    hurry("answers", services().settings.recipients.answers_per_min)
    following = services().recipients.following
    endpoint = given.get("endpoint", "")[: LONGEST_ENDPOINT + 1]
    p256dh, auth = (given.get(name, "")[:LONGEST_KEY] for name in ("p256dh", "auth"))
    try:
        if given.get("what") == "follow":
            following.follow(token, endpoint, p256dh, auth)
        elif given.get("what") == "leave":
            following.leave(token, endpoint)
        else:
            return _said(422, "what")
    except Unprocessable as error:
        return _said(422, error.code)
    except Conflict:
        return _said(409, "not_told")
    return _said(204, "")


def _said(status: int, word: str) -> Response:
    return Response(word, status, HEADERS, content_type="text/plain; charset=utf-8")
