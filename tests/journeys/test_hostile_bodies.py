"""Bodies that are too long, too slow or never end, at the real web process: refused, while others are served."""

from __future__ import annotations

import re
import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from carriers.base import WebhookCall
from carriers.base.simulator import RunningSimulator
from tests.conftest import TestDatabase
from tests.journeys.processes import Web, connected
from tests.journeys.scans import inbox
from tests.journeys.site import Merchant, Site, environment

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # no body reaches it
STALLED = 12
"""Three times as many as the process has threads."""


@pytest.fixture
def web(site: Site, database: TestDatabase, tmp_path: Path) -> Iterator[Web]:
    with Web(environment(database.url, WEB__WAIT_S="2"), tmp_path / "web.log") as running:
        yield running.wait_ready()


@pytest.fixture
def account(site: Site, shop: Merchant) -> tuple[str, RunningSimulator]:
    running = site.carrier("sandbox")
    return shop.account("sandbox-1", running), running


def signed(site: Site, running: RunningSimulator, body: bytes) -> dict[str, str]:
    call = WebhookCall(method="POST", headers={}, query={}, body=body, received_at=site.clock())
    return dict(running.simulator.carrier.webhook_proof.sign(call, running.account).headers)  # type: ignore[attr-defined]  # the sandbox has one


def begun(web: Web, head: str) -> socket.socket:
    return connected(urlsplit(web.url), head)


def status_of(opened: socket.socket) -> int:
    head = opened.recv(4096)
    return int(head.split(b" ", 2)[1]) if head else 0


def test_a_body_of_ten_megabytes_is_refused_and_not_stored(
    web: Web, site: Site, database: TestDatabase, account: tuple[str, RunningSimulator]
) -> None:
    account_id, running = account
    body = b"x" * 10_000_000
    answer = requests.post(
        f"{web.url}/v1/carriers/{account_id}/webhook", data=body, headers=signed(site, running, body), timeout=30
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "payload_too_large")
    good = b'{"id": "e1", "type": "other"}'
    answer = requests.post(
        f"{web.url}/v1/carriers/{account_id}/webhook", data=good, headers=signed(site, running, good), timeout=30
    )
    assert answer.status_code == 200
    assert inbox(database) == {"new": 1}
    site.work()


def test_what_comes_in_chunks_is_whole_or_refused(
    web: Web, shop: Merchant, account: tuple[str, RunningSimulator]
) -> None:
    key = {"Authorization": f"Bearer {shop.key}"}
    lines = [
        b'{"tracking_number": "TRACK%d", "occurred_at": "2026-03-02T12:00:00Z", "status": "booked"}\n' % n
        for n in (1, 2)
    ]
    padded = [line + b" " * 700_000 + b"\n" for line in lines]
    bulk, as_lines = f"{web.url}/v1/tracking-events/bulk?account=sandbox-1", {"Content-Type": "application/x-ndjson"}
    answer = requests.post(bulk, data=iter(padded), headers={**key, **as_lines}, timeout=30)
    assert (answer.status_code, answer.json()["new"], answer.json()["faults"]) == (200, 2, []), answer.text
    picture = f"{web.url}/v1/fleet/pictures?account=sandbox-1&tracking_number=x&kind=photo"
    for url, pieces in ((f"{web.url}/v1/quotes", 2), (picture, 12)):
        media = {"Content-Type": "application/json" if pieces == 2 else "image/jpeg"}
        answer = requests.post(url, data=iter([b" " * 1_000_000] * pieces), headers={**key, **media}, timeout=30)
        assert (answer.status_code, answer.json()["code"]) == (413, "payload_too_large"), answer.text


def test_chunks_without_end_are_cut_off(
    web: Web, site: Site, database: TestDatabase, account: tuple[str, RunningSimulator]
) -> None:
    _pour_chunks(web, account[0])
    good = b'{"id": "e1", "type": "other"}'
    headers = signed(site, account[1], good)
    answer = requests.post(f"{web.url}/v1/carriers/{account[0]}/webhook", data=good, headers=headers, timeout=30)
    assert (answer.status_code, inbox(database)) == (200, {"new": 1}), "the process serves on, and kept nothing of it"
    site.work()


def _pour_chunks(web: Web, account_id: str) -> None:
    """Until it answers or hangs up."""
    head = f"POST /v1/carriers/{account_id}/webhook HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    sent = 0
    with begun(web, head) as opened:
        try:
            while sent < 100 * len(chunk):
                opened.sendall(chunk)
                sent += len(chunk)
                time.sleep(0.01)
        except OSError:
            return  # it hung up on us
        assert status_of(opened) in (401, 413)


def test_slow_clients_hold_no_thread_and_are_refused_and_counted(
    web: Web, site: Site, account: tuple[str, RunningSimulator]
) -> None:
    account_id, running = account
    path = f"/v1/carriers/{account_id}/webhook"
    heads = (
        f"POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{{",
        f"POST {path} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{{\r\n",
        f"POST {path} HTTP/1.1\r\nhost: x\r\nx-slow: ",
    )
    body = b'{"id": "e1", "type": "other"}'
    with ExitStack() as ends:
        stalled = [ends.enter_context(begun(web, heads[number % 3])) for number in range(STALLED)]
        answer = requests.post(f"{web.url}{path}", data=body, headers=signed(site, running, body), timeout=30)
        assert answer.status_code == 200, "others are served meanwhile"
        assert Counter(status_of(opened) for opened in stalled) == {408: STALLED * 2 // 3, 0: STALLED // 3}
    route = 'gateway_requests_total{method="POST",route="/v1/carriers/<account_id>/webhook",status="408"}'
    assert f"{route} {float(STALLED * 2 // 3)}" in requests.get(f"{web.url}/metrics", timeout=30).text
    site.work()


def test_a_body_that_ends_too_soon_is_refused(web: Web, shop: Merchant) -> None:
    head = f"POST /v1/quotes HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {shop.key}\r\ncontent-length: 90\r\n\r\n{{}}"
    with begun(web, head) as opened:
        opened.shutdown(socket.SHUT_WR)
        assert status_of(opened) == 400


@pytest.mark.parametrize("end", ["", "2\r\n", "0\r\n", "nonsense\r\n"])
def test_chunks_that_end_before_the_last_are_no_whole_body(
    web: Web, site: Site, database: TestDatabase, account: tuple[str, RunningSimulator], end: str
) -> None:
    """A sender that closes its side in the middle: what came so far would pass for a shorter, well-proved message."""
    account_id, running = account
    body = '{"id": "e1", "type": "other"}'
    proof = "".join(f"{name}: {value}\r\n" for name, value in signed(site, running, body.encode()).items())
    head = f"POST /v1/carriers/{account_id}/webhook HTTP/1.1\r\nhost: x\r\n{proof}transfer-encoding: chunked\r\n"
    chunk = f"{len(body):x}\r\n{body}\r\n"
    with begun(web, f"{head}\r\n{chunk}{end}") as opened:
        opened.shutdown(socket.SHUT_WR)
        assert status_of(opened) == 400
    assert inbox(database) == {}
    for whole in (f"{head}\r\n{chunk}0\r\n\r\n", f"{head}trailer: x-sum\r\n\r\n{chunk}0\r\nx-sum: 1\r\n\r\n"):
        with begun(web, whole) as opened:
            assert status_of(opened) == 200
    assert inbox(database) == {"new": 1}
    site.work()


def test_a_long_body_is_only_read_from_those_who_may_send_it(
    web: Web, shop: Merchant, account: tuple[str, RunningSimulator]
) -> None:
    path = "/v1/tracking-events/bulk?account=sandbox-1"
    lines = [f"NUMBER-{number},2026-03-01T10:00:00Z,in_transit,{'x' * 400}\n" for number in range(2500)]
    table = "tracking_number,occurred_at,status,description\n" + "".join(lines)
    head = f"POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: text/csv\r\ncontent-length: {len(table)}\r\n\r\n"
    with begun(web, head) as opened:
        assert status_of(opened) == 401, "without waiting for what it has to say"
    headers = {"Authorization": f"Bearer {shop.key}", "Content-Type": "text/csv"}
    answer = requests.post(f"{web.url}{path}", data=table.encode(), headers=headers, timeout=60)
    assert (answer.status_code, answer.json()["new"]) == (200, len(lines)), answer.text


def test_a_long_form_is_only_read_from_who_is_signed_in(web: Web, site: Site, shop: Merchant) -> None:
    boss, password = site.services.staff.people.add(shop.id, f"{shop.id}@shop.example", "Boss", "operations")
    session, orders = requests.Session(), f"{web.url}/console/book/batch"
    session.post(f"{web.url}/console/sign-in", data={"email": boss.email, "password": password}, timeout=30)
    table = "Name,Town,Country,Street,Weight\n" + f"{'Kari ' * 40},Oslo,NO,Gata 1,2\n" * 6000
    form = {"csrf": re.findall(r'name="csrf" value="(\w+)"', session.get(f"{web.url}/console/me", timeout=30).text)[0]}
    sent = session.post(orders, data=form, files={"file": table}, timeout=60, allow_redirects=False)
    assert (sent.status_code, "/console/jobs/job_" in sent.headers["Location"]) == (303, True), sent.text
    head = f"POST /console/book/batch HTTP/1.1\r\nhost: x\r\ncontent-length: {len(table)}\r\n\r\n"
    with begun(web, head) as opened:
        assert status_of(opened) == 303, "to the door, without waiting for what it has to say"
    elsewhere = session.post(f"{web.url}/console/mode", data={**form, "mode": table}, timeout=60)
    assert elsewhere.status_code == 413
    assert "too much at once" in elsewhere.text
