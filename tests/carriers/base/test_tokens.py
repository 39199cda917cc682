from collections.abc import Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TypeVar
from urllib.parse import parse_qsl

import pytest

from carriers.base import (
    Account,
    AuthenticationFailed,
    CarrierError,
    CarrierUnavailable,
    ClientCredentials,
    Http,
    RateLimited,
    Reply,
    ShipmentRejected,
)
from carriers.base.http import Call, Failure

T = TypeVar("T")

ACCOUNT = Account(
    id="acc_1",
    name="swift-oslo",
    mode="test",
    urls={"api": "https://api.swift.example", "token": "https://auth.swift.example/oauth/v2/token"},
    secrets={"client_id": "id-1", "client_secret": "s3cret"},
)


class Seconds:
    """A clock that only moves when told to."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


def answered(status: int, body: str) -> Reply:
    return Reply(status=status, headers={}, body=body.encode())


def token(value: str = "abc", rest: str = ', "expires_in": 3600') -> Reply:
    return answered(200, f'{{"access_token": "{value}", "token_type": "Bearer"{rest}}}')


def play(coroutine: Coroutine[Call, Reply | Failure, T], *answers: Reply | Failure) -> tuple[T, list[Call]]:
    """Run a coroutine on prepared answers, which it must use up exactly."""
    left, calls, answer = list(answers), [], None
    while True:
        try:
            calls.append(coroutine.send(answer))
        except StopIteration as stop:
            assert not left
            return stop.value, calls
        answer = left.pop(0)


def bearer(tokens: ClientCredentials, *answers: Reply | Failure, account: Account = ACCOUNT) -> str:
    return play(tokens.bearer(outlet(account), account), *answers)[0]


def outlet(account: Account = ACCOUNT, refused: CarrierError | None = None) -> Http:
    async def headers() -> Mapping[str, str]:
        raise AssertionError("a token is asked for without credentials in the headers")

    return Http(account, headers=headers, refusal=lambda reply: refused)


def test_a_token_is_asked_for_as_the_standard_says() -> None:
    value, calls = play(ClientCredentials(scope="eats.deliveries").bearer(outlet(), ACCOUNT), token())
    assert value == "abc"
    assert [(call.method, call.url) for call in calls] == [("POST", "https://auth.swift.example/oauth/v2/token")]
    assert dict(parse_qsl((calls[0].body or b"").decode())) == {
        "grant_type": "client_credentials",
        "client_id": "id-1",
        "client_secret": "s3cret",
        "scope": "eats.deliveries",
    }
    assert calls[0].headers["content-type"] == "application/x-www-form-urlencoded"


def test_an_empty_scope_is_not_sent() -> None:
    _, calls = play(ClientCredentials().bearer(outlet(), ACCOUNT), token())
    assert b"scope" not in (calls[0].body or b"")


def test_a_token_is_kept_until_shortly_before_its_end() -> None:
    now = Seconds()
    tokens = ClientCredentials(early_s=60, now=now)
    assert bearer(tokens, token("first")) == "first"
    now.at += 3600 - 61
    assert bearer(tokens) == "first"
    now.at += 1
    assert bearer(tokens, token("second")) == "second"


@pytest.mark.parametrize(
    ("rest", "kept_s"),
    [
        (', "expires_in": "14399"', 14399 - 60),
        ("", 300 - 60),
        (', "expires_in": null', 300 - 60),
        (', "expires_in": "soon"', 300 - 60),
        (', "expires_in": 30', 0),
        (', "expires_in": -5', 0),
    ],
)
def test_a_life_that_is_odd_or_not_stated_never_loses_the_token(rest: str, kept_s: float) -> None:
    now = Seconds()
    tokens = ClientCredentials(now=now)
    assert bearer(tokens, token("first", rest)) == "first"
    if kept_s:
        now.at += kept_s - 1
        assert bearer(tokens) == "first"
        now.at += 1
    assert bearer(tokens, token("second")) == "second"


def test_the_age_of_a_token_counts_from_when_it_was_asked_for() -> None:
    now = Seconds()
    tokens = ClientCredentials(now=now)
    asking = tokens.bearer(outlet(), ACCOUNT)
    asking.send(None)
    now.at += 100
    with pytest.raises(StopIteration):
        asking.send(token("slow", ', "expires_in": 160'))
    assert bearer(tokens, token("next")) == "next"


def test_a_forgotten_token_is_asked_for_again() -> None:
    tokens = ClientCredentials()
    assert not tokens.forget(ACCOUNT)
    bearer(tokens, token("first"))
    assert tokens.forget(ACCOUNT)
    assert bearer(tokens, token("second")) == "second"


@pytest.mark.parametrize(
    "other",
    [
        replace(ACCOUNT, id="acc_2"),
        replace(ACCOUNT, secrets={**ACCOUNT.secrets, "client_secret": "changed"}),
        replace(ACCOUNT, secrets={**ACCOUNT.secrets, "client_id": "id-2"}),
        replace(ACCOUNT, urls={**ACCOUNT.urls, "token": "http://127.0.0.1:8080/token"}),
    ],
)
def test_a_token_is_never_used_for_another_account_or_after_its_credentials_changed(other: Account) -> None:
    tokens = ClientCredentials()
    bearer(tokens, token("mine"))
    assert bearer(tokens, token("theirs"), account=other) == "theirs"
    assert bearer(tokens) == "mine"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (answered(400, '{"error": "invalid_client"}'), AuthenticationFailed),
        (answered(401, '{"error": "invalid_client"}'), AuthenticationFailed),
        (answered(403, ""), AuthenticationFailed),
        (answered(404, ""), AuthenticationFailed),
        (answered(429, ""), RateLimited),
        (answered(500, ""), CarrierUnavailable),
        (answered(302, ""), CarrierUnavailable),
        (answered(200, "<html>"), CarrierUnavailable),
        (answered(200, "{}"), CarrierUnavailable),
        (answered(200, '{"access_token": ""}'), CarrierUnavailable),
        (answered(200, '{"access_token": 7}'), CarrierUnavailable),
        (answered(200, '{"access_token": "zażółć"}'), CarrierUnavailable),
        (answered(200, '{"access_token": "a\\r\\nX-Admin: 1"}'), CarrierUnavailable),
        (Failure(sent=False, why="refused"), CarrierUnavailable),
        (Failure(sent=True, why="reset"), CarrierUnavailable),
        (Failure(sent=True, why="too big", bad_answer=True), CarrierUnavailable),
    ],
)
def test_without_a_token_nothing_was_booked(answer: Reply | Failure, error: type[CarrierError]) -> None:
    tokens = ClientCredentials()
    with pytest.raises(CarrierError) as caught:
        bearer(tokens, answer)
    assert type(caught.value) is error
    assert "s3cret" not in str(caught.value)
    assert bearer(tokens, token("next")) == "next"


def test_an_adapter_that_reads_error_answers_does_not_turn_a_refused_client_into_a_refused_shipment() -> None:
    refused = ShipmentRejected("invalid client", carrier_code="invalid_client")
    with pytest.raises(AuthenticationFailed) as caught:
        play(ClientCredentials().bearer(outlet(refused=refused), ACCOUNT), answered(400, "{}"))
    assert caught.value.carrier_code == "invalid_client"


@pytest.mark.parametrize("name", ["client_id", "client_secret"])
@pytest.mark.parametrize("value", [None, ""])
def test_missing_credentials_are_named(name: str, value: str | None) -> None:
    secrets = {key: text for key, text in {**ACCOUNT.secrets, name: value}.items() if text is not None}
    with pytest.raises(AuthenticationFailed, match=f"swift-oslo has no secret {name}"):
        bearer(ClientCredentials(), account=replace(ACCOUNT, secrets=secrets))


def test_an_account_without_a_token_url_asks_nobody() -> None:
    with pytest.raises(CarrierUnavailable, match="token"):
        bearer(ClientCredentials(), account=replace(ACCOUNT, urls={}))


def caller(tokens: ClientCredentials) -> Http:
    """An outlet whose calls carry a token, as an adapter's do."""

    async def headers() -> Mapping[str, str]:
        return {"authorization": f"Bearer {await tokens.bearer(http, ACCOUNT)}"}

    http = Http(ACCOUNT, headers=headers, refusal=lambda reply: None, forget=lambda: tokens.forget(ACCOUNT))
    return http


def test_a_call_refused_for_a_stale_token_is_made_once_more_with_a_fresh_one() -> None:
    tokens = ClientCredentials()
    bearer(tokens, token("stale"))
    booking = caller(tokens).post("api", "/book", repeatable=False, json={})
    reply, calls = play(booking, answered(401, "{}"), token("fresh"), answered(200, "{}"))
    assert reply.status == 200
    assert [call.headers.get("authorization") for call in calls] == ["Bearer stale", None, "Bearer fresh"]


def test_a_call_refused_with_a_fresh_token_too_is_not_made_again() -> None:
    tokens = ClientCredentials()
    bearer(tokens, token("stale"))
    booking = caller(tokens).post("api", "/book", repeatable=False, json={})
    with pytest.raises(AuthenticationFailed):
        play(booking, answered(401, "{}"), token("fresh"), answered(401, "{}"))


def test_a_token_that_may_not_be_known_everywhere_yet_is_kept_when_it_is_refused() -> None:
    seconds = Seconds()
    tokens = ClientCredentials(settles_s=5.0, now=seconds)
    booking = caller(tokens).post("api", "/book", repeatable=False, json={})
    with pytest.raises(AuthenticationFailed):
        play(booking, token("new"), answered(401, "{}"))
    assert tokens.settling(ACCOUNT)
    seconds.at += 5.0
    assert not tokens.settling(ACCOUNT)
    booking = caller(tokens).post("api", "/book", repeatable=False, json={})
    play(booking, answered(401, "{}"), token("newer"), answered(200, "{}"))


def test_threads_share_one_cache() -> None:
    tokens = ClientCredentials()

    def ask(number: int) -> str:
        account = replace(ACCOUNT, id=f"acc_{number % 4}")
        for _ in range(50):
            value = bearer_or_token(tokens, account)
            tokens.forget(account)
        return value

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(8))) == [f"of-acc_{number % 4}" for number in range(8)]
    assert bearer_or_token(tokens, replace(ACCOUNT, id="acc_9")) == "of-acc_9"
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(bearer, tokens, account=replace(ACCOUNT, id="acc_9")).result() == "of-acc_9"


def bearer_or_token(tokens: ClientCredentials, account: Account) -> str:
    """The cached token, or a new one that says whose it is."""
    asking = tokens.bearer(outlet(account), account)
    try:
        asking.send(None)
        asking.send(token(f"of-{account.id}"))
    except StopIteration as stop:
        return str(stop.value)
    raise AssertionError("asked twice")


def test_no_token_shows_in_a_repr() -> None:
    tokens = ClientCredentials()
    bearer(tokens, token("abc-very-secret"))
    assert "secret" not in repr(tokens)
    assert "abc" not in repr(tokens)


def test_credentials_that_travel_in_headers_are_not_in_the_form() -> None:
    tokens = ClientCredentials(scope="merchant", headers=lambda id_, secret: {"X-Id": id_, "X-Secret": secret})
    _, (call,) = play(tokens.bearer(outlet(), ACCOUNT), token())
    assert (call.headers["x-id"], call.headers["x-secret"]) == ("id-1", "s3cret")
    assert parse_qsl((call.body or b"").decode()) == [("grant_type", "client_credentials"), ("scope", "merchant")]
