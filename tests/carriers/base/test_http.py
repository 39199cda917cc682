"""What an account's way out makes of answers, failures, links and secrets; answers are prepared, no wire is needed."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from decimal import Decimal
from typing import Any

import pytest

from carriers.base.calls import Call, Exchange, Failure, Reply, redacted
from carriers.base.errors import (
    AuthenticationFailed,
    BadCarrierResponse,
    CarrierError,
    CarrierUnavailable,
    OutcomeUnknown,
    RateLimited,
    ShipmentRejected,
    UnknownReference,
)
from carriers.base.http import Http
from carriers.base.messages import Account
from gateway.domain.clock import utc_now
from tests.carriers.base.peers import outlet

API = "https://api.swift.example/v1"
SECRETS = {"api_key": 'k-1"23/45', "client_secret": "s3cr3t+value"}


def play(coroutine: Coroutine[Any, Any, Reply], *answers: Reply | Failure) -> tuple[Reply, list[Call]]:
    """Run a coroutine on prepared answers, which it must use up exactly."""
    left, calls, given = list(answers), [], None
    while True:
        try:
            calls.append(coroutine.send(given))
        except StopIteration as ended:
            assert not left
            return ended.value, calls
        given = left.pop(0)


def reply(status: int = 200, body: bytes = b"{}", **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status=status, headers=named, body=body)


def failure(*, sent: bool, bad_answer: bool = False, late: bool = False) -> Failure:
    return Failure(sent=sent, why="it broke", bad_answer=bad_answer, late=late)


def posted(answer: Reply | Failure, *, repeatable: bool, http: Http | None = None) -> CarrierError:
    with pytest.raises(CarrierError) as caught:
        play((http or outlet(API)).post("api", repeatable=repeatable), answer)
    return caught.value


@pytest.mark.parametrize(
    ("status", "repeatable", "error"),
    [
        (400, False, ShipmentRejected),
        (401, False, AuthenticationFailed),
        (403, False, AuthenticationFailed),
        (404, False, UnknownReference),
        (409, False, ShipmentRejected),
        (422, False, ShipmentRejected),
        (429, False, RateLimited),
        (408, True, CarrierUnavailable),
        (408, False, OutcomeUnknown),
        (500, True, CarrierUnavailable),
        (500, False, OutcomeUnknown),
        (503, True, CarrierUnavailable),
        (503, False, OutcomeUnknown),
        (599, False, OutcomeUnknown),
        (301, True, BadCarrierResponse),
        (307, False, BadCarrierResponse),
        (204, False, BadCarrierResponse),
        (600, False, BadCarrierResponse),
        (20, False, BadCarrierResponse),
    ],
)
def test_an_unexpected_status_says_what_may_be_done_next(
    status: int, repeatable: bool, error: type[CarrierError]
) -> None:
    assert type(posted(reply(status), repeatable=repeatable)) is error


@pytest.mark.parametrize(
    ("broken", "repeatable", "error"),
    [
        (failure(sent=False), False, CarrierUnavailable),
        (failure(sent=False), True, CarrierUnavailable),
        (failure(sent=True), False, OutcomeUnknown),
        (failure(sent=True), True, CarrierUnavailable),
        (failure(sent=True, bad_answer=True), False, OutcomeUnknown),
        (failure(sent=True, bad_answer=True), True, BadCarrierResponse),
        (failure(sent=True, late=True), False, OutcomeUnknown),
    ],
)
def test_no_answer_is_judged_by_whether_anything_was_sent(
    broken: Failure, repeatable: bool, error: type[CarrierError]
) -> None:
    assert type(posted(broken, repeatable=repeatable)) is error


def test_the_adapter_is_asked_first_what_an_error_means() -> None:
    asked: list[int] = []

    def refusal(answer: Reply) -> CarrierError | None:
        asked.append(answer.status)
        return CarrierUnavailable("documented: not processed") if answer.status == 503 else None

    http = outlet(API, refusal=refusal)
    assert type(posted(reply(503), repeatable=False, http=http)) is CarrierUnavailable
    assert type(posted(reply(500), repeatable=False, http=http)) is OutcomeUnknown
    assert asked == [503, 500]


def test_an_expected_status_is_an_answer_whatever_it_is() -> None:
    answer, _ = play(outlet(API).post("api", repeatable=False, expect=(200, 409)), reply(409))
    assert answer.status == 409


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("17", 17.0),
        ("0", 0.0),
        ("99999999999999", 3600.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("²", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 3600.0),
    ],
)
def test_a_wait_is_read_in_seconds_or_as_a_date_and_cut(given: str, wanted: float | None) -> None:
    error = posted(reply(429, retry_after=given), repeatable=False)
    assert isinstance(error, RateLimited)
    assert error.retry_after_s == wanted


def test_a_wait_until_soon_is_counted_from_now() -> None:
    soon = utc_now().replace(microsecond=0).timestamp() + 120
    stamp = utc_now().fromtimestamp(soon, utc_now().tzinfo).strftime("%a, %d %b %Y %H:%M:%S GMT")
    error = posted(reply(429, retry_after=stamp), repeatable=False)
    assert isinstance(error, RateLimited)
    assert error.retry_after_s is not None
    assert 60 < error.retry_after_s <= 120


def test_a_read_without_an_answer_is_tried_once_more() -> None:
    answer, calls = play(outlet(API).get("api"), failure(sent=True), reply())
    assert answer.status == 200
    assert len(calls) == 2


@pytest.mark.parametrize("final", [failure(sent=True, late=True), failure(sent=True, bad_answer=True)])
def test_a_read_is_not_tried_again_when_that_is_no_use(final: Failure) -> None:
    with pytest.raises(CarrierError):
        play(outlet(API).get("api"), final)


def test_a_call_that_is_not_a_read_is_never_tried_again() -> None:
    for repeatable in (True, False):
        posted(failure(sent=False), repeatable=repeatable)


def test_what_a_carrier_says_is_cleaned_and_cut() -> None:
    error = posted(reply(400, "too heavy\r\n\x1b[31m\u202eend".encode() + b"x" * 5000), repeatable=False)
    assert error.carrier_message is not None
    assert error.carrier_message.startswith("too heavy [31mendxxx")
    assert len(error.carrier_message) == 300
    assert "\x1b" not in str(error)


def test_bodies_are_exact_and_compact() -> None:
    _, calls = play(
        outlet(API).post("api", repeatable=True, json={"price": Decimal("8.90"), "big": Decimal("1E+3")}), reply()
    )
    assert calls[0].body == b'{"price":8.90,"big":1000}'
    _, calls = play(outlet(API).post("api", repeatable=True, form={"a": "ø b"}), reply())
    assert calls[0].body == b"a=%C3%B8+b"
    assert calls[0].headers["content-type"] == "application/x-www-form-urlencoded"


@pytest.mark.parametrize("bad", [Decimal("NaN"), object()])
def test_what_json_cannot_say_is_a_bug(bad: object) -> None:
    with pytest.raises(TypeError):
        play(outlet(API).post("api", repeatable=True, json={"price": bad}))


def test_an_answer_may_be_longer_where_its_reader_says_so() -> None:
    _, calls = play(outlet(API).get("api", limit_bytes=2**25), reply())
    _, others = play(outlet(API).get("api"), reply())
    assert [call.limit_bytes for call in (*calls, *others)] == [2**25, 2**21]


def test_parameters_that_are_none_are_left_out() -> None:
    _, calls = play(outlet(API).get("api", "/p", params={"a": 1, "b": None, "c": "x y"}), reply())
    assert calls[0].url == f"{API}/p?a=1&c=x+y"
    _, calls = play(outlet(API).get("api", params=[("id", "1"), ("id", "2")]), reply())
    assert calls[0].url == f"{API}?id=1&id=2"


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/a\r\nHost: evil", {}),
        ("/a b", {}),
        ("/å", {}),
        ("", {"X-Reference": "1\r\nX-Admin: 1"}),
        ("", {"X-Reference": "Åse"}),
        ("", {"X\r\nY": "1"}),
    ],
)
def test_nobody_else_writes_our_headers(path: str, headers: Mapping[str, str]) -> None:
    with pytest.raises(CarrierUnavailable, match="not sent"):
        play(outlet(API).post("api", path, repeatable=False, headers=headers))


@pytest.mark.parametrize("url", ["https://user:pw@api.swift.example", "https://", "http://[::1", "nonsense"])
def test_an_address_that_leads_nowhere_is_not_tried(url: str) -> None:
    with pytest.raises(CarrierUnavailable, match="not sent"):
        play(outlet(url).get("api"))


def test_a_url_the_account_does_not_have_is_unavailable() -> None:
    with pytest.raises(CarrierUnavailable, match="'label'"):
        play(outlet(API).get("label"))


def test_an_anonymous_call_carries_no_credentials() -> None:
    http = outlet(API, credentials={"Authorization": "Bearer abc"})
    _, calls = play(http.get("api", anonymous=True), reply())
    assert "authorization" not in calls[0].headers


def changing(*tokens: str) -> tuple[Http, list[str]]:
    """A way out whose credentials change when the carrier refuses them."""
    left, forgotten = list(tokens), []

    async def headers() -> Mapping[str, str]:
        return {"Authorization": f"Bearer {left[0]}"}

    def forget() -> bool:
        forgotten.append(left.pop(0) if len(left) > 1 else left[0])
        return True

    account = Account(id="acc1", name="swift", mode="test", urls={"api": API})
    return Http(account, headers=headers, refusal=lambda _: None, forget=forget), forgotten


def test_a_stale_token_is_renewed_once() -> None:
    http, forgotten = changing("old", "new")
    answer, calls = play(http.post("api", repeatable=False), reply(401), reply())
    assert answer.status == 200
    assert [call.headers["authorization"] for call in calls] == ["Bearer old", "Bearer new"]
    assert forgotten == ["old"]


def test_a_renewed_token_that_is_refused_too_is_the_end_of_it() -> None:
    http, _ = changing("old", "new", "newer")
    with pytest.raises(AuthenticationFailed):
        play(http.post("api", repeatable=False), reply(401), reply(401))


def test_credentials_that_do_not_change_are_not_tried_again() -> None:
    http, _ = changing("only")
    with pytest.raises(AuthenticationFailed):
        play(http.post("api", repeatable=False), reply(401))


def test_a_call_is_signed_over_the_very_bytes_that_go_out() -> None:
    seen: list[Call] = []

    async def headers() -> Mapping[str, str]:
        return {}

    def sign(call: Call) -> Mapping[str, str]:
        seen.append(call)
        return {"Authorization": f"hmac {len(call.body or b'')}"}

    account = Account(id="acc1", name="swift", mode="test", urls={"api": API})
    signing = Http(account, headers=headers, sign=sign, refusal=lambda _: None)
    _, (sent,) = play(signing.post("api", "/orders", json={"a": "é"}, repeatable=False), reply())
    assert sent.headers["authorization"] == f"hmac {len(sent.body or b'')}"
    assert [(call.method, call.url, call.body) for call in seen] == [("POST", f"{API}/orders", sent.body)]
    _, (unsigned,) = play(signing.get("api", anonymous=True), reply())
    assert "authorization" not in unsigned.headers


LABEL = "https://www.swift.example/label.pdf"


def test_a_link_to_the_accounts_host_carries_credentials_and_others_do_not() -> None:
    http = outlet(API, credentials={"X-Key": "k"})
    _, own = play(http.fetch("https://api.swift.example/label?id=1"), reply())
    _, other = play(http.fetch(LABEL, hosts=["www.swift.example"]), reply())
    assert own[0].headers["x-key"] == "k"
    assert "x-key" not in other[0].headers


def test_a_link_is_followed_once_without_credentials() -> None:
    http = outlet(API, credentials={"X-Key": "k"})
    start = "https://api.swift.example/label"
    answer, calls = play(
        http.fetch(start, hosts=["www.swift.example"]), reply(302, location=LABEL), reply(body=b"%PDF")
    )
    assert answer.body == b"%PDF"
    assert [call.url for call in calls] == [start, LABEL]
    assert "x-key" not in calls[1].headers
    with pytest.raises(BadCarrierResponse):
        play(http.fetch(start), reply(302, location="/a"), reply(302, location="/b"))


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/label",
        "https://api.swift.example.evil.example/label",
        "https://api.swift.example@evil.example/label",
        "https://api.swift.example:8443/label",
        "http://api.swift.example/label",
        "http://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
        "//evil.example/label",
        "https://[api.swift.example/label",
        "",
    ],
)
def test_a_link_elsewhere_is_not_followed(link: str) -> None:
    with pytest.raises(BadCarrierResponse):
        play(outlet(API).fetch(link))
    with pytest.raises(BadCarrierResponse):
        play(outlet(API).fetch("https://api.swift.example/a"), reply(302, location=link), *[reply(302)] * (not link))


def test_reprs_show_neither_headers_nor_bodies_nor_queries() -> None:
    http = outlet(API, credentials={"Authorization": "Bearer tok-123"}, secrets=SECRETS)
    answer, calls = play(
        http.post("api", "/s3cr3t+value", repeatable=True, json={"a": "private"}, params={"key": "k-1"}),
        reply(body=b"private", set_cookie="private"),
    )
    shown = f"{calls!r} {answer!r} {http!r} {Exchange(calls[0], answer)!r}"
    for secret in ("private", "tok-123", "k-1", "s3cr3t"):
        assert secret not in shown


def test_errors_do_not_repeat_secrets_that_the_carrier_repeats() -> None:
    told: list[bytes] = []

    def refusal(answer: Reply) -> None:
        told.append(answer.body)

    http = outlet(API, credentials={"Authorization": "Bearer tok-123"}, secrets=SECRETS, refusal=refusal)
    echo = rb"""key k-1\"23/45 or k-1"23/45 or k-1%2223%2F45; s3cr3t+value, s3cr3t%2Bvalue, Bearer tok-123, tok-123"""
    error = posted(reply(400, echo), repeatable=False, http=http)
    for said in (str(error), error.carrier_message or "", told[0].decode()):
        assert "23" not in said
        assert "s3cr3t" not in said
        assert said.count("(hidden)") == 7


def test_errors_do_not_repeat_secrets_that_the_carrier_repeats_in_a_header() -> None:
    def refusal(answer: Reply) -> CarrierError:
        return ShipmentRejected(answer.headers["message"])

    http = outlet(API, secrets=SECRETS, refusal=refusal)
    error = posted(reply(400, message=f"user {SECRETS['client_secret']}: no access"), repeatable=False, http=http)
    assert str(error) == "user (hidden): no access"


def test_an_exchange_is_shown_without_secrets() -> None:
    http = outlet(API, credentials={"X-Api-Key": 'k-1"23/45', "Cookie": "session-cookie"}, secrets=SECRETS)
    body = b'{"access_token": "tok\\"en-1", "expires_in": 3600, "refresh_token":"tok-2", "id": "B1"}'
    answer, calls = play(
        http.post("api", "/x", repeatable=True, form={"client_secret": SECRETS["client_secret"], "grant": "g"}),
        reply(body=body, set_cookie="tok-3", x_trace="t1"),
    )
    shown = redacted(Exchange(calls[0], answer))
    assert shown["url"] == f"{API}/x"
    assert (shown["method"], shown["status"]) == ("POST", 200)
    assert '"expires_in": 3600' in str(shown["reply_body"])
    assert '"id": "B1"' in str(shown["reply_body"])
    for secret in ("tok", "en-1", "k-1", "s3cr3t", "session-cookie"):
        assert secret not in str([value for value in shown.values()]).replace("token", "")
    assert redacted(Exchange(calls[0], None)).keys() == {"method", "url", "headers", "body"}


def test_a_short_secret_does_not_eat_the_text() -> None:
    http = outlet(API, secrets={"pin": "e"})
    assert "refused here" in str(posted(reply(400, b"refused here"), repeatable=False, http=http))


@pytest.mark.parametrize("start", [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0"])
def test_an_image_is_known_by_how_it_begins(start: bytes) -> None:
    assert reply(body=start + b"...").image() == start + b"..."
    for other in (b"", b"<html>Please log in", b" " + start):
        with pytest.raises(BadCarrierResponse):
            reply(body=other).image()
