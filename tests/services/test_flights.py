"""One goes, the others wait; errors are shared; nobody waits for ever."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from gateway.services.flights import Flights


def test_of_many_at_once_one_goes_and_all_get_what_it_brings() -> None:
    flights: Flights[int] = Flights()
    all_there, gone = threading.Barrier(21), []

    def fly() -> int:
        gone.append(1)
        all_there.wait(10)
        time.sleep(0.3)  # for the last of them to take its place behind the first
        return 7

    def after() -> int:
        all_there.wait(10)
        return flights.join("key", fly, 10.0)

    with ThreadPoolExecutor(20) as crowd:
        first = crowd.submit(flights.join, "key", fly, 10.0)
        while not gone:
            time.sleep(0.01)
        rest = [crowd.submit(after) for _ in range(19)]
        other = flights.join("another key", lambda: 8, 10.0)
        all_there.wait(10)
        assert [each.result() for each in (first, *rest)] == [7] * 20
    assert other == 8
    assert gone == [1]
    assert flights.join("key", lambda: 9, 10.0) == 9


def test_an_error_is_everybodys_and_the_next_one_goes_again() -> None:
    flights: Flights[int] = Flights()
    began, fail = threading.Event(), threading.Event()

    def crash() -> int:
        began.set()
        assert fail.wait(10)
        raise LookupError("no rates")

    with ThreadPoolExecutor(2) as crowd:
        first = crowd.submit(flights.join, "key", crash, 10.0)
        assert began.wait(10)
        second = crowd.submit(flights.join, "key", lambda: 1, 10.0)
        with pytest.raises(TimeoutError):
            flights.join("key", lambda: 1, 0.01)
        fail.set()
        with pytest.raises(LookupError):
            first.result()
        assert second.exception() is None or isinstance(second.exception(), LookupError)
    assert flights.join("key", lambda: 2, 1.0) == 2
