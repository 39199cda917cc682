"""The kit spoils XML answers as it spoils JSON: each element gone, empty, another, nested, or there twice."""

from __future__ import annotations

from typing import Any

import pytest

from carriers.base.conformance.mutations import mutations
from carriers.base.conformance.payloads import payload
from carriers.base.conformance.samples import Exchange, SampleRequest, SampleResponse
from carriers.base.conformance.script import Script
from carriers.base.xml import parsed
from gateway.domain.errors import InvalidValue

ANSWER = "<response><status>ok</status><result><id>12</id><record><a>1</a></record></result></response>"


def spoilt(path: str) -> dict[str, Any]:
    body = payload({"xml": ANSWER}, "$")
    made = [each for each in mutations(body.data, body.notation) if each.path == path]
    assert len({each.what for each in made}) == len(made)
    return {each.what: parsed(body.write(each.value)) for each in made}


def test_an_element_is_spoilt_in_every_way() -> None:
    result = {
        what: document["response"]["result"].get("id", "gone")
        for what, document in spoilt("$.response.result.id").items()
    }
    assert result == {
        "removed": "gone",
        "null": None,
        "a number": "7",
        "an object": {"a": "1"},
        "empty": None,
        "stands twice": ["12", "12"],
    }
    assert spoilt("$.response.result.record")["stands twice"]["response"]["result"]["record"] == [{"a": "1"}] * 2


def test_a_document_without_its_root_is_none() -> None:
    body = payload({"xml": ANSWER}, "$")
    roots = [each for each in mutations(body.data, body.notation) if each.path in ("$", "$.response")]
    assert b"<response>x</response>" in [body.write(each.value).splitlines()[-1] for each in roots]
    assert b"x" in [body.write(each.value) for each in roots]


def test_json_never_stands_twice() -> None:
    assert "stands twice" not in {each.what for each in mutations({"a": {"b": 1}})}


@pytest.mark.parametrize(
    ("sent", "surprise"),
    [
        (b"<a> <b>1</b>\n</a>", ""),
        (b"<a><b>2</b></a>", '$.a.b: expected "1", not "2"'),
        (b"<a><b>1</b><c/></a>", "$.a.c: not documented"),
        (b"{}", "is not text/xml"),
    ],
)
def test_what_is_sent_is_compared_as_a_document(sent: bytes, surprise: str) -> None:
    wanted = payload({"xml": "<a><b>1</b></a>"}, "$")
    request = SampleRequest(method="POST", where="api", path="", body=wanted)
    exchange = Exchange(request=request, response=SampleResponse(status=200, headers={}, body=wanted))
    script = Script([exchange], {})
    script.answer("POST", "http://127.0.0.1/run/api", {}, sent)
    surprises = list(script.surprises())
    assert len(surprises) == bool(surprise)
    assert surprise in "".join(surprises)


def test_a_sample_that_is_no_document_is_told() -> None:
    with pytest.raises(InvalidValue, match=r"\$\.response\.xml"):
        payload({"xml": "<a>"}, "$.response")
