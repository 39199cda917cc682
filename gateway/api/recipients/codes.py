"""The code by which a recipient proves who he is: how forms ask for it, and what sending one comes to."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from gateway.api.auth import services
from gateway.api.recipients.forms import Filled
from gateway.api.recipients.frame import chosen, hurry
from gateway.domain.errors import Conflict
from gateway.services.ports.recipients import Voice
from gateway.services.recipients.codes import VALID_FOR, CodeNotSent, TooManyCodes
from gateway.services.recipients.pages import Sight
from gateway.services.recipients.proving import NotTheRecipient, ProofKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What a form asks for. Of a code: to where it goes, whether one is on its way, and which address sends one."""

    kind: ProofKind
    to: str = ""
    sent: bool = False
    action: str = ""
    minutes: int = int(VALID_FOR.total_seconds() // 60)


def asked(sight: Sight, kind: ProofKind | None, path: str) -> Proof | None:
    """What the form at a path asks for; None where it is not shown."""
    if kind != "code":
        return Proof(kind=kind) if kind else None
    codes = services().recipients.codes
    way = codes.way(sight.shipment)
    if way is None:
        return None
    action = f"{path}?{urlencode(chosen())}#proof" if chosen() else f"{path}#proof"
    return Proof(kind=kind, to=way.shown, sent=codes.pending(sight.shipment), action=action)


def send(sight: Sight, filled: Filled, voice: Voice) -> None:
    """Send one; what went wrong stands among the form's faults. Raises Conflict: this shop asks for none."""
    hurry("answers", services().settings.recipients.answers_per_min)
    if not sight.brand.brand.proof_code:
        raise Conflict("no code is asked for")
    try:
        services().recipients.codes.send(sight.shipment, sight.brand.brand.name, voice)
    except TooManyCodes:
        filled.faults["proof"] = voice.say("code.too_many")
    except CodeNotSent:
        filled.faults["proof"] = voice.say("code.failed")


def wrong(sight: Sight, error: NotTheRecipient, voice: Voice) -> str:
    """What is said of a proof that is none."""
    if error.locked:
        return voice.say("wish.proof_locked")
    return voice.say("code.wrong" if sight.brand.brand.proof_code else "wish.proof_wrong")
