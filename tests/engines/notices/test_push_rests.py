"""Push services that never answer hold up one message once, however many browsers named them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

from gateway.domain.notifications import Channel, Sender
from gateway.domain.push import PushSubscription, read_unpadded
from gateway.engines.notices.push import PushCourier
from gateway.services.notifications.push_keys import PushKeys
from gateway.services.ports.notifications import Letter, Outcome
from gateway.settings import load_settings
from tests.conftest import SECRET_KEY
from tests.engines.notices.stuck import Stuck, stuck
from tests.journeys.push_service import Browser, PushService

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
HOUSEHOLD = 5
KEYS = PushKeys("pepper")
SENDER = Sender(
    id="snd_1",
    merchant_id="mer_1",
    mode="test",
    channel=Channel.PUSH,
    options={"contact": "mailto:shop@example.com"},
    created_at=NOW,
    updated_at=NOW,
)
SETTINGS = load_settings(
    {"GATEWAY__SECRETS__KEYS": SECRET_KEY, "GATEWAY__NOTIFICATIONS__ALLOW_PRIVATE": "true"}
).notifications


def device(number: int, endpoint: str, browser: Browser) -> PushSubscription:
    keys = browser.subscription
    return PushSubscription(
        id=f"psh_{number}",
        merchant_id="mer_1",
        shipment_id="shp_1",
        endpoint=endpoint,
        p256dh=read_unpadded(keys["p256dh"]),
        auth=read_unpadded(keys["auth"]),
        created_at=NOW,
    )


def test_five_that_hang_are_called_at_once_and_then_rest_while_others_are_told() -> None:
    now = [NOW]
    courier = PushCourier(SETTINGS, KEYS, lambda: now[0])
    with PushService() as service, ExitStack() as stack, ThreadPoolExecutor(1) as thread:
        browser = Browser(service, "phone", KEYS.public("mer_1", "test"))
        silent = [stack.enter_context(stuck()) for _ in range(HOUSEHOLD)]
        hanging = [device(n, f"http://127.0.0.1:{each.port}/push", browser) for n, each in enumerate(silent)]
        letter = Letter(id="ntf_1", to="shp_1", text="on its way", subject="Shop", devices=hanging)
        other = Letter(id="ntf_2", to="shp_2", text="it is there", devices=[_good(browser)])
        line = stack.enter_context(courier.open(SENDER))
        sending = thread.submit(line.send, letter)
        assert all(each.called.acquire(timeout=20) for each in silent), "all five are under way together"
        _end(silent)
        assert sending.result().state == "unknown", "it may have been taken"
        again = line.send(letter)
        assert (again.state, again.gone) == ("later", ())
        assert "rests until 12:00:30" in again.why
        assert not any(each.called.acquire(blocking=False) for each in silent)
        assert line.send(other).state == "sent"
        now[0] += timedelta(seconds=31)
        assert _refused(line.send(letter)), "and they are asked again"
    assert [each.told["body"] for each in browser.received] == ["it is there"]


def _good(browser: Browser) -> PushSubscription:
    return device(9, browser.subscription["endpoint"], browser)


def _end(silent: list[Stuck]) -> None:
    for each in silent:
        each.over.set()


def _refused(outcome: Outcome) -> bool:
    return outcome.state in ("later", "unknown") and "rests" not in outcome.why
