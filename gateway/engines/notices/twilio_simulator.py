"""Twilio's Messages resource on loopback, by its documented wire format: for the demo and for tests.

The last four digits of the recipient's number choose what goes wrong: a Twilio error code's last four (`…1211` is an
invalid number, `…1610` has replied STOP), 0429 too many requests, 0503 not available, 0500 an error after the message
was made, 0408 no answer after it was made.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Thread
from typing import Any, Self
from uuid import uuid4

from werkzeug import Request, Response
from werkzeug.serving import make_server

from gateway.domain.text_messages import measured
from gateway.engines.notices.twilio import twilio_errors

SILENCE_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A message that was made: its SID, and the form it was made of."""

    sid: str
    form: Mapping[str, str]

    @property
    def body(self) -> str:
        """What it says, "" where a template says it."""
        return self.form.get("Body", "")


class TwilioSimulator:
    """Serves between `with` and its end."""

    def __init__(self, account_sid: str, auth_token: str) -> None:
        self.texts: list[Text] = []
        self._account_sid = account_sid
        self._auth_token = auth_token
        self._server = make_server("127.0.0.1", 0, self._answer, threaded=True)
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _answer(self, environ: dict[str, Any], start: Any) -> Any:
        return self._message(Request(environ))(environ, start)

    def _message(self, request: Request) -> Response:
        given = request.authorization
        if given is None or (given.username, given.password) != (self._account_sid, self._auth_token):
            return _error(401, 20003, "Authenticate")
        path = f"/2010-04-01/Accounts/{self._account_sid}/Messages.json"
        if (request.method, request.path) != ("POST", path):
            return _error(404, 20404, f"The requested resource {request.path} was not found")
        form = request.form.to_dict()
        if not form.get("To") or not (form.get("Body") or form.get("ContentSid")):
            return _error(400, 21604, "A 'To' phone number and a body are required")
        ending = form["To"][-4:]
        if ending in ("0429", "0503"):
            return _error(int(ending[1:]), 20429 if ending == "0429" else 20503, "Try again later")
        code = next((code for code in twilio_errors() if code[-4:] == ending), "")
        if code:
            return _error(400, int(code), f"Error {code}")
        made = Text(sid=f"SM{uuid4().hex}", form=form)
        self.texts.append(made)
        if ending == "0500":
            return _error(500, 20500, "Internal server error")
        if ending == "0408":
            time.sleep(SILENCE_S)
        return Response(json.dumps(self._shown(made)), 201, content_type="application/json")

    def _shown(self, made: Text) -> Mapping[str, Any]:
        """Source: Twilio, Messages resource, example of a created message."""
        return {
            "account_sid": self._account_sid,
            "api_version": "2010-04-01",
            "body": made.body,
            "date_created": None,
            "date_sent": None,
            "date_updated": None,
            "direction": "outbound-api",
            "error_code": None,
            "error_message": None,
            "from": made.form.get("From"),
            "messaging_service_sid": made.form.get("MessagingServiceSid"),
            "num_media": "0",
            "num_segments": str(measured(made.body).segments),
            "price": None,
            "price_unit": None,
            "sid": made.sid,
            "status": "queued",
            "subresource_uris": {"media": f"/2010-04-01/Accounts/{self._account_sid}/Messages/{made.sid}/Media.json"},
            "to": made.form["To"],
            "uri": f"/2010-04-01/Accounts/{self._account_sid}/Messages/{made.sid}.json",
        }


def _error(status: int, code: int, message: str) -> Response:
    """Source: Twilio, "Twilio's response", exceptions."""
    said = {
        "code": code,
        "message": message,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
    return Response(json.dumps(said), status, content_type="application/json")
