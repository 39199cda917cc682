"""XML both ways: what is written is what is read, and nothing dangerous or ambiguous gets through."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carriers.base.errors import BadCarrierResponse
from carriers.base.xml import XmlReading, parsed, written


def read(text: str) -> XmlReading:
    return XmlReading.parse(text.encode())


def test_an_element_is_nothing_a_text_or_its_children() -> None:
    assert parsed(b"<r><a/><b> x </b><c><d>1</d><d/></c><e>\n</e></r>") == {
        "r": {"a": None, "b": "x", "c": {"d": ["1", None]}, "e": None}
    }
    assert parsed('<?xml version="1.0" encoding="iso-8859-2"?><r>Nováková</r>'.encode("iso-8859-2")) == {
        "r": "Nováková"
    }
    assert parsed(b'<n:r xmlns:n="urn:x" k="v"><n:a>1</n:a></n:r>') == {"r": {"a": "1"}}


BOMB = '<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><r>&b;</r>'
FILE = '<!DOCTYPE r [<!ENTITY f SYSTEM "file:///etc/passwd">]><r>&f;</r>'


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not XML: jane@example.com",
        "<r>jane@example.com",
        "<r>&jane;</r>",
        BOMB,
        FILE,
        "<!DOCTYPE r><r/>",
        "<r>a<b/>c</r>",
        "<r/><r/>",
        '<?xml version="1.0" encoding="nobody-knows"?><r/>',
        "<r>\x00</r>",
        "<a>" * 200 + "</a>" * 200,
    ],
)
def test_what_is_refused_and_never_quoted(text: str) -> None:
    with pytest.raises(BadCarrierResponse) as refused:
        read(text)
    assert "jane" not in str(refused.value)
    assert refused.value.__context__ is None


def test_a_body_that_is_too_big_is_not_read() -> None:
    with pytest.raises(BadCarrierResponse):
        XmlReading.parse(b" " * (32 * 1024 * 1024 + 1))


def test_one_element_is_an_array_of_one() -> None:
    for text, ids in (("<i><id>1</id></i>", ["1"]), ("<i><id>1</id><id>2</id></i>", ["1", "2"])):
        assert [item.raw for item in read(text).get("i").get("id").items()] == ids
    one = read("<r><f><n>a</n></f></r>").get("r")
    two = read("<r><f><n>a</n></f><f><n>b</n></f><f/><f>x</f></r>").get("r")
    assert [f.text("n") for f in one.objects("f")] == ["a"]
    assert [f.text("n") for f in two.maybe_objects("f")] == ["a", "b"]
    assert one.maybe_objects("g") == []
    with pytest.raises(BadCarrierResponse, match=r"\$\.r\.f\[2\] is not an object"):
        two.objects("f")


def test_an_element_that_stands_twice_is_not_a_text() -> None:
    result = read("<r><id>1</id><id>2</id></r>").get("r")
    assert result.maybe_text("id") == ""
    with pytest.raises(BadCarrierResponse, match=r"\$\.r\.id is not a text"):
        result.text("id")


def test_numbers_and_answers_are_texts() -> None:
    element = read("<r><n>-7</n><d>2.50</d><y>1</y><no>false</no><x>1e5</x><big>99999999999999999999</big></r>").get(
        "r"
    )
    assert isinstance(element, XmlReading)
    assert (element.integer("n"), element.decimal("d")) == (-7, Decimal("2.50"))
    assert [element.maybe_integer(tag) for tag in ("d", "x", "big", "gone")] == [None] * 4
    assert (element.boolean("y", False), element.boolean("no", True), element.boolean("d", True)) == (True, False, True)
    with pytest.raises(BadCarrierResponse, match=r"\$\.r\.big is not a whole number"):
        element.integer("big")


def test_what_is_written_cannot_break_out() -> None:
    document = written({"r": {"a": '</a><b>&amp; "x" \x00\ud800\x1f', "n": Decimal("1.20"), "none": None, "l": [1, 2]}})
    assert document.startswith(b"<?xml version='1.0' encoding='utf-8'?>\n<r><a>")
    assert parsed(document) == {"r": {"a": '</a><b>&amp; "x"', "n": "1.20", "none": None, "l": ["1", "2"]}}


@pytest.mark.parametrize("data", [{}, {"a": 1, "b": 2}])
def test_a_document_has_one_root(data: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="unpack"):
        written(data)


@given(st.text())
def test_any_text_makes_a_document(text: str) -> None:
    assert set(parsed(written({"r": {"a": text, "b": "x"}}))) == {"r"}
