"""`Check`: one question to a carrier, with the cases in which it is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from carriers.base.conformance.samples import Sample
from carriers.base.conformance.stage import Subject
from carriers.base.contract import Capability


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One question. It is asked in every one of its cases; without a case it does not concern this carrier."""

    name: str
    asks: str
    cases: Callable[[Subject], Iterable[str]]
    examine: Callable[[Subject, str], Iterator[str]]


def whole(
    *needs: Capability, when: Callable[[Subject], object] = lambda _: True
) -> Callable[[Callable[[Subject], Iterator[str]]], Check]:
    """A question about the carrier as a whole, if it has all these capabilities and `when` says that it matters."""

    def decorate(examine: Callable[[Subject], Iterator[str]]) -> Check:
        return Check(
            name=examine.__name__,
            asks=examine.__doc__ or "",
            cases=lambda subject: ("",) if subject.has.issuperset(needs) and when(subject) else (),
            examine=lambda subject, _: examine(subject),
        )

    return decorate


def each(
    samples: Callable[[Subject], Iterable[Sample]],
) -> Callable[[Callable[[Subject, Sample], Iterator[str]]], Check]:
    """A question about each of some samples; the case is the sample's name."""

    def decorate(examine: Callable[[Subject, Sample], Iterator[str]]) -> Check:
        return Check(
            name=examine.__name__,
            asks=examine.__doc__ or "",
            cases=lambda subject: [sample.name for sample in samples(subject)],
            examine=lambda subject, case: examine(subject, _named(subject, case)),
        )

    return decorate


def _named(subject: Subject, case: str) -> Sample:
    return next(sample for sample in subject.samples if sample.name == case)
