"""What comes back from providers and recipients: receipts, replies, and the opt-out link /u/{link}."""

from __future__ import annotations

from flask import Response, make_response, render_template, request

from gateway.api.auth import open_to_all, services
from gateway.api.routes import ApiBlueprint
from gateway.api.schemas.notifications import ReceiptQuerySchema
from gateway.services.notifications.receipts import ProviderCall

blueprint = ApiBlueprint("notification_calls", __name__)
LARGEST_CALL = 65536
TWIML = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
"""No answer of ours: Twilio confirms STOP and START by itself. Source: Twilio, "TwiML for Programmable Messaging"."""


@blueprint.route("/v1/notification-senders/<sender_id>/receipts", methods=["POST"])
@open_to_all("the provider signs it with the sender's own token")
@blueprint.arguments(ReceiptQuerySchema, location="query")
@blueprint.response(204)
def receive_receipt(query: dict[str, str], sender_id: str) -> Response:
    """What became of a text message; a provider calls it, not you."""
    services().receipts.receive(_call(sender_id), query["notification"])
    return Response(status=204)


@blueprint.route("/v1/notification-senders/<sender_id>/replies", methods=["POST"])
@open_to_all("the provider signs it with the sender's own token")
@blueprint.response(200, description="An empty TwiML document.", content_type="text/xml")
def receive_reply(sender_id: str) -> Response:
    """What a recipient replied, of which STOP and START are heard; a provider calls it, not you."""
    services().receipts.hear(_call(sender_id))
    return Response(TWIML, content_type="text/xml")


@blueprint.route("/u/<link>")
@open_to_all("the link is signed; a recipient has no key")
@blueprint.response(
    200, description="A page that asks, so that link scanners opt nobody out.", content_type="text/html"
)
def show_opt_out(link: str) -> Response:
    """The opt-out page behind the link in a message."""
    return _page(link, done=False)


@blueprint.route("/u/<link>", methods=["POST"])
@open_to_all("the link is signed; a recipient has no key")
@blueprint.response(200, description="The recipient is told nothing more.", content_type="text/html")
def opt_out(link: str) -> Response:
    """Opt out with one click (RFC 8058): the page's button, or a mail program's."""
    services().receipts.opt_out(link)
    return _page(link, done=True)


def _call(sender_id: str) -> ProviderCall:
    request.max_content_length = LARGEST_CALL
    query = request.query_string.decode("latin-1")
    return ProviderCall(
        sender_id=sender_id,
        path=f"{request.path}?{query}" if query else request.path,
        form=request.form.to_dict(),
        signature=request.headers.get("X-Twilio-Signature", ""),
    )


def _page(link: str, *, done: bool) -> Response:
    page = services().receipts.page(link, done=done)
    response = make_response(render_template("opt_out.html", page=page, done=done))
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
