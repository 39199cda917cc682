"""Claims: opened about a shipment, proven, submitted to the carrier, decided by it, paid."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.domain.claims import (
    CONFIRMED,
    NEXT,
    Claim,
    ClaimKind,
    ClaimState,
    Decision,
    Evidence,
    EvidenceFile,
    may_be,
    submit_by,
    term,
)
from gateway.domain.clock import Clock
from gateway.domain.errors import Conflict, NotFound, Unprocessable
from gateway.domain.people import User
from gateway.domain.records import ShipmentRecord
from gateway.domain.values import Money
from gateway.services.audit_trail import Deed, KeyHolder, write_down
from gateway.services.ids import new_id
from gateway.services.ports import Mode, Page, Store, UnitOfWork
from gateway.services.transactions import again_if_crossed

MOST_EVIDENCE = 50
COUNTED = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimDraft:
    """What is claimed. `submit_by` where the contract with the carrier says otherwise than `claim_terms.toml`."""

    kind: ClaimKind
    amount: Money | None = None
    note: str = ""
    submit_by: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """How a claim goes on: to which state, and what is known then."""

    to: ClaimState
    amount: Money | None = None
    reference: str = ""
    decision: Decision = ""
    awarded: Money | None = None
    paid: Money | None = None
    note: str = ""


class ClaimBook:
    """A merchant's claims. Whoever changes one is written down with it in the audit log."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def open(self, by: User | KeyHolder, mode: Mode, shipment_id: str, draft: ClaimDraft) -> Claim:
        """A new claim.

        Raises:
            NotFound: no such shipment.
            Conflict: it was never booked, is (or is not) delivered where that makes the claim untrue, or has a claim
                of this kind already.
        """
        return again_if_crossed(lambda: self._open(by, mode, shipment_id, draft))

    def add_evidence(
        self,
        by: User | KeyHolder,
        mode: Mode,
        claim_id: str,
        kind: str,
        text: str,
        version: int | None = None,
        file: EvidenceFile | None = None,
    ) -> Claim:
        """One more thing that speaks for it. Raises NotFound; Conflict: it is closed, full, or was changed since."""

        def proven(claim: Claim, now: datetime) -> Claim:
            if not NEXT[claim.state]:
                raise Conflict(f"the claim is {claim.state}: nothing more is to be proven")
            if len(claim.evidence) >= MOST_EVIDENCE:
                raise Conflict(f"a claim has at most {MOST_EVIDENCE} pieces of evidence")
            piece = Evidence(at=now, who=by.name, kind=kind, text=text, file=file)
            return replace(claim, evidence=(*claim.evidence, piece))

        return self._change(by, mode, claim_id, version, "added evidence to a claim", proven)

    def go_on(self, by: User | KeyHolder, mode: Mode, claim_id: str, step: Step, version: int | None = None) -> Claim:
        """The next state.

        Raises:
            NotFound: no such claim.
            Conflict: the state does not follow, or somebody changed it since.
            Unprocessable: something is missing that the state needs.
        """
        what = f"moved a claim to {step.to.value}"
        return self._change(by, mode, claim_id, version, what, lambda claim, now: moved(claim, step, now))

    def get(self, merchant_id: str, mode: Mode, claim_id: str) -> Claim:
        """One claim. Raises NotFound."""
        with self._store.look() as uow:
            return _claim(uow, merchant_id, mode, claim_id)

    def of_shipment(self, merchant_id: str, shipment_id: str) -> Sequence[Claim]:
        """Oldest first."""
        with self._store.look() as uow:
            return uow.claims.of_shipment(merchant_id, shipment_id)

    def list(
        self, merchant_id: str, mode: Mode, state: ClaimState | None, limit: int, cursor: str | None
    ) -> Page[Claim]:
        """Newest first."""
        with self._store.look() as uow:
            return uow.claims.list(merchant_id, mode, state, limit, cursor)

    def counts(self, merchant_id: str, mode: Mode) -> Mapping[ClaimState, int]:
        """How many of each state, up to a thousand."""
        with self._store.look() as uow:
            return uow.claims.counts(merchant_id, mode, COUNTED)

    def _open(self, by: User | KeyHolder, mode: Mode, shipment_id: str, draft: ClaimDraft) -> Claim:
        now = self._clock()
        with self._store.work() as uow:
            shipment = uow.shipments.get(by.merchant_id, shipment_id, lock=True)
            if shipment is None or shipment.mode != mode:
                raise NotFound(f"no shipment {shipment_id}")
            record = uow.records.get(by.merchant_id, shipment_id)
            if record is None:
                raise Conflict("no carrier has booked it, so there is nobody to claim from")
            _check(shipment, draft.kind)
            of = term(record.carrier, draft.kind)
            claim = Claim(
                id=new_id("clm", now),
                merchant_id=by.merchant_id,
                mode=mode,
                shipment_id=shipment_id,
                account_id=record.account_id,
                carrier=record.carrier,
                kind=draft.kind,
                amount=draft.amount,
                note=draft.note,
                opened_by=by.name,
                created_at=now,
                updated_at=now,
                submit_by=draft.submit_by or submit_by(of, record.booked_at, record.delivered_at),
                submit_by_why="as given" if draft.submit_by else of.source,
            )
            first = not uow.claims.kept(by.merchant_id, mode)
            if not uow.claims.add(claim):
                raise Conflict(f"it has a claim for {draft.kind.value} already")
            if first:  # from now on no claim is news of every shipment
                uow.kpi_sums.all_stale(by.merchant_id, mode, now)
            write_down(uow, by, Deed(what="opened a claim", subject_id=shipment_id, reason=draft.kind.value), now)
            uow.commit()
        return claim

    def _change(
        self,
        by: User | KeyHolder,
        mode: Mode,
        claim_id: str,
        version: int | None,
        what: str,
        change: Callable[[Claim, datetime], Claim],
    ) -> Claim:
        def write() -> Claim:
            now = self._clock()
            with self._store.work() as uow:
                claim = _claim(uow, by.merchant_id, mode, claim_id, lock=True)
                if version is not None and version != claim.version:
                    raise Conflict("somebody else has changed this claim meanwhile")
                changed = replace(change(claim, now), updated_at=now, version=claim.version + 1)
                uow.claims.update(changed)
                write_down(uow, by, Deed(what=what, subject_id=claim.shipment_id, reason=claim.kind.value), now)
                uow.commit()
            return changed

        return again_if_crossed(write)


def moved(claim: Claim, step: Step, now: datetime) -> Claim:
    """The claim in its next state. Raises Conflict, Unprocessable."""
    if step.to not in NEXT[claim.state]:
        after = " or ".join(each.value for each in NEXT[claim.state]) or "nothing"
        raise Conflict(f"the claim is {claim.state.value}; {after} may follow, and not {step.to.value}")
    noted = replace(claim, state=step.to, note=step.note or claim.note)
    if step.to is ClaimState.SUBMITTED:
        return _submitted(noted, step, now)
    if step.to is ClaimState.DECIDED:
        return _decided(noted, step, now)
    if step.to is ClaimState.PAID:
        return _paid(noted, step, now)
    if not step.note:
        raise Unprocessable("/note", "say why it is withdrawn")
    return noted


def _submitted(claim: Claim, step: Step, now: datetime) -> Claim:
    amount = step.amount or claim.amount
    if amount is None:
        raise Unprocessable("/amount", "say how much is claimed before it is submitted")
    if not claim.evidence:
        raise Unprocessable("/to", "nothing speaks for it yet: add evidence before it is submitted")
    reference = step.reference or claim.reference
    return replace(
        claim, amount=amount, reference=reference, submitted_at=now, decision="", awarded=None, decided_at=None
    )


def _decided(claim: Claim, step: Step, now: datetime) -> Claim:
    if not step.decision:
        raise Unprocessable("/decision", "say what the carrier decided: granted, partly or refused")
    if step.decision not in CONFIRMED:
        return replace(claim, decision=step.decision, awarded=None, decided_at=now)
    awarded = step.awarded or (claim.amount if step.decision == "granted" else None)
    if awarded is None:
        raise Unprocessable("/awarded", "say how much the carrier grants")
    _same_currency("/awarded", awarded, claim.amount)
    if claim.amount is not None and awarded.amount > claim.amount.amount:
        raise Unprocessable("/awarded", f"{awarded} is more than the {claim.amount} that are claimed")
    return replace(claim, decision=step.decision, awarded=awarded, decided_at=now)


def _paid(claim: Claim, step: Step, now: datetime) -> Claim:
    if claim.decision not in CONFIRMED:
        raise Conflict("the carrier has refused it: nothing is to be paid")
    paid = step.paid or claim.awarded
    if paid is None:
        raise Unprocessable("/paid", "say how much has come")
    _same_currency("/paid", paid, claim.awarded)
    return replace(claim, paid=paid, paid_at=now)


def _same_currency(pointer: str, given: Money, other: Money | None) -> None:
    if other is not None and given.currency != other.currency:
        raise Unprocessable(pointer, f"the claim is in {other.currency}")


def _check(shipment: ShipmentRecord, kind: ClaimKind) -> None:
    delivered = shipment.delivered_at is not None
    if may_be(kind, delivered=delivered):
        return
    if delivered:
        raise Conflict("it was delivered: claim missing content or misdelivery, or correct its status first")
    raise Conflict("it was not delivered: claim a loss or damage, or correct its status first")


def _claim(uow: UnitOfWork, merchant_id: str, mode: Mode, claim_id: str, *, lock: bool = False) -> Claim:
    found = uow.claims.get(merchant_id, claim_id, lock=lock)
    if found is None or found.mode != mode:
        raise NotFound(f"no claim {claim_id}")
    return found
