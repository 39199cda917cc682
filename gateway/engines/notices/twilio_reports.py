"""What Twilio calls us for: status callbacks and replies. Implements `ports.notifications.Reports`.

Source: Twilio, "Webhooks security" (X-Twilio-Signature: base64 of HMAC-SHA1, keyed with the auth token, over the URL
and every form field's name and value, sorted by name) and "Track outbound message status".
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Literal

from gateway.domain.notifications import Channel, Sender
from gateway.engines.notices.twilio import refusal
from gateway.services.ports.notifications import Receipt

Outcome = Literal["", "sent", "delivered", "failed"]
OUTCOMES: Mapping[str, Outcome] = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "delivered",
    "undelivered": "failed",
    "failed": "failed",
    "canceled": "failed",
}
"""`accepted`, `scheduled`, `queued` and `sending` say that it is on its way, which is known."""


def signature(token: str, url: str, form: Mapping[str, str]) -> str:
    """What Twilio writes into X-Twilio-Signature."""
    signed = url + "".join(f"{name}{form[name]}" for name in sorted(form))
    return base64.b64encode(hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()).decode()


class TwilioReports:
    """Reads them."""

    def proven(self, sender: Sender, url: str, form: Mapping[str, str], signature_given: str) -> bool:
        """Whether Twilio signed it with the sender's auth token."""
        token = sender.secrets.get("auth_token", "")
        if sender.channel is Channel.EMAIL or not token:
            return False
        return hmac.compare_digest(signature(token, url, form).encode(), signature_given.encode("utf-8", "replace"))

    def receipt(self, form: Mapping[str, str]) -> Receipt:
        """What became of a message."""
        outcome: Outcome = OUTCOMES.get(form.get("MessageStatus", ""), "")
        code = form.get("ErrorCode", "")[:10]
        read = refusal(code, f"{code}: the message did not arrive" if code else "the message did not arrive")
        failed = outcome == "failed"
        return Receipt(
            provider_id=form.get("MessageSid", "")[:64],
            outcome=outcome,
            why=read.why if failed else "",
            blocks=read.blocks if failed else "",
        )
