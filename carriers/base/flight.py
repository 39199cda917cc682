"""A call under way, as all transports see it: the point of no return, and the limits every answer must keep."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from threading import Lock

from carriers.base.calls import Call, Failure, Reply

Answered = Callable[[Reply | Failure], None]

CONNECT_LIMIT_S = 3.0
# Connections to one host: a carrier that hangs takes these and no more; further calls to it wait their turn.
PER_HOST = 64
MAX_HEADERS = 100
MAX_HEADER_BYTES = 65_536
DEADLINE = "no answer before the deadline"
TOO_LARGE = "the answer is larger than any honest one"
TOO_MANY_HEADERS = "the answer has more headers than any honest one"
# Answers that have no body by their nature. Source: RFC 9110, 15.3.5 and 15.4.5.
BODILESS = (204, 304)
USER_AGENT = "Doorstep/1"
ACCEPT_ENCODING = "gzip, deflate"


class Flight:
    """One call under way, seen from two sides: a transport that sends it and a driver that may give it up.

    Either the transport passes the point of no return first, or the driver gives up first: never both. So "nothing was
    sent" stays true.
    """

    def __init__(
        self, call: Call, deadline: float, answered: Answered, on_sent: Callable[[], None] | None = None
    ) -> None:
        self.call = call
        self.deadline = deadline
        self.answered = answered
        self.on_sent = on_sent
        self.sent = False
        self.given_up = False
        self._lock = Lock()

    @property
    def left_s(self) -> float:
        """What is left until the deadline."""
        return self.deadline - time.monotonic()

    def may_send(self) -> bool:
        """Asked when the connection stands, right before the first byte; after a yes the call counts as sent."""
        with self._lock:
            self.sent = self.sent or not self.given_up
            return not self.given_up

    def give_up(self) -> Failure:
        """From here on nothing more is sent."""
        with self._lock:
            self.given_up = True
        return self.failure(DEADLINE)

    def failure(self, why: str, *, bad_answer: bool = False) -> Failure:
        """What a transport that got no answer knows."""
        if self.given_up or self.left_s <= 0:
            return Failure(sent=self.sent, why=DEADLINE, late=True)
        return Failure(sent=self.sent, why=why, bad_answer=bad_answer and self.sent)

    def reply(self, status: int, headers: Mapping[str, str], body: bytes) -> Reply | Failure:
        """What a transport makes of an answer that came to an end.

        An answer cut off within its headers looks like a whole one that is empty and has no length.
        """
        if not body and status not in BODILESS and not headers.keys() & {"content-length", "transfer-encoding"}:
            return self.failure("the answer breaks off")
        return Reply(status=status, headers=headers, body=body, url=self.call.url)
