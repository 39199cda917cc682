"""Which engine passes hints on: the embedded one has none, the distributed one is imported when it is chosen."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from gateway.services.dispatch import Dispatcher, Ticks
from gateway.settings import BadSettings, Work


def dispatcher_of(work: Work) -> Dispatcher:
    """The chosen engine's. Raises BadSettings: there is no such engine, or its library is not installed."""
    if work.engine == "embedded":
        return Ticks()
    if work.engine != "celery":
        raise BadSettings("work.engine is embedded or celery")
    dispatcher: Dispatcher = celery_engine().CeleryDispatcher(work)
    return dispatcher


def celery_engine() -> ModuleType:
    """The module with the distributed engine. Raises BadSettings: its library is not installed."""
    try:
        return import_module("gateway.engines.celery_engine")
    except ModuleNotFoundError as error:
        raise BadSettings('the engine "celery" needs more libraries: pip install "doorstep[distributed]"') from error
