"""Recipients' links: every shipment has one, each names one shipment, and none can be made up."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st
from ulid import ULID

from gateway.services.ids import new_id
from gateway.services.recipients.links import LENGTH, MOST_VERSIONS, TOKEN, Links

LINKS = Links("pepper" * 6, "https://track.example")
IDS = st.binary(min_size=16, max_size=16).map(lambda read: f"shp_{ULID.from_bytes(read)}")


@given(IDS)
def test_a_token_names_its_shipment_and_says_nothing_of_it(shipment_id: str) -> None:
    token = LINKS.token(shipment_id)
    assert TOKEN.fullmatch(token)
    assert LINKS.read(token) == (shipment_id, 0)
    assert LINKS.url(shipment_id) == f"https://track.example/t/{token}"
    assert Links("other" * 8, "").token(shipment_id) != token
    assert (Links("other" * 8, "").read(token) or ("", 0))[0] != shipment_id


@given(IDS, st.integers(0, 21), st.sampled_from("ABab09-_"))
def test_a_changed_token_names_another_shipment_or_none(shipment_id: str, at: int, letter: str) -> None:
    token = LINKS.token(shipment_id)
    changed = token[:at] + letter + token[at + 1 :]
    assert (LINKS.read(changed) == (shipment_id, 0)) == (changed == token)


def test_shipments_of_the_same_moment_have_links_without_a_common_part() -> None:
    now = datetime(2026, 11, 24, tzinfo=UTC)
    tokens = {LINKS.token(new_id("shp", now)) for _ in range(200)}
    assert len(tokens) == 200
    assert max(sum(token.startswith(first) for token in tokens) for first in {token[:3] for token in tokens}) <= 3


@given(st.text(max_size=30))
def test_what_is_no_token_names_nothing(text: str) -> None:
    named = LINKS.read(text)
    assert named is None or LINKS.token(*named) == text


@given(IDS, st.integers(1, MOST_VERSIONS), st.integers(0, MOST_VERSIONS))
def test_a_link_that_follows_a_revoked_one_cannot_be_made_of_it(shipment_id: str, version: int, other: int) -> None:
    token = LINKS.token(shipment_id, version)
    assert TOKEN.fullmatch(token)
    assert LINKS.read(token) == (shipment_id, version)
    guessed = LINKS.read(token[:LENGTH] + (str(other) if other else ""))
    assert other == version or guessed is None or guessed[0] != shipment_id
