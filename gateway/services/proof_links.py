"""Links to pictures that are good for minutes: who has one may look, and nobody can make one up.

A link names the merchant, the file and when it ends, and is signed with a key derived from the pepper. Whatever is
wrong with one, the answer is the same: there is no such thing.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from gateway.domain.clock import Clock
from gateway.domain.errors import NotFound
from gateway.domain.proof_files import ProofFile

TOKEN = re.compile(
    r"(?P<file>pof_[0-9A-Z]{26})\.(?P<merchant>[\w-]{1,64})\.(?P<until>[0-9]{10})\.(?P<seal>[0-9a-f]{64})", re.ASCII
)


@dataclass(frozen=True, slots=True)
class ProofLink:
    """Where a picture may be looked at, and how long."""

    token: str
    expires_at: datetime


class ProofLinks:
    """Makes links and reads them."""

    def __init__(self, pepper: str, clock: Clock, life_s: int) -> None:
        self._key = hmac.digest(pepper.encode(), b"links to pictures of deliveries", "sha256")
        self._clock = clock
        self._life = timedelta(seconds=life_s)

    def to(self, file: ProofFile) -> ProofLink:
        """A link that is good from now on."""
        expires_at = (self._clock() + self._life).replace(microsecond=0)
        named = f"{file.id}.{file.merchant_id}.{int(expires_at.timestamp())}"
        return ProofLink(f"{named}.{self._seal(named)}", expires_at)

    def read(self, token: str) -> tuple[str, str, datetime]:
        """The merchant, the file, and the end of a link. Raises NotFound: it is none, or over."""
        found = TOKEN.fullmatch(token)
        named = token.rpartition(".")[0]
        if found is None or not hmac.compare_digest(self._seal(named), found["seal"]):
            raise NotFound("no such link, or it is over")
        until = datetime.fromtimestamp(int(found["until"]), UTC)
        if until <= self._clock():
            raise NotFound("no such link, or it is over")
        return found["merchant"], found["file"], until

    def _seal(self, named: str) -> str:
        return hmac.digest(self._key, named.encode(), "sha256").hex()
