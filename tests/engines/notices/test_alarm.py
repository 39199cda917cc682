"""Operators are told by apprise, and nobody waits for it."""

from __future__ import annotations

import time

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from gateway.domain.clock import utc_now
from gateway.domain.notifications import Channel, Sender
from gateway.engines.notices.alarm import AppriseAlarm
from gateway.settings import BadSettings


def sender(why: str) -> Sender:
    now = utc_now()
    return Sender(
        id="snd_1", merchant_id="mer_1", mode="live", channel=Channel.EMAIL, why=why, created_at=now, updated_at=now
    )


def test_an_alarm_reaches_whoever_listens(httpserver: HTTPServer) -> None:
    got: list[Request] = []

    def keep(request: Request) -> Response:
        got.append(request)
        return Response(status=200)

    httpserver.expect_request("/alarm").respond_with_handler(keep)
    alarm = AppriseAlarm([f"json://127.0.0.1:{httpserver.port}/alarm"])
    alarm.sender_fails(sender("the mail server refuses the credentials"))
    alarm.wait()
    (told,) = [request.get_json() for request in got]
    assert told["title"] == "Doorstep: Recipients are not told"
    assert told["message"] == "email of mer_1 (live): the mail server refuses the credentials"


def test_an_alarm_that_fails_stops_nobody_and_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    alarm = AppriseAlarm(["json://127.0.0.1:9/alarm"])
    began = time.monotonic()
    alarm.sender_fails(sender("down"))
    assert time.monotonic() - began < 1, "nobody waits for it"
    alarm.wait()
    assert "operators could not be told" in caplog.text


def test_what_is_no_url_is_told_at_the_start_without_its_secrets() -> None:
    with pytest.raises(BadSettings, match="number 2") as refused:
        AppriseAlarm(["json://127.0.0.1/a", "nonsense:secret"])
    assert "secret" not in str(refused.value)
