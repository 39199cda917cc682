"""Asking a carrier every question that concerns it: as a list of failures, or as a class of tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint

from carriers.base.conformance.check import Check
from carriers.base.conformance.checks import CHECKS
from carriers.base.conformance.stage import Subject
from carriers.base.contract import Carrier
from gateway.domain.errors import GatewayError

# A spoilt payload can fail in a thousand ways at once; a person reads the first few.
SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What a check found, and in which case (the name of a sample, or nothing)."""

    check: str
    case: str
    message: str

    def __str__(self) -> str:
        return f"{self.check}{f'[{self.case}]' if self.case else ''}: {self.message}"


def check(carrier: type[Carrier]) -> list[Failure]:
    """Every failure of a carrier; none means that it keeps the contract. Needs no test runner."""
    subject = Subject.of(carrier)
    return [failure for question, case in _questions(subject) for failure in _ask(question, subject, case)]


def examine(entry: EntryPoint) -> list[Failure]:
    """The same for an entry point, whose profile or table may stop it from being loaded at all."""
    try:
        carrier = entry.load()
    except (ImportError, AttributeError, SyntaxError, OSError, GatewayError) as error:
        return [Failure(check="it_can_be_loaded", case="", message=str(error))]
    return check(carrier)


def conformance(carrier: type[Carrier]) -> type:
    """A class with one test for each question and case: `TestMine = conformance(Mine)`.

    What does not concern the carrier has no test. Any runner that collects classes of `test_` methods will do.
    """
    subject = Subject.of(carrier)
    tests: dict[str, object] = {
        f"test_{question.name}{f'__{case}' if case else ''}".replace(".", "_"): _test(question, subject, case)
        for question, case in _questions(subject)
    }
    return type(f"Conformance{carrier.__name__}", (), tests)


def _questions(subject: Subject) -> Iterator[tuple[Check, str]]:
    for question in CHECKS:
        if question.name not in subject.carrier.profile.exempt:
            for case in question.cases(subject):
                yield question, case


def _ask(question: Check, subject: Subject, case: str) -> list[Failure]:
    try:
        messages = list(question.examine(subject, case))
    except Exception as error:  # noqa: BLE001 a carrier that cannot even be asked has failed, whatever the reason
        messages = [f"cannot be asked: {type(error).__name__}: {error}"]
    return [Failure(check=question.name, case=case, message=message) for message in messages]


def _test(question: Check, subject: Subject, case: str) -> Callable[[object], None]:
    def test(_self: object) -> None:
        found = _ask(question, subject, case)
        assert not found, "\n".join([question.asks, *(failure.message for failure in found[:SHOWN])])

    test.__doc__ = question.asks
    return test
