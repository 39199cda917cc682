"""A webhook's signature that stands inside its JSON body, over members exactly as they were sent."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace

from carriers.base.errors import BadCarrierResponse, WebhookRejected
from carriers.base.messages import Account, WebhookCall, WebhookReply
from carriers.base.proving import Keyed, as_bytes, check_fresh
from carriers.base.reading import Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class BodySignatureProof(Keyed):
    """A keyed hash that stands inside the JSON body, over a text made of other members of it.

    `content` is that text: `{data}` is the member `data` exactly as sent, `{timestamp}` the member
    `timestamp`, `{path}` the path of our URL as the carrier knows it, from the account's option
    `webhook_path`. `tolerance_s` is None where a carrier sends old calls again unchanged.
    """

    content: str
    signature: str = "signature"
    timestamp: str = "timestamp"
    data: str = "data"
    tolerance_s: int | None = None

    def prove(self, call: WebhookCall, account: Account) -> WebhookReply:
        """Check signature, then age."""
        members = _members(call.body)
        self.check(_bare(members.get(self.signature, "")), self._signed(members, account), account)
        if self.tolerance_s is not None:
            check_fresh(_bare(members[self.timestamp]), call, self.tolerance_s)
        return self.reply

    def sign(self, call: WebhookCall, account: Account) -> WebhookCall:
        """The call with its signature in the body, and with a timestamp where none is there."""
        members = {self.timestamp: str(int(call.received_at.timestamp())), **_members(call.body)}
        members[self.signature] = json.dumps(self.signatures(self._signed(members, account), account)[0])
        body = ",".join(f"{json.dumps(name)}:{raw}" for name, raw in members.items())
        return replace(call, body=f"{{{body}}}".encode())

    def _signed(self, members: dict[str, str], account: Account) -> bytes:
        if self.data not in members or self.timestamp not in members:
            raise WebhookRejected(f"the body has no {self.data} or no {self.timestamp}")
        path = account.options.get("webhook_path", "")
        text = self.content.format(data=members[self.data], timestamp=_bare(members[self.timestamp]), path=path)
        return as_bytes(text)


def _members(body: bytes) -> dict[str, str]:
    """The top-level members of a JSON object, each value exactly as it was sent."""
    try:
        if not isinstance(Reading.parse(body).raw, dict):
            raise WebhookRejected("the body is not a JSON object")
    except BadCarrierResponse as error:
        raise WebhookRejected(str(error)) from None
    text, members = body.decode("utf-8-sig"), {}
    at = _skip(text, text.index("{") + 1)
    while text[at] != "}":
        name, at = _JSON.raw_decode(text, at)
        at = _skip(text, at)
        _, end = _JSON.raw_decode(text, at)
        members[name] = text[at:end]
        at = _skip(text, end)
    return members


_JSON = json.JSONDecoder()
_BETWEEN = re.compile(r"[ \t\n\r,:]*")


def _skip(text: str, at: int) -> int:
    """Past white space and separators; the text was found to be JSON before."""
    found = _BETWEEN.match(text, at)
    return found.end() if found else at


def _bare(raw: str) -> str:
    """A raw JSON text without its quotes; anything else as written."""
    return str(_JSON.decode(raw)) if raw.startswith('"') else raw
