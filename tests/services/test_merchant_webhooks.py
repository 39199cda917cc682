"""What merchants are told: signed, with the same id and bytes on every try, until they acknowledge it or it is over."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from pytest_httpserver import HTTPServer
from standardwebhooks import Webhook
from werkzeug import Response

from gateway.domain.errors import NotFound, Unprocessable
from gateway.domain.messages import DeliveryState
from gateway.services.ports import Mode
from gateway.settings import load_settings
from tests.carriers.base.peers import peer, silent
from tests.journeys.site import ORDER, Merchant, Site
from tests.services.desk import LIVE, Desk, Receiver
from tests.storage import made
from tests.storage.made import MERCHANT

HOUR = timedelta(hours=1)
SCHEDULE_S = load_settings({}).webhooks.schedule_s
TEST: Mode = "test"
ROTATED = "whsec_" + "QUJD" * 8


def test_a_message_is_signed_as_the_standard_says(desk: Desk, receiver: Receiver) -> None:
    endpoint = desk.endpoint(receiver.url)
    message_id = desk.tell()
    desk.work()
    [(headers, body)] = receiver.got
    read = Webhook(endpoint.secrets[0]).verify(body, headers)
    assert read == {
        "type": "shipment.booked",
        "timestamp": made.NOW.isoformat(),
        "data": {"shipment_id": "shp_1", "reference": None, "sequence": 1},
    }
    assert headers["webhook-id"] == message_id
    assert headers["content-type"] == "application/json"
    sent_at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    assert abs(desk.clock() - sent_at) < timedelta(minutes=1)


def test_every_try_has_the_same_id_and_bytes_and_its_own_signed_time(either_desk: Desk, receiver: Receiver) -> None:
    endpoint = either_desk.endpoint(receiver.url)
    either_desk.tell(payload={"shipment_id": "shp_1", "reference": "Bücher \u2028 \x00 <script>"})
    receiver.says(500, 503, 204)
    either_desk.work()
    either_desk.work_until_over(*either_desk.deliveries(endpoint))
    assert len(receiver.got) == 3
    assert len({(headers["webhook-id"], body) for headers, body in receiver.got}) == 1
    assert len({headers["webhook-timestamp"] for headers, _ in receiver.got}) == 3
    for headers, body in receiver.got:
        at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
        signed = Webhook(endpoint.secrets[0]).sign(headers["webhook-id"], at, body.decode())
        assert headers["webhook-signature"] == signed


def test_messages_of_a_shipment_carry_their_order(desk: Desk, receiver: Receiver) -> None:
    desk.endpoint(receiver.url)
    for _ in range(7):
        desk.tell()
    desk.work()
    assert sorted(json.loads(body)["data"]["sequence"] for _, body in receiver.got) == [1, 2, 3, 4, 5, 6, 7]


def test_tries_end_within_72_hours(either_desk: Desk, receiver: Receiver) -> None:
    endpoint = either_desk.endpoint(receiver.url)
    either_desk.tell()
    receiver.says(500)
    either_desk.work()
    [delivery] = either_desk.deliveries(endpoint)
    either_desk.work_until_over(delivery)
    over = either_desk.delivery(delivery.id)
    log = either_desk.attempts(delivery.id)
    assert (over.state, over.attempts, over.last_status) == (DeliveryState.EXHAUSTED, len(SCHEDULE_S), 500)
    assert [attempt.number for attempt in log] == list(range(1, len(SCHEDULE_S) + 1))
    assert timedelta(hours=48) < log[-1].at - log[0].at <= timedelta(hours=72)
    for step_s, before, after in zip(SCHEDULE_S[1:], log, log[1:], strict=False):
        assert timedelta(seconds=0.8 * step_s) <= after.at - before.at <= timedelta(seconds=step_s)
    either_desk.work(hours=100)
    assert len(receiver.got) == len(SCHEDULE_S)


def test_pauses_are_jittered(desk: Desk, receiver: Receiver) -> None:
    endpoints = [desk.endpoint(receiver.url) for _ in range(5)]
    desk.tell()
    receiver.says(500)
    desk.work()
    tried = [desk.deliveries(endpoint)[0] for endpoint in endpoints]
    pauses = {each.due_at - desk.attempts(each.id)[0].at for each in tried if each.due_at is not None}
    assert len(pauses) == 5
    assert all(timedelta(seconds=4) <= pause <= timedelta(seconds=5) for pause in pauses)


def pause_after(desk: Desk, receiver: Receiver, retry_after: str) -> timedelta:
    """How long is waited after a failure that says this."""
    endpoint = desk.endpoint(receiver.url)
    desk.tell()
    receiver.says(503, Retry_After=retry_after)
    desk.work()
    [delivery] = desk.deliveries(endpoint)
    [attempt] = desk.attempts(delivery.id)
    assert delivery.state is DeliveryState.PENDING
    assert delivery.due_at is not None
    return delivery.due_at - attempt.at


@pytest.mark.parametrize(
    ("wish", "kept"), [("1800", HOUR / 2), ("3600", HOUR), ("3601", HOUR), ("9" * 20, HOUR), ("9" * 5000, HOUR)]
)
def test_a_receiver_may_ask_for_up_to_an_hour(desk: Desk, receiver: Receiver, wish: str, kept: timedelta) -> None:
    assert pause_after(desk, receiver, wish) == kept


def test_a_receiver_may_ask_to_be_left_alone_until_a_date(desk: Desk, receiver: Receiver) -> None:
    until = desk.clock().replace(microsecond=0) + HOUR / 2
    assert (
        HOUR / 2 - timedelta(minutes=1) < pause_after(desk, receiver, format_datetime(until, usegmt=True)) <= HOUR / 2
    )


@pytest.mark.parametrize(
    "wish",
    [
        "1",
        "0",
        "Fri, 28 Nov 2025 03:00:00 GMT",
        "Fri, 99 Nov 9999 99:00:00 GMT",
        "-5",
        "1e9",
        "soon",
        "²",
        "",
        "1800, 1800",
    ],
)
def test_any_other_wish_leaves_the_schedule_as_it_is(desk: Desk, receiver: Receiver, wish: str) -> None:
    assert timedelta(seconds=4) <= pause_after(desk, receiver, wish) <= timedelta(seconds=5)


@pytest.mark.parametrize("status", [301, 302, 307, 308, 304, 400, 404, 429, 500])
def test_everything_but_2xx_is_a_failure(desk: Desk, receiver: Receiver, httpserver: HTTPServer, status: int) -> None:
    endpoint = desk.endpoint(receiver.url)
    desk.tell()
    receiver.says(status, Location=httpserver.url_for("/elsewhere"))
    desk.work()
    [delivery] = desk.deliveries(endpoint)
    assert (delivery.state, delivery.last_status) == (DeliveryState.PENDING, status)
    assert [request.path for request, _ in httpserver.log] == ["/hook"]


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_2xx_is_an_acknowledgement(desk: Desk, receiver: Receiver, status: int) -> None:
    endpoint = desk.endpoint(receiver.url)
    desk.tell()
    receiver.says(status)
    desk.work()
    desk.work(hours=72)
    [delivery] = desk.deliveries(endpoint)
    assert (delivery.state, delivery.attempts, delivery.due_at) == (DeliveryState.DELIVERED, 1, None)
    assert len(receiver.got) == 1


def test_410_disables_the_endpoint_at_once(desk: Desk, receiver: Receiver) -> None:
    endpoint = desk.endpoint(receiver.url)
    desk.tell()
    receiver.says(500, 410)
    desk.work()
    desk.tell()
    desk.work(seconds=4)
    assert (desk.see(endpoint).state, desk.see(endpoint).why) == ("disabled", "it answered 410 Gone")
    desk.tell()
    desk.work(hours=1)
    desk.work(hours=72)
    assert len(receiver.got) == 2
    assert {each.state for each in desk.deliveries(endpoint)} == {DeliveryState.EXHAUSTED, DeliveryState.DISABLED}
    assert len(desk.deliveries(endpoint)) == 2, "nothing is kept for a disabled endpoint"


def test_only_failures_for_120_hours_disable_the_endpoint(desk: Desk, receiver: Receiver) -> None:
    endpoint = desk.endpoint(receiver.url)
    receiver.says(500)
    for hours in (0, 60, 59):
        desk.tell()
        desk.work(hours=hours)
    assert desk.see(endpoint).state == "enabled"
    desk.work(hours=2)
    assert (desk.see(endpoint).state, desk.see(endpoint).why) == ("disabled", "only failures for 120 hours")


def test_one_success_in_between_starts_the_120_hours_anew(desk: Desk, receiver: Receiver) -> None:
    endpoint = desk.endpoint(receiver.url)
    receiver.says(500, 204, 500)
    for hours in (0, 60, 70):
        desk.tell()
        desk.work(hours=hours)
    assert desk.see(endpoint).state == "enabled"
    assert desk.see(endpoint).failing_since is not None


def test_while_a_secret_is_rotated_both_verify(desk: Desk, receiver: Receiver) -> None:
    endpoint = desk.endpoint(receiver.url)
    desk.change(endpoint, secrets=(ROTATED, *endpoint.secrets), old_secrets_until=desk.clock() + HOUR)
    desk.tell()
    desk.work()
    [(headers, body)] = receiver.got
    for secret in (ROTATED, *endpoint.secrets):
        assert Webhook(secret).verify(body, headers)["type"] == "shipment.booked"


def test_what_is_changed_while_a_message_is_on_its_way_stays_changed(either_desk: Desk, receiver: Receiver) -> None:
    endpoint = either_desk.endpoint(receiver.url)
    receiver.meanwhile = lambda: either_desk.change(endpoint, secrets=(ROTATED,), state="disabled", why="by hand")
    receiver.says(500)
    either_desk.tell()
    either_desk.work()
    now = either_desk.see(endpoint)
    assert (now.secrets, now.state, now.why) == ((ROTATED,), "disabled", "by hand")


def test_an_endpoint_that_is_deleted_while_a_message_is_on_its_way_is_gone(
    either_desk: Desk, receiver: Receiver
) -> None:
    endpoint = either_desk.endpoint(receiver.url)
    receiver.meanwhile = lambda: either_desk.webhooks.delete_endpoint(MERCHANT, LIVE, endpoint.id)
    either_desk.tell()
    either_desk.work()
    either_desk.tell()
    either_desk.work(hours=1)
    assert len(receiver.got) == 1
    assert either_desk.webhooks.endpoints(MERCHANT, LIVE) == []


def test_a_dead_endpoint_does_not_stop_another(desk: Desk, receiver: Receiver) -> None:
    with peer(silent) as dead:
        dead_endpoint = desk.endpoint(dead.url)
        desk.endpoint(receiver.url)
        desk.tell()
        desk.work()
        assert len(dead.requests) == len(receiver.got) == 1
        for _ in range(12):
            desk.tell()
        desk.work(minutes=3)
        assert sorted(receiver.ids) == sorted(set(receiver.ids)), receiver.ids
        assert len(receiver.got) == 13, "the other got everything"
        assert len(dead.requests) == 5, "after five failures it is left alone"
    assert all(each.state is DeliveryState.PENDING for each in desk.deliveries(dead_endpoint))


def test_what_an_endpoint_missed_while_it_was_down_arrives_when_it_is_back(
    either_desk: Desk, receiver: Receiver
) -> None:
    endpoint = either_desk.endpoint(receiver.url)
    receiver.says(500)
    ids = set()
    for _ in range(8):
        ids.add(either_desk.tell())
        either_desk.work(hours=3)
    receiver.says(204)
    receiver.got.clear()
    either_desk.work(hours=1)
    missed = [headers["webhook-id"] for headers, body in receiver.got if b'"endpoint.recovered"' not in body]
    assert sorted(missed) == sorted(ids)
    assert {each.state for each in either_desk.deliveries(endpoint)} == {DeliveryState.DELIVERED}
    assert either_desk.see(endpoint).failing_since is None


def test_an_endpoint_gets_the_types_it_wants(desk: Desk, receiver: Receiver) -> None:
    some = desk.endpoint(receiver.url, "shipment.cancelled", "shipment.failed")
    all_of_them = desk.endpoint(receiver.url)
    wanted = [desk.tell(type="shipment.failed"), desk.tell(type="shipment.cancelled")]
    unwanted = desk.tell(type="shipment.booked")
    desk.work()
    assert sorted(each.outbox_id for each in desk.deliveries(some)) == wanted
    assert sorted(each.outbox_id for each in desk.deliveries(all_of_them)) == [*wanted, unwanted]


def test_messages_nobody_waits_for_do_not_hold_others_up(desk: Desk, receiver: Receiver) -> None:
    with desk.store.work() as uow:
        made.merchant(uow, "mer_other", "acc_other")
        uow.commit()
    for _ in range(10):
        desk.tell(merchant_id="mer_other", subject_id="shp_other")
    desk.endpoint(receiver.url)
    message_id = desk.tell(created_at=made.NOW + HOUR)
    desk.work()
    assert receiver.ids == [message_id]


def test_a_replay_sends_the_same_id_and_bytes_again(either_desk: Desk, receiver: Receiver) -> None:
    endpoint = either_desk.endpoint(receiver.url)
    either_desk.tell()
    either_desk.work()
    [delivery] = either_desk.deliveries(endpoint)
    again = either_desk.webhooks.replay_delivery(MERCHANT, LIVE, endpoint.id, delivery.id)
    assert again.state is DeliveryState.PENDING
    either_desk.work()
    assert len(receiver.got) == 2
    assert len({(headers["webhook-id"], body) for headers, body in receiver.got}) == 1
    assert either_desk.delivery(delivery.id).state is DeliveryState.DELIVERED
    assert len(either_desk.attempts(delivery.id)) == 2


def test_only_an_own_delivery_of_that_endpoint_is_replayed(desk: Desk, receiver: Receiver) -> None:
    endpoint, other = desk.endpoint(receiver.url), desk.endpoint(receiver.url)
    desk.tell()
    desk.work()
    [delivery] = desk.deliveries(endpoint)
    for merchant_id, mode, endpoint_id, delivery_id in (
        ("mer_other", LIVE, endpoint.id, delivery.id),
        (MERCHANT, TEST, endpoint.id, delivery.id),
        (MERCHANT, LIVE, other.id, delivery.id),
        (MERCHANT, LIVE, endpoint.id, "dlv_none"),
    ):
        with pytest.raises(NotFound):
            desk.webhooks.replay_delivery(merchant_id, mode, endpoint_id, delivery_id)
        with pytest.raises(NotFound):
            desk.webhooks.delivery(merchant_id, mode, endpoint_id, delivery_id)


def test_the_log_says_how_each_try_went(either_desk: Desk, receiver: Receiver) -> None:
    endpoint = either_desk.endpoint(receiver.url)
    either_desk.tell()
    receiver.answers = [Response(b"no\x00\xff" + b"x" * 5000, status=500), Response(b"yes")]
    either_desk.work()
    either_desk.work(seconds=5)
    [delivery] = either_desk.deliveries(endpoint)
    first, second = either_desk.attempts(delivery.id)
    assert (first.number, first.status, first.error) == (1, 500, "")
    assert first.response_head.startswith("no\ufffd\ufffdxxx")
    assert len(first.response_head) == 2048
    assert (second.number, second.status, second.response_head) == (2, 200, "yes")
    assert second.at > first.at
    assert all(attempt.duration_ms >= 0 for attempt in (first, second))


def test_the_log_says_why_there_was_no_answer(desk: Desk) -> None:
    with peer(silent) as slow:
        endpoint = desk.endpoint(slow.url)
        desk.tell()
        desk.work()
    [delivery] = desk.deliveries(endpoint)
    [attempt] = desk.attempts(delivery.id)
    assert attempt.status is None
    assert "timed out" in attempt.error
    assert delivery.last_error == attempt.error
    assert attempt.duration_ms >= 900


def test_an_address_that_is_no_longer_public_is_not_called_and_the_log_says_so(desk: Desk, receiver: Receiver) -> None:
    endpoint = desk.endpoint(receiver.url.replace("http:", "https:"))
    strict = Desk(desk.store, allow_private=False)
    strict.tell()
    strict.work()
    [delivery] = strict.deliveries(endpoint)
    assert receiver.got == []
    assert delivery.state is DeliveryState.PENDING
    assert "not public" in delivery.last_error


@pytest.mark.parametrize("url", ["http://shop.example/hook", "https://10.0.0.1/hook", "https://u:p@shop.example/hook"])
def test_an_endpoint_that_is_not_public_is_not_added(desk: Desk, url: str) -> None:
    strict = Desk(desk.store, allow_private=False)
    with pytest.raises(Unprocessable) as refused:
        strict.endpoint(url)
    assert (refused.value.pointer, refused.value.code) == ("/url", "not_public")
    assert desk.webhooks.endpoints(MERCHANT, LIVE) == []


def test_an_endpoint_of_a_type_that_does_not_exist_is_not_added(desk: Desk) -> None:
    with pytest.raises(Unprocessable) as refused:
        desk.endpoint("https://shop.example/hook", "shipment.booked", "shipment.teleported")
    assert (refused.value.pointer, refused.value.code) == ("/types/1", "unknown_type")


def test_messages_carry_no_address_and_no_name(site: Site, shop: Merchant, receiver: Receiver) -> None:
    site.services.webhooks.add_endpoint(shop.id, TEST, receiver.url, ())
    sandbox = site.carrier("sandbox")
    shop.account("sandbox", sandbox)
    taken_back, delivered = shop.booked(), shop.booked(reference="order-1")
    shop.call("POST", f"/v1/shipments/{taken_back['id']}/cancel", Idempotency_Key="cancel-1")
    [booking] = site.active(delivered)
    sandbox.simulator.move(booking.carrier_reference, "delivered")
    site.work(minutes=20)
    assert shop.shipment(delivered["id"])["proof_of_delivery"]["received_by"]
    bodies = [body.decode() for _, body in receiver.got]
    private = {word for end in ("origin", "destination") for name, word in ORDER[end].items() if name != "country"}
    assert [word for word in private for body in bodies if word in body] == []
    assert max(map(len, bodies)) < 1000
    told = {"shipment.created", "shipment.booked", "shipment.cancelled", "shipment.status_changed"}
    assert told <= {json.loads(body)["type"] for body in bodies}
