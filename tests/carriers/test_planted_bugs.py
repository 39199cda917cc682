"""The kit finds nothing in an honest carrier, and in each dishonest one the bug that was planted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from carriers.base.conformance import Level, conformance, examine, grade
from carriers.base.conformance.checks import CHECKS
from tests.carriers.planted.planting import planted

ADAPTER, WIRE, PROFILE, STATUSES = "adapter.py", "wire.py", "profile.toml", "statuses.csv"


@dataclass(frozen=True)
class Bug:
    """A change to the honest carrier, and the checks that must each see it."""

    name: str
    changes: Mapping[str, tuple[str, str]]
    seen_by: tuple[str, ...]


def _with_proof(prove: str) -> dict[str, tuple[str, str]]:
    """The webhook proof with a `prove` of the carrier's own."""
    own = (
        "from dataclasses import replace\n\n"
        "class Proof(HmacProof):\n"
        "    def prove(self, call, account):\n"
        f"        {prove}\n\n"
        "HmacProof, TheirProof = Proof, HmacProof\n\n"
    )
    return {ADAPTER: ("class ParcelCo(Carrier):", f"{own}class ParcelCo(Carrier):")}


BUGS = (
    Bug(
        "raw dict access",
        {WIRE: ('number = answer.text("id")', 'number = answer.raw["id"]')},
        ("a_spoilt_answer_breaks_nothing",),
    ),
    Bug(
        "guessed status",
        {WIRE: ("status=mapped.status,", 'status=mapped.status if mapped.listed else "in_transit",')},
        ("an_unlisted_code_stays_unknown",),
    ),
    Bug(
        "failed attempt counted as delivered",
        {STATUSES: ("NOT_HOME,,attempt_failed,recipient_unavailable", "NOT_HOME,,delivered,none")},
        ("a_failed_attempt_is_no_delivery", "the_documented_answer_is_what_we_read"),
    ),
    Bug(
        "naive times",
        {
            WIRE: (
                'by = each.maybe_time("by")',
                "from datetime import datetime\n"
                '    said = each.maybe_text("by")\n'
                '    by = datetime.fromisoformat(said) if said.startswith("20") else None',
            )
        },
        ("a_spoilt_answer_breaks_nothing",),
    ),
    Bug(
        "secret in an error",
        {
            ADAPTER: (
                "return wire.refusal(reply)",
                "return wire.refusal(reply) or BadCarrierResponse("
                "f\"{reply.status} with {self.account.secrets['api_key']}\")",
            )
        },
        ("no_secret_shows",),
    ),
    Bug(
        "secret in the log",
        {
            ADAPTER: (
                'return {"X-Api-Key": self.account.secrets["api_key"]}',
                'import logging\n        logging.getLogger(__name__).debug("%s", dict(self.account.secrets))\n'
                '        return {"X-Api-Key": self.account.secrets["api_key"]}',
            )
        },
        ("no_secret_shows",),
    ),
    Bug(
        "secret in repr",
        {
            ADAPTER: (
                "    async def headers",
                '    def __repr__(self):\n        return f"ParcelCo({dict(self.account.secrets)})"\n\n'
                "    async def headers",
            )
        },
        ("no_secret_shows_in_repr",),
    ),
    Bug(
        "grams for kilograms",
        {WIRE: ("Decimal(parcel.weight_g) / 1000", "parcel.weight_g")},
        ("the_documented_request_is_what_we_send",),
    ),
    Bug(
        "lost idempotency key",
        {ADAPTER: ("json=body, headers=key, repeatable", "json=body, repeatable")},
        ("the_idempotency_key_travels", "the_documented_request_is_what_we_send"),
    ),
    Bug(
        "colliding event ids",
        {WIRE: ('f"{number}/{code}/{at.isoformat()}"', 'f"{number}/{code}"')},
        ("event_ids_do_not_collide",),
    ),
    Bug(
        "event ids of a moment",
        {WIRE: ('f"{number}/{code}/{at.isoformat()}"', '__import__("uuid").uuid4().hex')},
        ("an_event_keeps_its_id", "push_and_poll_name_a_scan_alike"),
    ),
    Bug(
        "one bad scan loses the others",
        {
            WIRE: (
                'one_by_one.of(parcel.get("scans").items(), lambda scan: _event(number, scan, statuses))',
                '[_event(number, scan, statuses) for scan in parcel.get("scans").items()]',
            )
        },
        ("a_scan_that_cannot_be_read_costs_no_other",),
    ),
    Bug(
        "a bad scan is dropped without a word",
        {WIRE: ("unread=one_by_one.unread()", "unread=one_by_one.unread()[:0]")},
        ("a_scan_that_cannot_be_read_costs_no_other",),
    ),
    Bug(
        "another meaning when pushed",
        {
            ADAPTER: (
                "return [wire.update(Reading.parse(call.body), self.statuses)]",
                "from dataclasses import replace\n"
                "        update = wire.update(Reading.parse(call.body), self.statuses)\n"
                '        return [replace(update, events=tuple(replace(e, status="exception") for e in update.events))]',
            )
        },
        ("event_ids_do_not_collide",),
    ),
    Bug(
        "another event id when pushed",
        {
            ADAPTER: (
                "return [wire.update(Reading.parse(call.body), self.statuses)]",
                "from dataclasses import replace\n"
                "        update = wire.update(Reading.parse(call.body), self.statuses)\n"
                '        events = tuple(replace(e, event_id="push/" + e.event_id) for e in update.events)\n'
                "        return [replace(update, events=events)]",
            )
        },
        ("push_and_poll_name_a_scan_alike",),
    ),
    Bug(
        "swallowed 5xx",
        {
            ADAPTER: (
                '        reply = await self.http.post("api", "/rates", json=wire.rate_request(request),'
                " repeatable=True)\n",
                "        try:\n"
                '            reply = await self.http.post("api", "/rates", json=wire.rate_request(request),'
                " repeatable=True)\n        except CarrierError:\n            return ()\n",
            )
        },
        ("an_unavailable_carrier_is_told", "too_many_requests_are_told", "a_dripping_carrier_is_given_up"),
    ),
    Bug(
        "booking called repeatable",
        {ADAPTER: ("headers=key, repeatable=False", "headers=key, repeatable=True")},
        ("a_lost_booking_is_never_called_safe",),
    ),
    Bug(
        "booking sent again",
        {
            ADAPTER: (
                '        reply = await self.http.post("api", "/bookings", json=body, headers=key, repeatable=False)\n',
                "        for last in (False, True):\n            try:\n"
                '                reply = await self.http.post("api", "/bookings", json=body, headers=key,'
                " repeatable=False)\n                break\n"
                "            except CarrierError:\n                if last:\n                    raise\n",
            )
        },
        ("a_lost_booking_is_never_called_safe",),
    ),
    Bug(
        "float money",
        {
            WIRE: (
                'Money(amount.decimal("amount"), amount.text("currency"))',
                'Money(float(amount.decimal("amount")), amount.text("currency"))',
            )
        },
        ("the_documented_answer_is_what_we_read",),
    ),
    Bug(
        "price through a float",
        {
            WIRE: (
                'Money(amount.decimal("amount"), amount.text("currency"))',
                'Money.from_minor(int(float(amount.decimal("amount")) * 100), amount.text("currency"))',
            )
        },
        ("money_is_exact",),
    ),
    Bug(
        "float for a whole number",
        {WIRE: ("price=price, deliver_by=by", "price=price, deliver_by=by, co2e_g=12.5")},
        ("the_documented_answer_is_what_we_read",),
    ),
    Bug(
        "doubled table row",
        {STATUSES: ("HUB,,in_transit,none,,docs/scans", "HUB,,in_transit,none,,a\nHUB,,exception,none,,b")},
        ("it_can_be_loaded",),
    ),
    Bug("profile typo", {PROFILE: ("settle_s = 10", "setle_s = 10")}, ("it_can_be_loaded",)),
    Bug("status that is not ours", {STATUSES: ("in_transit", "moving")}, ("it_can_be_loaded",)),
    Bug(
        "code other than registered",
        {PROFILE: ('code = "parcelco"', 'code = "parcel_co"')},
        ("the_code_is_the_registered_name",),
    ),
    Bug(
        "imports another carrier",
        {WIRE: ("    number = parcel.text", "    from carriers.acme import wire\n    number = parcel.text")},
        ("only_carriers_base_is_imported",),
    ),
    Bug(
        "imports the gateway",
        {WIRE: ("from carriers.base import (", "from gateway.domain import values\nfrom carriers.base import (")},
        ("only_carriers_base_is_imported",),
    ),
    Bug(
        "talks past self.http",
        {ADAPTER: ("from carriers.base import (", "import requests\nfrom carriers.base import (")},
        ("only_carriers_base_is_imported",),
    ),
    Bug(
        "optional field loses a booking",
        {WIRE: ('answer.maybe_time("eta")', 'answer.time("eta")')},
        ("a_spoilt_field_never_loses_a_booking",),
    ),
    Bug(
        "unreadable acceptance called a refusal",
        {
            WIRE: (
                'number = answer.text("id")',
                'number = answer.maybe_text("id")\n    if not number:\n'
                '        raise ShipmentRejected("there is no booking")',
            )
        },
        ("a_spoilt_field_never_loses_a_booking",),
    ),
    Bug(
        "pickup sent again",
        {ADAPTER: ('"/pickups", json=body, repeatable=False', '"/pickups", json=body, repeatable=True')},
        ("a_lost_order_is_never_called_safe",),
    ),
    Bug(
        "unreadable list taken for an empty one",
        {ADAPTER: ('reply.reading().get("bookings").items()', 'reply.reading().maybe_objects("bookings")')},
        ("an_unreadable_answer_is_no_proof_of_absence",),
    ),
    Bug(
        "our own word for the carrier's code",
        {WIRE: ("carrier_code=code,", "carrier_code=mapped.status,")},
        ("an_unlisted_code_stays_unknown", "the_documented_answer_is_what_we_read"),
    ),
    Bug(
        "rate limit without its time",
        {
            ADAPTER: (
                "return wire.refusal(reply)",
                "from carriers.base import RateLimited\n"
                '        return RateLimited("slow down") if reply.status == 429 else wire.refusal(reply)',
            )
        },
        ("too_many_requests_are_told",),
    ),
    Bug(
        "401 taken for a refused shipment",
        {
            ADAPTER: (
                "return wire.refusal(reply)",
                "from carriers.base import ShipmentRejected\n"
                '        return ShipmentRejected("no") if reply.status == 401 else wire.refusal(reply)',
            )
        },
        ("refused_credentials_are_told",),
    ),
    Bug(
        "login page taken for a label",
        {ADAPTER: ('if not reply.body.startswith(b"%PDF"):', "if not reply.body:")},
        ("a_login_page_is_told",),
    ),
    Bug(
        "skipped signature",
        _with_proof("return self.reply"),
        (
            "an_unsigned_webhook_is_refused",
            "a_tampered_webhook_is_refused",
            "a_webhook_of_another_secret_is_refused",
            "a_replayed_webhook_is_refused",
            "a_garbled_webhook_is_refused",
        ),
    ),
    Bug(
        "old webhooks accepted",
        _with_proof("return TheirProof.prove(replace(self, tolerance_s=10**9), call, account)"),
        ("a_replayed_webhook_is_refused",),
    ),
    Bug(
        "old secret refused while it is changed",
        _with_proof(
            "secrets = {'webhook_secret': account.secrets.get('webhook_secret', '')}\n"
            "        return TheirProof.prove(self, call, replace(account, secrets=secrets))"
        ),
        ("both_secrets_count_while_one_is_changed",),
    ),
    Bug(
        "sample with a typo",
        {"samples/book.ok.json": ('"exchanges"', '"exchange"')},
        ("samples_are_well_formed", "every_capability_is_shown"),
    ),
    Bug(
        "capability without its sample",
        {"samples/book.rejected.json": ('"case": "rejected"', '"case": "refused"')},
        ("every_capability_is_shown",),
    ),
    Bug(
        "exemption of a check that does not exist",
        {PROFILE: ("[exempt]", '[exempt]\nno_secrets_show = "typo"')},
        ("exemptions_name_checks",),
    ),
    Bug(
        "pushes, but says that it does not",
        {PROFILE: ('tracking = "both"', 'tracking = "poll"')},
        ("tracking_comes_as_the_profile_says",),
    ),
    Bug(
        "a wish under no reference",
        {ADAPTER: ('{"time": slot.id, "reference": reference}', '{"time": slot.id}')},
        ("a_wish_goes_under_its_reference",),
    ),
    Bug(
        "a wish sent again by itself",
        {ADAPTER: ("json=wish, repeatable=False", "json=wish, repeatable=True")},
        ("a_lost_order_is_never_called_safe",),
    ),
    Bug(
        "agreed because it answered",
        {ADAPTER: ("wire.check_agreed(reply.reading())", "reply.reading()")},
        ("a_wish_that_is_taken_in_is_not_agreed",),
    ),
    Bug(
        "too late taken for done",
        {
            ADAPTER: (
                "json=wish, repeatable=False)\n        wire.check",
                "json=wish, repeatable=False, expect=(200, 422))\n        if reply.status == 422:\n"
                "            return\n        wire.check",
            )
        },
        ("too_late_is_said_in_words", "the_documented_answer_is_what_we_read"),
    ),
    Bug(
        "times under one id",
        {WIRE: ('id=each.text("id"), window', 'id="t1", window')},
        ("offered_times_are_told_apart",),
    ),
)


def test_nothing_is_found_in_an_honest_carrier(tmp_path: Path) -> None:
    with planted(tmp_path, {}) as entry:
        assert examine(entry) == []


def test_a_booking_of_two_writes_is_honestly_unknown_once_the_first_is_made(tmp_path: Path) -> None:
    done = "        return wire.booking(reply.reading(), request.tender_reference)\n\n    async def find"
    confirmed = (
        "        booking = wire.booking(reply.reading(), request.tender_reference)\n"
        '        await self.http.post("api", "/confirmations", json=request.tender_reference, repeatable=False)\n'
        "        return booking\n\n    async def find"
    )
    second = (
        '    },\n    {"request": {"method": "POST", "where": "api", "path": "/confirmations"},'
        ' "response": {"status": 200}}\n  ],\n  "then"'
    )
    changes = {ADAPTER: (done, confirmed), "samples/book.ok.json": ('    }\n  ],\n  "then"', second)}
    with planted(tmp_path, changes) as entry:
        assert examine(entry) == []


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught(bug: Bug, tmp_path: Path) -> None:
    with planted(tmp_path, bug.changes) as entry:
        if bug.seen_by == ("it_can_be_loaded",):
            assert [failure.check for failure in examine(entry)] == ["it_can_be_loaded"]
            return
        tests = conformance(entry.load())
        assert {name: _fails(tests, name) for name in bug.seen_by} == dict.fromkeys(bug.seen_by, True)


def test_each_bug_names_checks_that_exist() -> None:
    known = {check.name for check in CHECKS} | {"it_can_be_loaded"}
    assert {name for bug in BUGS for name in bug.seen_by} <= known


def test_what_does_not_concern_a_carrier_has_no_test(tmp_path: Path) -> None:
    with planted(tmp_path, {ADAPTER: ("    async def cancel(", "    async def _cancel(")}) as entry:
        names = [name for name in dir(conformance(entry.load())) if name.startswith("test_")]
    assert not any("cancel_ok" in name for name in names)
    assert any("book_ok" in name for name in names)


def test_an_exempted_check_is_not_asked_and_its_reason_is_shown(tmp_path: Path) -> None:
    reason = "Parcel & Co signs nothing"
    with planted(tmp_path, {PROFILE: ("[exempt]", f'[exempt]\nno_secret_shows = "{reason}"')}) as entry:
        tests = conformance(entry.load())
        assert not any("no_secret_shows__" in name for name in dir(tests))
        assert grade(entry.load()).exempt == {"no_secret_shows": reason}


def test_a_carrier_with_assembled_samples_is_silver_and_says_what_gold_needs(tmp_path: Path) -> None:
    with planted(tmp_path, {}) as entry:
        found = grade(entry.load())
    assert found.level is Level.SILVER
    assert "sample book.ok is not genuine" in found.missing


def test_a_carrier_that_cannot_clear_up_a_lost_booking_is_bronze(tmp_path: Path) -> None:
    changes = {
        PROFILE: ("idempotent = true", "idempotent = false"),
        ADAPTER: ("    async def find(", "    async def _find("),
    }
    with planted(tmp_path, changes) as entry:
        for name in ("ok", "none"):
            (tmp_path / "parcelco" / "samples" / f"find.{name}.json").unlink()
        found = grade(entry.load())
    assert found.level is Level.BRONZE
    assert found.missing == ("bookings are neither idempotent nor can they be found",)


def test_a_carrier_with_a_bug_has_no_grade(tmp_path: Path) -> None:
    with planted(tmp_path, {WIRE: ("Decimal(parcel.weight_g) / 1000", "parcel.weight_g")}) as entry:
        found = grade(entry.load())
    assert found.level is Level.NONE
    assert any("the_documented_request_is_what_we_send" in line for line in found.missing)


def _fails(tests: type, check: str) -> bool:
    """Whether one of a check's tests fails."""
    names = [name for name in dir(tests) if name == f"test_{check}" or name.startswith(f"test_{check}__")]
    assert names, f"the kit does not ask {check} here"
    return any(_raises(getattr(tests(), name)) for name in names)


def _raises(test: object) -> bool:
    try:
        test()  # type: ignore[operator]  # the kit makes them, and mypy does not see it
    except AssertionError:
        return True
    return False
