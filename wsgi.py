"""WSGI entry point: `granian --interface wsgi wsgi:application`."""

import gc
import os
import signal
import socket
import threading

from gateway.app import create_app
from gateway.bootstrap import build
from gateway.settings import load_settings

services = build(load_settings(os.environ))
application = create_app(services)
_signals, _signals_in = socket.socketpair()


def _end_streams_when_told_to_stop() -> None:
    """Live updates would hold the process up; their clients come back to another one.

    The server has its own handlers for signals. Python writes each signal's number to one file descriptor besides
    (`signal.set_wakeup_fd`), which we take unless the server has.
    """
    _signals_in.setblocking(False)
    taken = signal.set_wakeup_fd(_signals_in.fileno(), warn_on_full_buffer=False)
    if taken != -1:
        signal.set_wakeup_fd(taken)
        return

    def wait() -> None:
        while _signals.recv(1)[0] not in (signal.SIGTERM, signal.SIGINT):
            pass
        services.live.stop()

    threading.Thread(target=wait, name="stop", daemon=True).start()


if threading.current_thread() is threading.main_thread():
    _end_streams_when_told_to_stop()

# What is loaded stays: the garbage collector need not look at it again, nor look for cycles after every few
# hundred objects, of which a quote makes thousands. It was a tenth of what a quote costs.
gc.freeze()
gc.set_threshold(20_000, 20, 20)
