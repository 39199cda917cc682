"""One sentence for each way in which an account does not work, over both transports and real sockets."""

from __future__ import annotations

import socket
import threading
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from carriers.base import Account, Address, Capability, Carrier, QuoteRequest, capabilities
from carriers.base.conformance.windows import MemoryWindows
from carriers.base.curl_transport import CurlTransport
from carriers.base.drive import Outcome, Transport, drive
from carriers.base.registry import carrier, installed
from carriers.base.simulator import serve, simulator_class
from carriers.base.transports import RequestsTransport
from gateway.domain.clock import utc_now
from gateway.domain.records import AccountRecord
from gateway.services.carrier_pool import LiveCarrier
from gateway.services.probing import Probe, places, probe
from tests.api.world import OWN_FLEET
from tests.carriers.base.peers import peer, silent
from tests.carriers.base.test_transports import certified

SECRETS = {"bring": {"api_uid": "u" * 9, "api_key": "canary-key-5f1e", "webhook_secret": "w" * 9}}
OPTIONS = {"bring": {"customer_number": "5", "client_url": "https://shop.example"}}


@pytest.fixture(scope="module", params=[CurlTransport, RequestsTransport], ids=["curl", "requests"])
def transport(request: pytest.FixtureRequest) -> Transport:
    made: Transport = request.param()
    return made


def live_of(
    code: str,
    urls: Mapping[str, str],
    *,
    secrets: Mapping[str, str] | None = None,
    options: Mapping[str, object] | None = None,
    kind: type[Carrier] | None = None,
) -> LiveCarrier:
    secrets = SECRETS.get(code, {}) if secrets is None else secrets
    options = OPTIONS.get(code, {}) if options is None else options
    record = AccountRecord(
        id="acc_1",
        merchant_id="mer_1",
        name="account",
        carrier=code,
        mode="test",
        urls=urls,
        secrets=secrets,
        options=options,
        created_at=utc_now(),
    )
    windows = MemoryWindows({}, {})
    account = Account(
        id="acc_1", name="account", mode="test", urls=urls, secrets=secrets, options=options, windows=windows
    )
    return LiveCarrier(record, (kind or carrier(code))(account, utc_now))


def probed(live: LiveCarrier, transport: Transport, now: datetime | None = None) -> Probe:
    def ask(call: Coroutine[Any, Any, Any]) -> Outcome[Any]:
        return drive([call], transport, deadline_s=1.5)[0]

    found = probe(live, now or utc_now(), ask)
    assert "\n" not in found.why
    assert "canary" not in found.why
    assert len(found.why) < 400
    return found


def bring_at(url: str, **more: Any) -> LiveCarrier:
    return live_of("bring", {"api": url, "modify": url}, **more)


@pytest.mark.parametrize(
    ("status", "headers", "body", "code", "said"),
    [
        (401, {}, "", "authentication_failed", "refuses the test account (secrets: api_uid, api_key)"),
        (403, {}, "no rating", "not_allowed", "not allowed to ask for the price of 1 kg within NO: no rating"),
        (404, {}, "", "unknown_reference", "check the account's urls and options"),
        (429, {"Retry-After": "7"}, "", "rate_limited", "try in 7 s"),
        (422, {}, '{"message": "no such product"}', "shipment_rejected", "but refuses the price of 1 kg"),
        (500, {}, "", "carrier_unavailable", "is not available now"),
        (200, {}, "<html>log in</html>", "bad_carrier_response", "localhost answers, but not as Bring does"),
        (302, {"Location": "/login"}, "", "bad_carrier_response", "is something in between?"),
    ],
)
def test_an_answer(
    httpserver: HTTPServer,
    transport: Transport,
    status: int,
    headers: dict[str, str],
    body: str,
    code: str,
    said: str,
) -> None:
    httpserver.expect_request("/shippingguide/api/v2/products").respond_with_data(body, status, headers)
    found = probed(bring_at(httpserver.url_for("")[:-1]), transport)
    assert (found.ok, found.code) == (False, code)
    assert said in found.why


@contextmanager
def answering(raw: bytes) -> Iterator[int]:
    """A port where every call gets these bytes."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve_raw() -> None:
            with suppress(OSError):  # closed when the test is over
                while True:
                    peer, _ = server.accept()
                    with peer:
                        peer.recv(65536)
                        peer.sendall(raw)

        threading.Thread(target=serve_raw, daemon=True).start()
        yield server.getsockname()[1]


@pytest.mark.parametrize(("minutes", "said"), [(-7, "7 minutes ahead of"), (9, "9 minutes behind")])
def test_a_clock_that_is_wrong(transport: Transport, minutes: int, said: str) -> None:
    theirs = format_datetime(utc_now() + timedelta(minutes=minutes), usegmt=True)
    raw = f"HTTP/1.1 401 Unauthorized\r\nDate: {theirs}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    with answering(raw.encode()) as port:
        found = probed(bring_at(f"http://127.0.0.1:{port}"), transport)
    assert (found.code, said in found.why) == ("clock_skew", True)


@contextmanager
def listening() -> Iterator[int]:
    """A port that accepts and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_no_connection(transport: Transport) -> None:
    unknown = probed(bring_at("https://carrier.invalid"), transport)
    assert (unknown.code, "carrier.invalid is not known" in unknown.why) == ("unknown_host", True)
    with listening() as port:
        silent = probed(bring_at(f"http://127.0.0.1:{port}"), transport)
    assert (silent.code, "does not answer in time" in silent.why) == ("timeout", True)
    refused = probed(bring_at(f"http://127.0.0.1:{port}"), transport)
    assert (refused.code, "no connection to 127.0.0.1" in refused.why) == ("unreachable", True)


def test_a_certificate_nobody_trusts(transport: Transport, httpserver: HTTPServer, tmp_path: Path) -> None:
    plain = probed(bring_at(f"https://127.0.0.1:{httpserver.port}"), transport)
    with peer(silent, certified(tmp_path, "127.0.0.1").server) as secure:
        own = probed(bring_at(f"https://127.0.0.1:{secure.port}"), transport)
    for found in (plain, own):
        assert (found.code, "no secure connection to 127.0.0.1" in found.why) == ("tls", True)


def test_our_own_fleet_calls_nobody(transport: Transport) -> None:
    works = probed(live_of("own_fleet", {}, options=OWN_FLEET), transport)
    assert (works.ok, "without calling anybody" in works.why) == (True, True)
    broken = probed(live_of("own_fleet", {}, options={**OWN_FLEET, "rate_card": "[prices]"}), transport)
    assert (broken.ok, "rate_card" in broken.why) == (False, True)


def test_what_is_missing_is_named(transport: Transport, httpserver: HTTPServer) -> None:
    url = httpserver.url_for("")[:-1]
    option = probed(bring_at(url, options={"client_url": "https://shop.example"}), transport)
    assert (option.code, "no option customer_number" in option.why) == ("missing_option", True)
    secret = probed(bring_at(url, secrets={"api_uid": "u" * 9}), transport)
    assert (secret.code, "no secret api_key" in secret.why) == ("missing_secret", True)
    assert httpserver.log == []


CALLING = sorted(code for code, each in installed().items() if each.profile.urls["test"])


@pytest.mark.parametrize("code", CALLING)
def test_every_carrier_is_probed_without_booking(code: str, transport: Transport) -> None:
    """Also by each of the other questions alone, as for a carrier that cannot quote."""
    real = carrier(code)
    card = {"rate_card": OWN_FLEET["rate_card"]}
    roles = {Capability.TRACKS: "track", Capability.FINDS_BOOKINGS: "find", Capability.SERVICE_POINTS: "service_points"}
    without: dict[str, None] = {"quote": None}
    kinds = [real]
    for role, name in roles.items() if real.__new__ is object.__new__ else ():
        kinds.append(type(real.__name__, (real,), {"__module__": real.__module__, **without}))
        without |= {name: None} if role in capabilities(real) else {}
    with serve(simulator_class(real)()) as running:
        account = running.account
        options = {**card, **account.options} if "rate_card" in real.profile.options else account.options
        for kind in kinds:
            live = live_of(code, account.urls, secrets=account.secrets, options=options, kind=kind)
            found = probed(live, transport)
            assert found.ok or found.code in ("shipment_rejected", "not_probed"), (kind, found)
        wrong = {name: f"{secret}x" for name, secret in account.secrets.items()}
        refused = probed(live_of(code, account.urls, secrets=wrong, options=options), transport)
        assert (refused.ok, refused.code in ("authentication_failed", "incomplete_account")) == (False, True), refused
        assert running.simulator.ledger.entries() == []


class RateCarded(carrier("uber_direct")):  # type: ignore[misc]  # found at run time
    """A carrier whose prices are the account's own: a quote shows nothing of its credentials."""

    async def quote(self, request: QuoteRequest) -> tuple[()]:
        return ()


def test_a_price_that_calls_nobody_proves_nothing(transport: Transport) -> None:
    with serve(simulator_class(carrier("uber_direct"))()) as running:
        account = running.account
        live = live_of("uber_direct", account.urls, secrets=account.secrets, options=account.options, kind=RateCarded)
        assert "a tracking number nobody has" in probed(live, transport).why
        asked = [call.operation for call in running.simulator.calls]
    assert asked == ["token", "track"]


def test_a_token_is_fetched_anew(transport: Transport) -> None:
    with serve(simulator_class(carrier("canadapost"))()) as running:
        account = running.account
        live = live_of("canadapost", account.urls, secrets=account.secrets, options=account.options)
        assert probed(live, transport).ok
        assert probed(live, transport).ok
        assert [call.operation for call in running.simulator.calls].count("token") == 2


def test_places_are_in_a_country_the_carrier_serves() -> None:
    here, there = places(("XX", "CA", "NO"))
    assert isinstance(here, Address)
    assert (here.country, there.country) == ("CA", "CA")
    assert here != there
    assert places(("XX",))[0].country == "US"
