"""What an adapter asks of its account, and what it leaves out of a request."""

from __future__ import annotations

import pytest

from carriers.base import Account, AuthenticationFailed, ServicePointClosed, ShipmentRejected, filled


def account(**options: object) -> Account:
    secrets = {"token": "t0ken", "blank": " "}
    return Account(id="acc_1", name="swift-oslo", mode="test", urls={}, secrets=secrets, options=options)


def test_what_is_needed_is_there_or_named() -> None:
    assert (account().secret("token"), account(number=7).option("number")) == ("t0ken", "7")
    for name in ("blank", "password"):
        with pytest.raises(AuthenticationFailed, match=f"swift-oslo has no secret {name}"):
            account().secret(name)
    for options in ({}, {"number": ""}, {"number": None}):
        with pytest.raises(AuthenticationFailed, match="swift-oslo has no option number"):
            account(**options).option("number")


@pytest.mark.parametrize(
    ("value", "words"),
    [(["a", "b"], ("a", "b")), ("a, b  c", ("a", "b", "c")), ([1], ("1",)), ("", ()), (None, ()), (7, ()), ({}, ())],
)
def test_a_list_of_words_is_written_in_either_way(value: object, words: tuple[str, ...]) -> None:
    assert account(services=value).words("services") == words


def test_what_says_nothing_is_not_sent() -> None:
    said = {"zero": 0, "no": False, "text": "x"}
    assert filled({**said, "null": None, "blank": "", "none": [], "nobody": {}, "nothing": ()}) == said


def test_a_refusal_says_every_reason_once() -> None:
    assert str(ShipmentRejected("no: too heavy", reasons=["too heavy", "phone: invalid"])) == (
        "no: too heavy: phone: invalid"
    )
    refused = ShipmentRejected("wrong", reasons=["zip: unknown"], carrier_code="x", carrier_message="m")
    closed = ServicePointClosed.because(refused)
    assert (str(closed), closed.reasons, closed.carrier_code, closed.carrier_message) == (
        "wrong: zip: unknown",
        ("zip: unknown",),
        "x",
        "m",
    )
