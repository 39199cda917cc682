"""`{url:api}` in what a sample expects is the URL of the account that it was played on, not of another."""

from dataclasses import replace

from carriers.base import ShipmentRejected
from carriers.base.conformance.checks.exchanges import not_as_said
from carriers.base.conformance.stage import Played, Subject
from carriers.base.registry import carrier


def test_a_link_is_compared_with_the_account_that_was_asked() -> None:
    subject = Subject.of(carrier("sandbox"))
    sample = replace(
        subject.samples.found[0], then={"error": "ShipmentRejected", "carrier_message": "{url:api}/labels/1"}
    )
    urls = {"api": "http://127.0.0.1:4711/book.ok/api"}
    for message, differ in ((f"{urls['api']}/labels/1", False), ("http://127.0.0.1:9/memory/api/labels/1", True)):
        played = Played(error=ShipmentRejected("no", carrier_message=message), urls=urls)
        assert bool(list(not_as_said(subject, sample, played))) is differ
