"""The distributed engine: hints travel by Celery over RabbitMQ, one quorum queue for each carrier account.

Nothing is lost with a message or with the broker: see `gateway.services.dispatch`. Source of the settings: Celery 5.7,
"Configuration and defaults"; `acks_late` with `reject_on_worker_lost` hands a batch whose process was killed to another
one at once, which its lease would do later.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Sequence

from celery import Celery
from celery.exceptions import CeleryError
from celery.signals import worker_process_init
from kombu.exceptions import KombuError

from gateway.settings import Work

log = logging.getLogger("gateway.celery")
RUN_BATCH = "run_batch"
IDS_A_MESSAGE = 100
AWAY = (CeleryError, KombuError, OSError)
"""What the libraries raise when there is no broker, or no longer."""
AWAY_S = 5.0
SOCKET_S = 5.0
TRANSPORT = {"confirm_publish": True, "read_timeout": SOCKET_S, "write_timeout": SOCKET_S, "max_retries": 1}
QUORUM = {"x-queue-type": "quorum"}
RunBatch = Callable[[str, Sequence[str]], None]


def application(work: Work) -> Celery:
    """Celery with our settings and without tasks: those who only send know the task by its name."""
    app = Celery("doorstep", broker=work.broker_url, set_as_current=False)
    app.conf.update(
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_acks_on_failure_or_timeout=True,
        task_ignore_result=True,
        task_default_queue_type="quorum",
        task_create_missing_queue_type="quorum",
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_enable_remote_control=True,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_connection_timeout=SOCKET_S,
        broker_transport_options=TRANSPORT,
    )
    return app


def queue_of(lane: str) -> str:
    """The queue of a lane."""
    return f"doorstep.{lane}"


class CeleryDispatcher:
    """Implements `Dispatcher`. What is to be woken is collected by a thread, so that nobody waits for a broker."""

    def __init__(self, work: Work) -> None:
        self._app = application(work)
        self._expires_s = work.sweep_s
        self._lock = threading.Lock()
        self._waiting: dict[tuple[str, str], set[str]] = {}
        self._woken = threading.Event()
        self._thread: threading.Thread | None = None
        self._known: set[str] = set()

    def wake(self, job: str, lane: str, ids: Sequence[str]) -> None:
        """See `Dispatcher`."""
        with self._lock:
            self._waiting.setdefault((job, lane), set()).update(ids)
            if self._thread is None:
                self._thread = threading.Thread(target=self._send_all, name="hints", daemon=True)
                self._thread.start()
        self._woken.set()

    def tell(self, job: str, lane: str, ids: Sequence[str]) -> bool:
        """See `Dispatcher`."""
        try:
            if lane not in self._known:  # those who work already hear of it; those who begin look it up
                self._app.control.add_consumer(
                    queue_of(lane), options={"queue_arguments": QUORUM, "routing_key": queue_of(lane)}
                )
                self._known.add(lane)
            for start in range(0, len(ids), IDS_A_MESSAGE):
                chunk = list(ids[start : start + IDS_A_MESSAGE])
                old = {"expires": self._expires_s, "expiration": self._expires_s}  # to Celery, and to the broker
                self._app.send_task(RUN_BATCH, (job, chunk), queue=queue_of(lane), retry=False, **old)
        except AWAY as error:
            log.warning("no hint of %d %s was sent: %s", len(ids), job, error)
            return False
        return True

    def _send_all(self) -> None:
        """Hints that cannot be sent are dropped: workers look for themselves."""
        while True:
            self._woken.wait()
            self._woken.clear()
            with self._lock:
                waiting, self._waiting = self._waiting, {}
            for (job, lane), ids in waiting.items():
                if not self.tell(job, lane, sorted(ids)):
                    threading.Event().wait(AWAY_S)
                    break


def consume(work: Work, lanes: Iterable[str], make: Callable[[], RunBatch]) -> None:
    """A Celery worker that takes hints of these lanes, and of those that come later, until it is told to stop.

    `make` is called once in each of its processes, which are forked: what is not to be shared is made there.
    """
    app = application(work)
    made: list[RunBatch] = []

    def begin(**_: object) -> None:
        made[:] = [make()]

    def run_batch(job: str, ids: Sequence[str]) -> None:
        made[0](job, ids)

    logging.getLogger("kombu.transport.native_delayed_delivery").setLevel(logging.ERROR)  # we delay nothing
    worker_process_init.connect(begin, weak=False)
    app.task(run_batch, name=RUN_BATCH)

    queues = ",".join(queue_of(lane) for lane in lanes)
    app.worker_main(
        [
            "--quiet",
            "worker",
            "-Q",
            queues,
            "-c",
            str(work.processes),
            "--without-gossip",
            "--without-mingle",
            "-l",
            "WARNING",
        ]
    )
