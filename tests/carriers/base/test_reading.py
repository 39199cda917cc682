from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from carriers.base import BadCarrierResponse, Reading
from carriers.base.reading import MAX_DEPTH, clean


def read(text: str) -> Reading:
    return Reading.parse(text.encode())


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


def test_numbers_are_exact() -> None:
    body = read('{"fee": 8.99, "cents": 899, "text": "8.99", "whole": 899.0}')
    assert body.decimal("fee") == body.decimal("text") == Decimal("8.99")
    assert isinstance(body.raw, dict)
    assert body.raw["fee"] == Decimal("8.99")
    assert body.integer("cents") == body.integer("whole") == 899
    assert isinstance(body.integer("whole"), int)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"<html>",
        b'{"a": 1} trailing',
        b'{"a": NaN}',
        b"[Infinity]",
        b"[-Infinity]",
        b'{"a": 1, "a": 2}',
        b'{"b": [{"a": 1, "a": 1}]}',
        b'{"a": "\xff"}',
        b'{"a": 1',
        b"{'a': 1}",
        b"[" + b"9" * 41 + b"]",
        b"[1e999999999]",
        b"[1e99999999999999999999]",
        b"[1e-999999]",
        '{"a": 1}'.encode("utf-16"),
        nested(MAX_DEPTH + 1),
        nested(5_000),
        nested(1_000_000),
        b'{"a":' * 200_000,
    ],
)
def test_what_is_not_strict_json_is_refused(body: bytes) -> None:
    with pytest.raises(BadCarrierResponse):
        Reading.parse(body)


def test_nesting_up_to_the_limit_is_read() -> None:
    assert Reading.parse(nested(MAX_DEPTH)).items()


def test_a_body_beyond_all_size_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("carriers.base.reading.MAX_BYTES", 10)
    assert Reading.parse(b'["1234"]').items()
    with pytest.raises(BadCarrierResponse, match="too big"):
        Reading.parse(b'["123456789"]')


def test_a_byte_order_mark_is_tolerated() -> None:
    assert Reading.parse(b'\xef\xbb\xbf{"a": "b"}').text("a") == "b"


def test_an_error_names_the_path_and_never_quotes_the_payload() -> None:
    body = read('{"data": [{"id": "1"}, {"id": {"secret": "Kari Nordmann"}}]}')
    with pytest.raises(BadCarrierResponse, match=r"\$\.data\[1\]\.id is not a text") as caught:
        body.get("data")[1].text("id")
    assert "Kari" not in str(caught.value)
    assert "Kari" not in repr(body)


@pytest.mark.parametrize("value", ["null", "7", "true", "[]", "{}", '""', '" \\u0000\\u202e "'])
def test_a_needed_text_says_something(value: str) -> None:
    body = read(f'{{"id": {value}}}')
    with pytest.raises(BadCarrierResponse, match=r"\$"):
        body.text("id")
    with pytest.raises(BadCarrierResponse):
        body.text("missing")


def test_an_id_that_is_too_long_is_an_error_and_an_optional_text_is_cut() -> None:
    body = read('{"id": "' + "x" * 501 + '"}')
    with pytest.raises(BadCarrierResponse, match="at most 500"):
        body.text("id")
    assert body.text("id", limit=501) == "x" * 501
    assert body.maybe_text("id") == "x" * 500


def test_a_link_is_whole_or_not_there() -> None:
    signed = "https://images.example/pod.jpg?X-Amz-Security-Token=" + "x" * 1500
    assert Reading({"it": signed}).maybe_link("it") == signed
    for wrong in (signed + "x" * 1000, "javascript:alert(1)", "/pod.jpg", "", 7, None):
        assert Reading({"it": wrong}).maybe_link("it") == ""


@pytest.mark.parametrize("value", ["null", "7", "false", "[]", "{}"])
def test_an_optional_member_of_a_wrong_type_is_not_there(value: str) -> None:
    body = read(f'{{"it": {value}, "deeper": {{"it": {value}}}}}')
    assert body.maybe_text("it", "nothing") == "nothing"
    assert body.maybe_time("it") is None
    assert body.maybe_objects("it") == []
    deeper = body.maybe("it")
    assert deeper is None or deeper.maybe_text("x") == ""
    assert deeper is None or deeper.maybe("x") is None
    assert deeper is None or not deeper.has("x")


@pytest.mark.parametrize("value", [None, "x", 7, [{"a": 1}]])
def test_a_part_that_is_no_object_is_an_empty_one(value: object) -> None:
    assert Reading({"part": {"a": "b"}}).part("part").maybe_text("a") == "b"
    assert not Reading({"part": value}).part("part").has("a")
    assert Reading({"part": value}).part("part").part("deeper").path == "$.part.deeper"


def test_null_counts_as_absent() -> None:
    body = read('{"a": null, "b": false}')
    assert not body.has("a")
    assert body.maybe("a") is None
    assert body.has("b")
    assert body.objects("a") == []
    with pytest.raises(BadCarrierResponse):
        body.get("a")


def test_a_list_of_objects_is_strict_and_its_lenient_twin_is_not() -> None:
    body = read('{"list": [{"a": "1"}, 7, null, {"a": "2"}], "good": [{"a": "3"}], "no": "list"}')
    assert [one.text("a") for one in body.maybe_objects("list")] == ["1", "2"]
    assert [one.text("a") for one in body.objects("good")] == ["3"]
    assert body.objects("missing") == []
    assert body.maybe_objects("no") == []
    with pytest.raises(BadCarrierResponse, match=r"\$\.list\[1\]"):
        body.objects("list")
    with pytest.raises(BadCarrierResponse, match=r"\$\.no is not an array"):
        body.objects("no")


def test_an_element_that_is_not_there_is_an_error() -> None:
    body = read('["a", "b"]')
    assert body[1].raw == body[-1].raw == "b"
    for index in (2, -3):
        with pytest.raises(BadCarrierResponse):
            body[index]


@pytest.mark.parametrize("value", ["true", "null", '"NaN"', '"1_000"', '" 1"', '"١"', '"Infinity"', '"1e9999"', "{}"])
def test_what_is_not_a_number_is_not_read_as_one(value: str) -> None:
    body = read(f'{{"n": {value}}}')
    assert body.maybe_decimal("n") is None
    assert body.maybe_number("n") is None
    assert body.maybe_integer("n") is None
    for method in (body.decimal, body.number, body.integer):
        with pytest.raises(BadCarrierResponse):
            method("n")


@pytest.mark.parametrize("value", ["8.5", '"8"', "9223372036854775808", "1e30"])
def test_a_whole_number_fits_64_bits_and_is_no_text(value: str) -> None:
    with pytest.raises(BadCarrierResponse):
        read(f'{{"n": {value}}}').integer("n")


def test_coordinates_come_as_numbers_or_texts() -> None:
    body = read('{"lat": "22.3354", "lng": -122.4241, "zero": 0}')
    assert body.number("lat") == 22.3354
    assert body.maybe_number("lng") == -122.4241
    assert body.maybe_number("zero") == 0.0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2023-02-10T17:00:00Z", datetime(2023, 2, 10, 17, tzinfo=UTC)),
        ("2023-02-10T17:00:00.123Z", datetime(2023, 2, 10, 17, 0, 0, 123_000, tzinfo=UTC)),
        # InPost Group sends nine digits, Bring no colon in the offset, InPost ShipX a space before it.
        ("2024-11-25T16:51:40.111968200Z", datetime(2024, 11, 25, 16, 51, 40, 111_968, tzinfo=UTC)),
        ("2021-04-20T12:00:00+0000", datetime(2021, 4, 20, 12, tzinfo=UTC)),
        ("2020-03-20 15:08:42 +0100", datetime(2020, 3, 20, 14, 8, 42, tzinfo=UTC)),
        ("2021-04-20T12:00:00-05:30", datetime(2021, 4, 20, 17, 30, tzinfo=UTC)),
    ],
)
def test_times_with_an_offset_are_read(text: str, expected: datetime) -> None:
    moment = read(f'{{"at": "{text}"}}').time("at")
    assert moment == expected
    assert moment.utcoffset() is not None


def test_a_time_keeps_the_offset_it_came_with() -> None:
    assert read('{"at": "2021-04-20T12:00:00+02:00"}').time("at").utcoffset() == timedelta(hours=2)


@pytest.mark.parametrize(
    "value",
    [
        '"2023-02-10T17:00:00"',
        '"2023-02-10"',
        '"yesterday"',
        '""',
        "1676048400",
        '"0001-01-01T00:00:00Z"',
        '"0001-01-01T00:00:00+14:00"',
        '"9999-12-31T23:59:59-14:00"',
        '"2023-02-30T00:00:00Z"',
        "null",
    ],
)
def test_a_time_without_offset_or_sense_is_refused(value: str) -> None:
    body = read(f'{{"at": {value}}}')
    assert body.maybe_time("at") is None
    with pytest.raises(BadCarrierResponse):
        body.time("at")


def test_a_yes_or_no_of_another_type_is_the_default() -> None:
    body = read('{"yes": true, "text": "false", "number": 0}')
    assert body.boolean("yes", False)
    assert body.boolean("text", True)
    assert not body.boolean("number", False)
    assert body.boolean("missing", True)


def test_a_document_is_read_with_and_without_a_data_url() -> None:
    body = read('{"plain": "aGVsbG8=", "url": "data:image/png;base64,aGVsbG8=", "lines": "aGVs\\nbG8="}')
    assert body.base64("plain") == body.base64("url") == body.base64("lines") == b"hello"


@pytest.mark.parametrize("value", ['"a"', '"!!!!"', '""', '"é"', "7", "null"])
def test_a_broken_document_is_refused(value: str) -> None:
    with pytest.raises(BadCarrierResponse):
        read(f'{{"document": {value}}}').base64("document")


def test_text_from_outside_cannot_forge_lines_or_reading_order() -> None:
    forged = "ok\r\n2026-01-01 admin\u202egnp.exe\x1b[31m\x00\u2066\x9b\ud800 "
    assert clean(forged) == "ok 2026-01-01 admingnp.exe[31m"
    assert clean("x" * 600) == "x" * 500
    assert clean("  Gata 1\u2028Oslo ") == "Gata 1 Oslo"


def test_lone_surrogates_are_dropped_so_that_text_can_be_stored() -> None:
    assert read('{"a": "x\\ud800y"}').text("a").encode() == b"xy"
