"""What recipients fill in. A form's faults are texts by the name of its field, in the language of the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.api.recipients.view import plain
from gateway.services.ports.recipients import Voice
from gateway.services.recipients.answers import Report

LONGEST_NOTE, LONGEST_WISH, LONGEST_PROOF = 400, 120, 20
STARS, RECOMMENDS = range(1, 6), range(11)
ADDING = "adding"
"""The form by which something is added to a report."""
LOOKED = {"yes": "looked around at home", "no": "has not looked everywhere yet"}
ASKED = {"yes": "asked neighbours and everybody at home", "no": "has not asked everybody yet"}
PLACE = {
    "yes": "the proof shows the recipient's place",
    "no": "the proof shows another place",
    "none": "there is no photo or message",
}
WHERE = {
    "door": "hand it to the recipient",
    "safe_place": "leave it in a safe place",
    "neighbour": "give it to a neighbour",
}
"""The answers in the words of the case, which support reads, and of the courier."""


@dataclass(slots=True)
class Filled:
    """A form as it came: what it says, and what is wrong with it."""

    given: Mapping[str, str]
    faults: dict[str, str] = field(default_factory=dict)

    def chosen(self, name: str, choices: Mapping[str, str], voice: Voice) -> str:
        """What an answer means; "" and a fault where none was given."""
        if self.given.get(name) not in choices:
            self.faults[name] = voice.say("error.choose")
        return choices.get(self.given.get(name, ""), "")

    def note(self, name: str, voice: Voice, most: int = LONGEST_NOTE) -> str:
        """Free words; a fault where they are too many."""
        text = self.given.get(name, "")
        if len(text) > most:
            self.faults[name] = voice.say("error.long", n=most)
        return plain(text)


def missed(filled: Filled, voice: Voice) -> Report:
    """The three answers about a parcel that has not arrived, or what is added to them; worth nothing where `filled` has
    faults.
    """
    if filled.given.get("form") == ADDING:
        note = filled.note("missing_note", voice)
        if not note:
            filled.faults.setdefault("missing_note", voice.say("error.fill"))
        return Report(note=note)
    return Report(
        looked=filled.chosen("looked", LOOKED, voice),
        asked=filled.chosen("asked", ASKED, voice),
        place=filled.chosen("place", PLACE, voice),
        note=filled.note("missing_note", voice),
    )


def wish(filled: Filled, voice: Voice) -> tuple[str, str]:
    """What the courier is to do, and what shows that it is the recipient who says so."""
    where = filled.chosen("where", WHERE, voice)
    note = filled.note("wish_note", voice, LONGEST_WISH)
    if where and filled.given["where"] != "door" and not note:
        filled.faults.setdefault("wish_note", voice.say("wish.note_needed"))
    return f"{where}: {note}" if note else where, _proof(filled, voice)


def diversion(filled: Filled, voice: Voice) -> tuple[str, str]:
    """The id of a time or place, and what shows that it is the recipient who wants it."""
    chosen = plain(filled.given.get("choice", ""))
    if not chosen:
        filled.faults["choice"] = voice.say("error.choose")
    return chosen, _proof(filled, voice)


def _proof(filled: Filled, voice: Voice) -> str:
    proof = plain(filled.given.get("proof", ""))[:LONGEST_PROOF]
    if not proof:
        filled.faults["proof"] = voice.say("error.fill")
    return proof


def rating(filled: Filled, voice: Voice) -> tuple[int, int | None, str]:
    """Stars, recommendation and comment; worth nothing where `filled` has faults."""
    stars = filled.chosen("stars", {str(each): str(each) for each in STARS}, voice)
    wanted = filled.given.get("recommends", "")
    recommends = filled.chosen("recommends", {str(each): str(each) for each in RECOMMENDS}, voice) if wanted else ""
    comment = filled.note("comment", voice)
    return int(stars or 0), int(recommends) if recommends else None, comment
