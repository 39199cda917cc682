"""Named points at which a test may kill this process, to prove that a crash there costs nothing.

No-ops unless `[faults] kill_at` names one. Booking has five; every other call to the outside has the moment after its
request went out. `Purpose` is the registry: no outbound call without one.
"""

from __future__ import annotations

import os
import signal
from enum import StrEnum

AFTER_CLAIM = "after_claim"
AFTER_TENDER_COMMIT = "after_tender_commit"
AFTER_SEND = "after_send"
AFTER_ANSWER = "after_answer"
BEFORE_RESPONSE = "before_response"

BOOKING_POINTS = (AFTER_CLAIM, AFTER_TENDER_COMMIT, AFTER_SEND, AFTER_ANSWER, BEFORE_RESPONSE)


class Purpose(StrEnum):
    """Why we call somebody outside; the value names the call's fault point."""

    BOOK = AFTER_SEND
    QUOTE = "quote_sent"
    FIND = "find_sent"
    CANCEL = "cancel_sent"
    LABEL = "label_sent"
    TRACK = "track_sent"
    SUBSCRIBE = "subscribe_sent"
    PROOF = "proof_sent"
    PROOF_FILE = "proof_file_sent"
    PROOF_FILE_KEPT = "proof_file_kept"
    CHECK = "check_sent"
    SERVICE_POINTS = "service_points_sent"
    PICKUP = "pickup_sent"
    CANCEL_PICKUP = "pickup_cancel_sent"
    MANIFEST = "manifest_sent"
    INSTRUCT = "instruct_sent"
    OTHER_TIMES = "other_times_sent"
    RESCHEDULE = "reschedule_sent"
    REDIRECT = "redirect_sent"
    TELL_MERCHANT = "webhook_sent"
    TELL_RECIPIENT = "notification_sent"


POINTS = (*BOOKING_POINTS, *(purpose.value for purpose in Purpose if purpose is not Purpose.BOOK))


class FaultPoints:
    """Kills this process with SIGKILL when the armed point is reached."""

    def __init__(self, kill_at: str = "") -> None:
        if kill_at and kill_at not in POINTS:
            raise ValueError(f"there is no fault point {kill_at!r}; there are {', '.join(POINTS)}")
        self._armed = kill_at

    def reach(self, point: str) -> None:
        """Pass a point; does not return if it is the armed one."""
        if self._armed and point == self._armed:
            os.kill(os.getpid(), signal.SIGKILL)
