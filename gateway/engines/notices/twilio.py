"""Text messages and WhatsApp through Twilio. Implements `ports.notifications.Courier`.

Source: Twilio, "Messages resource" (form POST to Messages.json with Basic auth, 201 with `sid` and `num_segments`,
errors as JSON with `code`), "Error and warning dictionary" (`twilio_errors.csv`) and "Webhooks security".
"""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from typing import Any

import requests

from gateway.domain.errors import Unprocessable
from gateway.domain.notifications import Channel, Sender
from gateway.services.ports.notifications import Letter, Outcome, Unreachable
from gateway.settings import Notifications

API = "https://api.twilio.com"
E164 = re.compile(r"\+[1-9][0-9]{6,14}")
SHORTEST_VALID_S, LONGEST_VALID_S = 1, 36_000
"""Source: Messages resource, ValidityPeriod."""
NOT_TAKEN = (429, 503)
"""Twilio's own "try again": the message was not made. After other 5xx nobody knows."""


class TwilioCourier:
    """Speaks to merchants' accounts at Twilio."""

    def __init__(self, settings: Notifications) -> None:
        self._settings = settings

    def check(self, sender: Sender) -> None:
        """Raises Unprocessable: neither a number nor a messaging service, or an address that is not Twilio's."""
        if bool(sender.option("from")) == bool(sender.option("messaging_service_sid")):
            raise Unprocessable("/twilio/from", "give from or messaging_service_sid, and not both", "invalid")
        if sender.option("api_url") and not self._settings.allow_private:
            raise Unprocessable("/twilio/api_url", "only simulators have another address than Twilio's", "not_public")

    @contextmanager
    def open(self, sender: Sender) -> Iterator[Line]:
        """Raises Unreachable: no auth token."""
        if not sender.secrets.get("auth_token"):
            raise Unreachable("there is no auth token")
        with requests.Session() as session:
            session.trust_env = False  # no proxies and no .netrc but ours
            session.auth = (sender.option("account_sid"), sender.secrets["auth_token"])
            yield Line(session, sender, self._settings.timeout_s)


class Line:
    """A connection to the API."""

    def __init__(self, session: requests.Session, sender: Sender, timeout_s: float) -> None:
        self._session = session
        self._sender = sender
        self._timeout_s = timeout_s
        base = sender.option("api_url") or API
        self._url = f"{base}/2010-04-01/Accounts/{sender.option('account_sid')}/Messages.json"

    def send(self, letter: Letter) -> Outcome:
        """One message. When no answer comes, it may have been taken: its receipt will tell."""
        if not E164.fullmatch(letter.to):
            return Outcome(state="refused", why="this is no telephone number in the form of E.164")
        try:
            answer = self._session.post(
                self._url, data=self._form(letter), timeout=self._timeout_s, allow_redirects=False
            )
        except requests.ConnectTimeout as error:
            return Outcome(state="unreachable", why=f"no connection: {type(error).__name__}")
        except requests.ConnectionError as error:
            state = _after_broken(error)
            return Outcome(state=state, why=f"the connection failed: {type(error).__name__}")
        except requests.RequestException as error:
            return Outcome(state="unknown", why=f"no answer came: {type(error).__name__}")
        return _read(answer)

    def _form(self, letter: Letter) -> Mapping[str, str]:
        whatsapp = "whatsapp:" if self._sender.channel is Channel.WHATSAPP else ""
        form = {"To": whatsapp + letter.to}
        if letter.callback:
            form["StatusCallback"] = letter.callback
        if self._sender.option("messaging_service_sid"):
            form["MessagingServiceSid"] = self._sender.option("messaging_service_sid")
        else:
            form["From"] = whatsapp + self._sender.option("from")
        if letter.content:
            variables = {name: text for name, text in letter.content.items() if name != "sid"}
            form |= {"ContentSid": letter.content["sid"], "ContentVariables": json.dumps(variables)}
        else:
            form["Body"] = letter.text
        if letter.valid_for is not None:
            seconds = math.floor(letter.valid_for.total_seconds())
            form["ValidityPeriod"] = str(min(max(seconds, SHORTEST_VALID_S), LONGEST_VALID_S))
        return form


def _after_broken(error: requests.ConnectionError) -> Any:
    """Whether the request can have gone out: urllib3 says NewConnectionError when no connection came about."""
    return "unreachable" if "NewConnectionError" in repr(error) or "NameResolutionError" in repr(error) else "unknown"


def _read(answer: requests.Response) -> Outcome:
    said = _json(answer)
    if answer.status_code in (200, 201) and said.get("sid"):
        segments = str(said.get("num_segments") or "0")
        return Outcome(state="sent", provider_id=str(said["sid"])[:64], size=int(segments) if segments.isdigit() else 0)
    code = str(said.get("code") or "")
    why = f"{code or answer.status_code}: {said.get('message') or answer.reason}"[:500]
    if answer.status_code in NOT_TAKEN:
        return Outcome(state="later", why=why)
    if answer.status_code >= 500 or answer.status_code < 300:
        return Outcome(state="unknown", why=why)
    if answer.status_code in (401, 403):
        return Outcome(state="unreachable", why=why)
    return refusal(code, why)


def refusal(code: str, why: str) -> Outcome:
    """What an error code means for the message and the recipient."""
    effect = twilio_errors().get(code, "refused")
    if effect == "later":
        return Outcome(state="later", why=why)
    if effect == "sender":
        return Outcome(state="unreachable", why=why)
    if effect == "opt_out":
        return Outcome(state="refused", why=why, blocks="opt_out")
    return Outcome(state="refused", why=why, blocks="bounce" if effect == "bounce" else "")


def _json(answer: requests.Response) -> Mapping[str, Any]:
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


@cache
def twilio_errors() -> Mapping[str, str]:
    """Effect of each error code that has one of its own."""
    text = files("gateway.engines.notices").joinpath("twilio_errors.csv").read_text("utf-8")
    return {row["code"]: row["effect"] for row in csv.DictReader(text.splitlines())}
