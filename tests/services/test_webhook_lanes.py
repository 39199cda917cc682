"""Endpoints that are down, slow, gone or back again: nothing is lost, nobody else waits, and their owner is told."""

from __future__ import annotations

import json
import threading
import time
from collections import defaultdict
from datetime import timedelta
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from standardwebhooks import Webhook, WebhookVerificationError
from werkzeug import Response

from gateway.domain.errors import Conflict, NotFound
from gateway.domain.messages import DeliveryState
from gateway.engines.notices.alarm import AppriseAlarm
from gateway.engines.notices.sink import MailSink
from gateway.services import merchant_webhooks
from gateway.services.ids import new_id
from gateway.services.merchant_webhooks import ReplayAsk, Replayed
from tests.journeys.site import Merchant, Site
from tests.services.desk import LIVE, Desk, Receiver
from tests.storage import made
from tests.storage.made import MERCHANT

DAY = timedelta(hours=24)
QUIET = ("shipment.booked",)
"""What the tests tell of; an endpoint that wants only this hears nothing of other endpoints."""


@pytest.fixture
def other() -> Any:
    """A second merchant's server."""
    with HTTPServer(host="127.0.0.1") as server:
        yield Receiver(server)


def types(receiver: Receiver) -> list[str]:
    return [json.loads(body)["type"] for _, body in receiver.got]


def tell_of(desk: Desk, shipments: int, sequence: int) -> list[str]:
    """One more message about each of some shipments."""
    return [
        desk.tell(subject_id=f"shp_{number}", payload={"shipment_id": f"shp_{number}"}, sequence=sequence)
        for number in range(shipments)
    ]


def test_an_endpoint_that_was_down_for_a_day_gets_everything_and_others_never_waited(
    either_desk: Desk, receiver: Receiver, other: Receiver
) -> None:
    endpoint = either_desk.endpoint(receiver.url)
    either_desk.endpoint(other.url, *QUIET)
    receiver.says(503)
    ids = list[str]()
    for sequence in range(1, 13):
        ids += tell_of(either_desk, 3, sequence)
        either_desk.work(hours=2)
        assert len(other.got) == len(ids), "the other one heard of it at once"
    assert len(receiver.got) < 40, "it is asked now and then only"
    receiver.says(204)
    receiver.got.clear()
    either_desk.work(hours=1)
    assert types(receiver).count("endpoint.recovered") == 1
    missed = [(headers, body) for headers, body in receiver.got if b'"endpoint.recovered"' not in body]
    assert sorted(headers["webhook-id"] for headers, _ in missed) == sorted(ids)
    order = defaultdict(list)
    for _, body in missed:
        data = json.loads(body)["data"]
        order[data["shipment_id"]].append(data["sequence"])
    assert {name: sorted(numbers) for name, numbers in order.items()} == {
        f"shp_{number}": list(range(1, 13)) for number in range(3)
    }
    oldest = [headers["webhook-id"] for headers, _ in missed]
    assert all(oldest.index(name) >= place - 3 for place, name in enumerate(ids)), "oldest first, beside three others"
    assert {each.state for each in either_desk.deliveries(endpoint)} == {DeliveryState.DELIVERED}
    assert either_desk.store.audit(either_desk.clock()) == []


def test_an_endpoint_that_is_down_for_six_days_is_disabled_and_its_owner_told_and_a_replay_sends_it_all(
    either_desk: Desk, receiver: Receiver, other: Receiver
) -> None:
    endpoint = either_desk.endpoint(receiver.url, *QUIET)
    either_desk.endpoint(other.url, "endpoint.disabled")
    receiver.says(500)
    begun = either_desk.clock()
    ids = list[str]()
    for _ in range(24):
        ids.append(either_desk.tell(created_at=either_desk.clock()))
        either_desk.work(hours=6)
    now = either_desk.see(endpoint)
    assert (now.state, now.why) == ("disabled", "only failures for 120 hours")
    assert either_desk.alarms == [endpoint.id]
    assert types(other) == ["endpoint.disabled"]
    assert json.loads(other.got[0][1])["data"]["endpoint_id"] == endpoint.id
    states = [each.state for each in either_desk.deliveries(endpoint)]
    assert states[:8] == [DeliveryState.EXHAUSTED] * 8, "those of the first two days were given up after three"
    assert set(states[8:]) == {DeliveryState.EXHAUSTED, DeliveryState.DISABLED}
    with pytest.raises(Conflict):
        either_desk.webhooks.replay(MERCHANT, LIVE, endpoint.id, ReplayAsk(since=begun))
    receiver.says(204)
    receiver.got.clear()
    changed = either_desk.webhooks.change_endpoint(MERCHANT, LIVE, endpoint.id, {"state": "enabled"})
    assert (changed.state, changed.failures, changed.failing_since) == ("enabled", 0, None)
    either_desk.work()
    assert receiver.got == [], "enabling alone sends nothing old"
    while True:
        done = either_desk.webhooks.replay(MERCHANT, LIVE, endpoint.id, ReplayAsk(failed=True))
        if not done.more_after:
            break
    either_desk.work()
    replayed = set(receiver.ids)
    with either_desk.store.look() as uow:
        never_sent = [name for name in ids if name not in replayed]
        assert all(uow.outbox.named(MERCHANT, [name]) for name in never_sent)
    for name in never_sent:
        either_desk.webhooks.replay(MERCHANT, LIVE, endpoint.id, ReplayAsk(message_id=name))
    either_desk.work()
    assert sorted(set(receiver.ids)) == sorted(ids)
    assert either_desk.store.audit(either_desk.clock()) == []


def test_410_is_told_to_a_person_too(desk: Desk, receiver: Receiver) -> None:
    endpoint = desk.endpoint(receiver.url)
    receiver.says(410)
    desk.tell()
    desk.work()
    assert desk.alarms == [endpoint.id]
    assert desk.see(endpoint).state == "disabled"


def test_the_alarm_about_a_disabled_endpoint_arrives_as_mail(desk: Desk, receiver: Receiver) -> None:
    with MailSink() as sink:
        alarm = AppriseAlarm(
            [f"mailto://127.0.0.1:{sink.port}/?from=doorstep@shop.example&to=operators@shop.example&mode=insecure"]
        )
        warned = Desk(desk.store, alarm=alarm)
        endpoint = warned.endpoint(receiver.url)
        receiver.says(410)
        warned.tell()
        warned.work()
        alarm.wait()
    (mail,) = sink.mails
    assert mail.to == ("operators@shop.example",)
    assert "A webhook endpoint is disabled" in str(mail.message["Subject"])
    assert endpoint.id in mail.part("plain") + mail.part("html")


def test_an_open_circuit_lets_one_message_through_at_a_time(desk: Desk, receiver: Receiver) -> None:
    endpoint = desk.endpoint(receiver.url, *QUIET)
    receiver.says(500)
    for _ in range(20):
        desk.tell()
    desk.work()
    sent = len(receiver.got)
    assert 5 <= sent <= 8, "four at a time at most, until five in a row had failed"
    resting_until = desk.see(endpoint).resting_until
    assert resting_until is not None
    assert resting_until - desk.clock() >= timedelta(seconds=29)
    desk.work(seconds=20)
    assert len(receiver.got) == sent
    desk.work(seconds=11)
    assert len(receiver.got) == sent + 1, "half open: one"
    receiver.says(204)
    desk.work(minutes=10)
    assert len(set(receiver.ids)) == 20
    assert {each.state for each in desk.deliveries(endpoint)} == {DeliveryState.DELIVERED}


def test_an_endpoint_gets_four_messages_at_a_time(desk: Desk) -> None:
    lock, now, most = threading.Lock(), [0], [0]

    def busy() -> None:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.05)
        with lock:
            now[0] -= 1

    with HTTPServer(host="127.0.0.1", threaded=True) as server:
        receiver = Receiver(server)
        receiver.meanwhile = busy
        desk.endpoint(receiver.url)
        for _ in range(12):
            desk.tell()
        desk.work()
        assert len(receiver.got) == 12
    assert most[0] == 4


def test_a_secret_is_rotated_while_messages_flow(either_desk: Desk, receiver: Receiver) -> None:
    endpoint = either_desk.endpoint(receiver.url)
    [old] = endpoint.secrets
    rotated = either_desk.webhooks.rotate_secret(MERCHANT, LIVE, endpoint.id, DAY)
    new = rotated.secrets[0]
    assert new != old
    either_desk.tell()
    either_desk.work()
    either_desk.tell()
    # The receiver's library compares with the machine's clock: what it was then is what counts for the first one.
    (headers, body), *_ = receiver.got
    for secret in (old, new):
        assert Webhook(secret).verify(body, headers)["type"] == "shipment.booked"
    either_desk.work(hours=25)
    headers, body = receiver.got[-1]
    assert len(headers["webhook-signature"].split()) == 1
    at = made.NOW.fromtimestamp(int(headers["webhook-timestamp"]), made.NOW.tzinfo)
    assert headers["webhook-signature"] == Webhook(new).sign(headers["webhook-id"], at, body.decode())


def test_a_secret_that_leaked_is_replaced_at_once(desk: Desk, receiver: Receiver) -> None:
    endpoint = desk.endpoint(receiver.url)
    rotated = desk.webhooks.rotate_secret(MERCHANT, LIVE, endpoint.id, timedelta())
    desk.tell()
    desk.work()
    [(headers, body)] = receiver.got
    with pytest.raises(WebhookVerificationError):
        Webhook(endpoint.secrets[0]).verify(body, headers)
    assert Webhook(rotated.secrets[0]).verify(body, headers)["type"] == "shipment.booked"


def test_a_replay_since_a_moment_sends_what_the_endpoint_never_heard_too(
    either_desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merchant_webhooks, "REPLAYED_AT_ONCE", 3)
    begun = either_desk.clock()
    site = Ulids(either_desk)
    before = [site.tell() for _ in range(4)]
    either_desk.work()
    endpoint = either_desk.endpoint(receiver.url, *QUIET)
    after = [site.tell() for _ in range(4)]
    site.tell(type="shipment.cancelled")
    either_desk.work()
    assert sorted(receiver.ids) == after
    receiver.got.clear()
    ask, counted = ReplayAsk(since=begun), list[int]()
    while True:
        done = either_desk.webhooks.replay(MERCHANT, LIVE, endpoint.id, ask)
        counted.append(done.count)
        if not done.more_after:
            break
        ask = ReplayAsk(since=begun, after=done.more_after)
    assert counted == [3, 3, 2, 0], "nine messages, of which it wants eight"
    either_desk.work()
    assert sorted(receiver.ids) == before + after


def test_one_message_is_replayed_if_it_is_for_this_endpoint(desk: Desk, receiver: Receiver) -> None:
    endpoint = desk.endpoint(receiver.url, *QUIET)
    wanted, unwanted, other_mode = desk.tell(), desk.tell(type="shipment.failed"), desk.tell(mode="test")
    desk.work()
    assert desk.webhooks.replay(MERCHANT, LIVE, endpoint.id, ReplayAsk(message_id=wanted)) == Replayed(1, "")
    for name in (unwanted, other_mode, "msg_none"):
        with pytest.raises(NotFound):
            desk.webhooks.replay(MERCHANT, LIVE, endpoint.id, ReplayAsk(message_id=name))
    desk.work()
    assert receiver.ids == [wanted, wanted]
    assert len({body for _, body in receiver.got}) == 1


def test_a_test_goes_to_its_endpoint_alone(desk: Desk, receiver: Receiver, other: Receiver) -> None:
    endpoint = desk.endpoint(receiver.url, *QUIET)
    desk.endpoint(other.url)
    message = desk.webhooks.test(MERCHANT, LIVE, endpoint.id)
    desk.work()
    assert (receiver.ids, other.ids) == ([message.id], [])
    [(headers, body)] = receiver.got
    read = Webhook(endpoint.secrets[0]).verify(body, headers)
    assert (read["type"], read["data"]["endpoint_id"], read["data"]["sequence"]) == ("endpoint.test", endpoint.id, 1)
    assert desk.store.audit(desk.clock()) == []


def test_a_backlog_is_told_once_an_outage_and_not_to_the_one_that_has_it(
    sqlite_desk_with_small_backlog: Desk, receiver: Receiver, other: Receiver
) -> None:
    desk = sqlite_desk_with_small_backlog
    endpoint = desk.endpoint(receiver.url)
    desk.endpoint(other.url, "endpoint.backlog", "endpoint.recovered")
    receiver.says(500)
    for _ in range(12):
        desk.tell()
        desk.work(minutes=10)
    assert types(other) == ["endpoint.backlog"]
    assert json.loads(other.got[0][1])["data"]["waiting"] == 5
    receiver.says(204)
    desk.work(hours=1)
    desk.work()
    assert types(other) == ["endpoint.backlog", "endpoint.recovered"]
    assert "endpoint.backlog" not in types(receiver)
    assert desk.see(endpoint).backlog_told is False


@pytest.fixture
def sqlite_desk_with_small_backlog(desk: Desk) -> Desk:
    """It tells of five messages that wait."""
    return Desk(desk.store, backlog=5)


def test_what_lasts_a_moment_is_not_spoken_of(desk: Desk, receiver: Receiver) -> None:
    desk.endpoint(receiver.url)
    receiver.says(*[500] * 5, 204)
    for _ in range(8):
        desk.tell()
    desk.work()
    desk.work(minutes=1)
    desk.work(minutes=2)
    assert set(types(receiver)) == {"shipment.booked"}
    assert len(set(receiver.ids)) == 8


def test_the_log_hides_what_looks_like_a_secret(desk: Desk, receiver: Receiver) -> None:
    endpoint = desk.endpoint(f"{receiver.url}?token=canary-token")
    receiver.answers = [
        Response(
            '{"password": "canary-word", "mail": "kari@canary.example"} Authorization: Bearer canary-bearer '
            "secret=canary-secret whsec_canarysecret ok",
            status=400,
        )
    ]
    desk.tell()
    desk.work()
    [delivery] = desk.deliveries(endpoint)
    [attempt] = desk.attempts(delivery.id)
    assert "canary" not in f"{attempt}"
    assert attempt.url == f"{receiver.url}?***"
    assert attempt.response_head.endswith(" ok")


def test_the_log_has_the_digest_of_the_bytes_and_the_audit_compares_it(either_desk: Desk, receiver: Receiver) -> None:
    endpoint = either_desk.endpoint(receiver.url)
    receiver.says(500, 204)
    either_desk.tell()
    either_desk.work()
    either_desk.work(minutes=1)
    [delivery] = either_desk.deliveries(endpoint)
    log = either_desk.attempts(delivery.id)
    assert len(log) == 2
    assert len({each.body_sha256 for each in log}) == 1
    assert either_desk.store.audit(either_desk.clock()) == []


def test_what_a_dead_worker_had_is_sent_by_another_after_its_lease(either_desk: Desk, receiver: Receiver) -> None:
    either_desk.endpoint(receiver.url)
    message = either_desk.tell()
    [lane] = either_desk.lanes.claim()
    assert either_desk.lanes.claim() == [], "nobody else has it meanwhile"
    either_desk.work(seconds=59)
    assert receiver.got == []
    either_desk.work(seconds=2)
    assert receiver.ids == [message]
    assert lane.secrets == ()


def test_a_disabled_endpoint_may_be_enabled_by_hand(desk: Desk, receiver: Receiver) -> None:
    endpoint = desk.endpoint(receiver.url)
    receiver.says(500)
    desk.tell()
    desk.work()
    stopped = desk.webhooks.change_endpoint(MERCHANT, LIVE, endpoint.id, {"state": "disabled"})
    assert (stopped.state, stopped.why) == ("disabled", "you disabled it")
    assert [each.state for each in desk.deliveries(endpoint)] == [DeliveryState.DISABLED]
    desk.tell()
    desk.work(hours=1)
    with pytest.raises(Conflict):
        desk.webhooks.test(MERCHANT, LIVE, endpoint.id)
    receiver.says(204)
    receiver.got.clear()
    desk.webhooks.change_endpoint(MERCHANT, LIVE, endpoint.id, {"state": "enabled", "types": ["shipment.failed"]})
    wanted = desk.tell(type="shipment.failed", created_at=desk.clock())
    desk.tell()
    desk.work()
    assert receiver.ids == [wanted]
    assert desk.store.audit(desk.clock()) == []


HOSTILE = "<script>alert(1)</script>\u202e\u2028'\"\\\n\r\x00=cmd|' /C calc'!A0 \U0001f4a9"


def test_the_longest_hostile_text_makes_a_small_message_that_is_valid_json(desk: Desk, receiver: Receiver) -> None:
    endpoint = desk.endpoint(receiver.url)
    reference = (HOSTILE * 20)[:500]
    desk.tell(payload={"shipment_id": "shp_1", "reference": reference})
    desk.work()
    [(headers, body)] = receiver.got
    assert len(body) < 20_000
    assert Webhook(endpoint.secrets[0]).verify(body, headers)["data"]["reference"] == reference


def test_a_price_that_is_not_the_quoted_one_is_told_as_a_message_of_its_own(
    site: Site, shop: Merchant, receiver: Receiver
) -> None:
    site.services.webhooks.add_endpoint(shop.id, "test", receiver.url, ())
    sandbox = site.carrier("sandbox")
    shop.account("sandbox", sandbox)
    shop.book(reference="dearer-sim916", services=["next_day"])  # booked a quarter dearer than quoted
    site.work()
    [told] = [json.loads(body)["data"] for _, body in receiver.got if b'"shipment.price_variance"' in body]
    assert "another price" in told["price_variance"]


class Ulids:
    """Messages with ids as the gateway makes them, which sort by time."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._count = 0

    def tell(self, **more: Any) -> str:
        self._desk.clock.advance(seconds=1)
        now = self._desk.clock()
        self._count += 1
        message = made.news(new_id("msg", now), f"shp_u{self._count}", 1, **{"mode": LIVE, "created_at": now, **more})
        with self._desk.store.work() as uow:
            uow.outbox.add(message)
            uow.commit()
        return message.id
