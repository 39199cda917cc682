"""Telling operators by whatever they read: Slack, Teams, ntfy, mail ... (apprise). The log is always told too."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import BoundedSemaphore
from typing import Any

from gateway.domain.messages import WebhookEndpoint
from gateway.domain.notifications import Sender
from gateway.services.endpoint_news import LoggedAlarm
from gateway.services.ports import UnitOfWork
from gateway.settings import BadSettings

log = logging.getLogger("gateway.alerts")
WAITING_AT_MOST = 100


class AppriseAlarm(LoggedAlarm):
    """Tells on a thread of its own: whoever raises the alarm never waits, and a failure costs a line in the log."""

    def __init__(self, urls: Sequence[str]) -> None:
        """Raises BadSettings for a URL that apprise does not know."""
        self._apprise = _apprise(urls)
        self._thread = ThreadPoolExecutor(1, "alarm")
        self._room = BoundedSemaphore(WAITING_AT_MOST)

    def endpoint_disabled(self, uow: UnitOfWork, endpoint: WebhookEndpoint, at: datetime) -> None:
        """A merchant's webhook endpoint gets nothing more."""
        super().endpoint_disabled(uow, endpoint, at)
        self._tell("A webhook endpoint is disabled", f"{endpoint.id} of {endpoint.merchant_id}: {endpoint.why}")

    def sender_fails(self, sender: Sender) -> None:
        """A merchant's mail server or provider does not take anything."""
        super().sender_fails(sender)
        self._tell("Recipients are not told", f"{sender.channel} of {sender.merchant_id} ({sender.mode}): {sender.why}")

    def wait(self) -> None:
        """Until everything that was raised has been tried; then nothing more is told."""
        self._thread.shutdown()

    def _tell(self, title: str, text: str) -> None:
        if not self._room.acquire(blocking=False):
            log.error("operators are not told, too much waits: %s: %s", title, text)
            return
        self._thread.submit(self._send, title, text)

    def _send(self, title: str, text: str) -> None:
        try:
            if not self._apprise.notify(title=f"Doorstep: {title}", body=text):
                log.error("operators could not be told by every URL of [alerts]: %s: %s", title, text)
        except Exception:  # the thread's outermost call: an alarm that fails must not end the next one
            log.exception("operators could not be told: %s: %s", title, text)
        finally:
            self._room.release()


def _apprise(urls: Sequence[str]) -> Any:
    try:
        from apprise import Apprise
    except ImportError as error:
        raise BadSettings('[alerts] urls needs the extra: pip install "doorstep[engines]"') from error
    found = Apprise()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # apprise's plugins still look at what Python deprecates
        for number, url in enumerate(urls, 1):
            if not found.add(url):
                raise BadSettings(f"alerts.urls: number {number} is no URL that apprise knows")
    return found
