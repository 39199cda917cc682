"""Every language says everything that the others say, with the same blanks to fill in."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from zoneinfo import ZoneInfo

import pytest
from babel import Locale

from gateway.domain.text_messages import measured, simplified
from gateway.domain.tracking import reasons, statuses
from gateway.engines.languages import CODES, SpokenLanguages
from gateway.services.ports.recipients import Voice

NOW = datetime(2026, 11, 24, 11, 20, tzinfo=UTC)
SPOKEN = SpokenLanguages()


def voice(code: str, country: str = "NO") -> Voice:
    return SPOKEN.voice(code, country, ZoneInfo("Europe/Oslo"), NOW)


def texts(code: str) -> Iterator[tuple[str, str | Mapping[str, str]]]:
    read = tomllib.loads(files("gateway.engines.languages").joinpath(f"{code}.toml").read_text("utf-8"))
    for group, words in read.items():
        for name, text in words.items():
            yield f"{group}.{name}", text


def blanks(text: str | Mapping[str, str]) -> set[str]:
    return set(re.findall(r"{(\w+)}", text if isinstance(text, str) else text["other"]))


@pytest.mark.parametrize("code", CODES)
def test_nothing_is_missing_and_nothing_too_much(code: str) -> None:
    mine, english = dict(texts(code)), dict(texts("en"))
    assert list(mine) == list(english)
    assert {name: blanks(text) for name, text in mine.items()} == {name: blanks(text) for name, text in english.items()}
    assert [name for name, text in mine.items() if not text] == []


@pytest.mark.parametrize("code", CODES)
def test_every_plural_of_the_language_is_there(code: str) -> None:
    forms = Locale.parse(code).plural_form
    needed = {forms(number) for number in range(1, 25)}
    for name, text in texts(code):
        if not isinstance(text, str):
            assert needed <= set(text), name
    assert voice(code).say("error.heading", n=1) != voice(code).say("error.heading", n=2)


@pytest.mark.parametrize("code", CODES)
def test_every_status_and_reason_has_a_sentence_of_the_language(code: str) -> None:
    english = voice("en")
    for status in statuses():
        assert voice(code).say(f"title.{status}")
        for reason in reasons():
            told = voice(code).sentence(status, reason)
            assert told.endswith((".", "!"))
            assert code == "en" or told != english.sentence(status, reason), (status, reason)


@pytest.mark.parametrize("code", CODES)
def test_no_word_of_another_alphabet_or_typewriter_is_left(code: str) -> None:
    """One page has one kind of apostrophe; French keeps its punctuation on the line of its word."""
    told = {name: text if isinstance(text, str) else text["other"] for name, text in texts(code)}
    told |= {name: voice(code).sentence("unknown", name) for name in reasons() if code != "en"}
    shown = [text for name, text in told.items() if name != "code.text"]
    if code == "fr":
        assert [text for text in shown if "'" in text or re.search(r" [?!:;]", text)] == []
    assert [text for text in told.values() if re.search(r"\s{2}|\s[,.]|\.\.", text.replace("\n\n", " "))] == []
    assert (
        measured(simplified(told["code.text"].format(shop="A Shop of 20 Letters", code="123456", n=10))).segments == 1
    )


@pytest.mark.parametrize("code", CODES)
def test_a_courier_near_the_sender_is_not_near_the_recipient(code: str) -> None:
    told = voice(code)
    assert told.sentence("pickup_in_progress", "courier_nearby") == told.sentence("pickup_in_progress", "none")
    assert told.sentence("out_for_delivery", "courier_nearby") != told.sentence("out_for_delivery", "none")


def test_sentences_are_of_statuses_and_reasons_that_exist() -> None:
    rows = files("gateway.engines.languages").joinpath("sentences.csv").read_text("utf-8").splitlines()[1:]
    named = [tuple(row.split(",")[:2]) for row in rows]
    assert len(named) == len(set(named))
    assert {name for kind, name in named if kind == "status"} == set(statuses())
    assert {name for kind, name in named if kind == "reason"} <= set(reasons())


def test_days_and_times_are_those_of_the_place() -> None:
    midnight = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)  # 00:30 on Wednesday in Oslo
    assert voice("en").day(NOW) == "today"
    assert voice("en").day(midnight) == "tomorrow"
    assert voice("en").day(NOW - timedelta(days=1)) == "yesterday"
    assert voice("de").day(NOW + timedelta(days=3)) == "Freitag, 27. November"
    assert voice("es").day(NOW + timedelta(days=300)) == "lunes, 20 de septiembre de 2027"
    assert voice("en").clock(NOW) == "12:20"
    assert voice("en", "US").clock(NOW) == "12:20 PM"
    assert voice("fr", "CA").clock(NOW) == "12 h 20"
    assert voice("pl", "").clock(NOW) == "12:20"
    assert voice("no").ends_the_day(datetime(2026, 11, 24, 22, 59, tzinfo=UTC))
    assert not voice("no").ends_the_day(NOW)


@pytest.mark.parametrize(
    ("wanted", "otherwise", "spoken"),
    [
        (["nb-NO"], "en", "no"),
        (["nn"], "en", "no"),
        (["zh", "de-CH"], "en", "de"),
        (["zh"], "fr", "fr"),
        ([], "xx", "en"),
        (["*", "-", "ES"], "en", "es"),
    ],
)
def test_the_first_language_that_is_spoken_is_taken(wanted: list[str], otherwise: str, spoken: str) -> None:
    assert SPOKEN.best(wanted, otherwise) == spoken


@pytest.mark.parametrize(("code", "told"), [("fr", "Colis livrés : 1 sur 3."), ("pl", "Doręczone paczki: 1 z 3.")])
def test_one_parcel_of_several_is_told_with_the_number_behind(code: str, told: str) -> None:
    """Before it, the verb would have to agree with it: “1 colis livrés” is wrong."""
    assert voice(code).say("page.some_delivered", n=1, all=3).replace("\u00a0", " ") == told
