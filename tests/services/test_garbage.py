"""The search for cycles rests while batches are worked on, and only then."""

from __future__ import annotations

import gc

import pytest

from gateway.services.garbage import uncollected


def test_it_rests_until_the_last_batch_ends() -> None:
    with uncollected():
        with uncollected():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_it_goes_on_after_a_batch_that_failed() -> None:
    with pytest.raises(KeyError), uncollected():
        raise KeyError
    assert gc.isenabled()
