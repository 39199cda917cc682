"""Entries of a message, read one by one."""

import logging

import pytest

from carriers.base import BadCarrierResponse, OneByOne, Reading, TrackingUpdate, updates_of

SCANS = Reading({"scans": [{"code": "A"}, {"code": 7}, {"code": "C"}]}).get("scans").items()


def test_what_can_be_read_is_and_what_cannot_is_named_with_its_place() -> None:
    one_by_one = OneByOne()
    assert one_by_one.of(SCANS, lambda scan: scan.text("code")) == ["A", "C"]
    assert one_by_one.unread() == ("$.scans[1].code is not a text",)


def test_an_error_that_does_not_say_where_is_told_with_the_place() -> None:
    one_by_one = OneByOne()

    def read(scan: Reading) -> str:
        if not scan.maybe_text("code"):
            raise BadCarrierResponse("nobody knows when")
        return scan.text("code")

    one_by_one.of(SCANS, read)
    assert one_by_one.unread() == ("$.scans[1]: nobody knows when",)


def test_a_bug_costs_one_entry_and_its_words_stay_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    one_by_one = OneByOne()
    with caplog.at_level(logging.ERROR, "carriers.reading"):
        assert one_by_one.of(SCANS, lambda scan: {"A": 1, "C": 3}[str(scan.get("code").raw)]) == [1, 3]
    assert one_by_one.unread() == ("$.scans[1]: KeyError, a fault of ours",)
    assert "$.scans[1] could not be read" in caplog.text


def test_where_nothing_can_be_read_it_is_no_message() -> None:
    one_by_one = OneByOne()
    one_by_one.of(SCANS[1:2], lambda scan: scan.text("code"))
    with pytest.raises(BadCarrierResponse, match=r"scans\[1\]"):
        one_by_one.unread()
    one_by_one.of(SCANS[:1], lambda scan: scan.text("code"))
    assert len(one_by_one.unread()) == 1, "another list of the same message was read"
    assert OneByOne().unread() == ()


def test_updates_that_cannot_be_read_are_one_update_of_no_parcel() -> None:
    def read(scan: Reading) -> TrackingUpdate | None:
        code = scan.text("code")
        return None if code == "C" else TrackingUpdate(tracking_number=code, events=())

    assert [(each.tracking_number, len(each.unread)) for each in updates_of(SCANS, read)] == [("A", 0), ("", 1)]
    assert [each.tracking_number for each in updates_of(SCANS[:1], read)] == ["A"]
    with pytest.raises(BadCarrierResponse):
        updates_of(SCANS[1:2], read)
