"""What may be done to many things at once, in words: the key is the kind of the job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from gateway.domain.bulk import RowState
from gateway.domain.order_columns import columns
from gateway.domain.people import Permission
from gateway.services.batches import BOOK
from gateway.services.pack_station import PACK


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """A kind of job in words: who may begin it, what its button says, what is to be known before, and of each row what
    it is before and after. `columns` are those of its rows' data that a file of them has, by their titles. `title`
    offers it in the list of shipments, `undo` is the kind that takes it back, `money` says that it moves some.
    """

    needs: Permission
    verb: str
    warning: str
    states: Mapping[RowState, str]
    columns: Mapping[str, str] = field(default_factory=dict)
    labels: bool = False
    money: bool = False
    title: str = ""
    undo: str = ""


ORDER_STATES = {
    RowState.NEW: "To be priced",
    RowState.READY: "To be booked",
    RowState.BLOCKED: "Left out",
    RowState.DONE: "Booked",
    RowState.UNKNOWN: "Being found out",
    RowState.FAILED: "Not booked",
}
REFERENCE = {"reference": "Reference"}


def _states(done: str, failed: str = "Not done", ready: str = "To be done") -> Mapping[RowState, str]:
    return {
        RowState.NEW: "To be looked at",
        RowState.READY: ready,
        RowState.BLOCKED: "Left out",
        RowState.DONE: done,
        RowState.UNKNOWN: "Being found out",
        RowState.FAILED: failed,
    }


SHIPMENT_ACTS: Mapping[str, Act] = {
    "labels": Act(
        title="Print labels as one PDF",
        needs=Permission.UNMASK,
        verb="Get the labels of",
        warning="Labels hold addresses: that you printed them is written down. The file is here when they are ready.",
        states=_states("Ready to print", "No label"),
        columns=REFERENCE,
        labels=True,
    ),
    "tag": Act(
        title="Put a tag on…",
        needs=Permission.NOTE,
        verb="Tag",
        warning="This can be undone here.",
        states=_states("Tagged"),
        columns=REFERENCE,
        undo="untag",
    ),
    "untag": Act(
        title="Take a tag off…",
        needs=Permission.NOTE,
        verb="Untag",
        warning="This can be undone here.",
        states=_states("Untagged"),
        columns=REFERENCE,
        undo="tag",
    ),
    "note": Act(
        title="Add a note…",
        needs=Permission.NOTE,
        verb="Write it on",
        warning="Notes are not taken back: colleagues may have read them.",
        states=_states("Written"),
        columns=REFERENCE,
    ),
    "assign": Act(
        title="Assign their cases…",
        needs=Permission.WORK_CASES,
        verb="Assign the cases of",
        warning="This can be undone here, as long as nobody else takes them meanwhile.",
        states=_states("Assigned"),
        columns=REFERENCE,
        undo="assign",
    ),
    "cancel": Act(
        title="Cancel…",
        needs=Permission.CANCEL,
        verb="Cancel",
        warning="Carriers are asked to take the bookings back. That cannot be undone: what is needed after all must be "
        "booked, and paid for, again.",
        states=_states("Cancelled", "Not cancelled", "To be cancelled"),
        columns=REFERENCE,
        money=True,
    ),
    "notify": Act(
        title="Tell their recipients again",
        needs=Permission.NOTIFY,
        verb="Tell the recipients of",
        warning="Each is told what they were told last, where that is still so. What is sent cannot be called back.",
        states=_states("Told again", "Not told", "To be told"),
        columns=REFERENCE,
    ),
    "requote": Act(
        title="Ask carriers again, and book",
        needs=Permission.BOOK,
        verb="Book anew",
        warning="Only what every carrier refused is asked about again. Carriers are paid for what is booked.",
        states=ORDER_STATES,
        columns=REFERENCE,
        labels=True,
        money=True,
    ),
    "settle": Act(
        title="Close their exceptions…",
        needs=Permission.WORK_CASES,
        verb="Close the exceptions of",
        warning="The note is kept with each case. Closed cases are not opened again: what is still wrong opens a new "
        "one.",
        states=_states("Closed", "Still open", "To be closed"),
        columns=REFERENCE,
    ),
    "export": Act(
        title="Export",
        needs=Permission.LOOK,
        verb="Export",
        warning="",
        states=_states("Exported"),
    ),
}
"""What the list of shipments offers, in its order. An export is a file at once, no job."""

CASE_ACTS: Mapping[str, Act] = {
    "assign": replace(SHIPMENT_ACTS["assign"], title="Assign…"),
    "settle": replace(SHIPMENT_ACTS["settle"], title="Close…"),
}
"""What the exceptions desk offers."""

_BOOKING = Act(
    needs=Permission.BOOK,
    verb="Book",
    warning="Carriers are paid for what is booked. A booking can be cancelled on its own page, while its carrier still "
    "takes it back.",
    states=ORDER_STATES,
    columns={name: column.title for name, column in columns().items()},
    labels=True,
)
ACTS: Mapping[str, Act] = {BOOK: _BOOKING, PACK: replace(_BOOKING, verb="Pack"), **SHIPMENT_ACTS}
"""Every kind."""
