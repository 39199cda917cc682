"""Onfleet's tasks and webhooks -> our tracking. Pure functions.

A delivery is told by two tasks: both carry our reference, and copies made for another attempt or a return carry it
too. A task as polled, and as most webhooks carry it, tells its state: such a scan is named by task and state and,
while a courier has it, that courier. What has no state of its own (nearby, deleted, taken away again) is named by
trigger and time, for there are no event ids. A dropoff that waits for its pickup tells nothing before it is begun: it
would take a shipment back whose courier is on the way to the sender.

Completed is delivered only where `completionDetails.success` says so, and never for a copy: it may have brought the
parcels back, so that a person must say.
Source: docs.onfleet.com (tasks, webhooks) and testwebhooks.py of github.com/onfleet/developer@f70551a; the tasks of
github.com/onfleet/php-onfleet@b592cdf and github.com/onfleet/node-onfleet@6f2ca32.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from carriers.base import Account, ProofOfDelivery, Reading, StatusTable, TrackingEvent, TrackingUpdate
from carriers.onfleet.wire.answers import moment, texts
from carriers.onfleet.wire.asking import REFERENCE

CREATED, ASSIGNED, ACTIVE, COMPLETED = range(4)
ETA, TASK_COMPLETED, DELETED, UNASSIGNED = 1, 3, 8, 10
END_TRIGGERS = {TASK_COMPLETED, DELETED}
# Started, completed, failed, created, updated, assigned: the state of the task tells the rest.
STATE_TRIGGERS = {0, 3, 4, 6, 7, 9}
# What tells of the wait for a courier.
WAITING_TRIGGERS = {6, 9, UNASSIGNED}
UNSAID = ":unsaid"
LONGEST_ETA_S = 30 * 24 * 3600
# Where images of uploads are, `{id}` being the upload's: from older editions of docs.onfleet.com; newer ones name no
# address, so that the account may.
PHOTO_URL = "https://d15p8tr8p0vffz.cloudfront.net/{id}/800x.png"
SIGNATURE_URL = "https://d15p8tr8p0vffz.cloudfront.net/{id}/282x.png"
RAW_KEYS = ("state", "worker", "pickupTask", "dependencies", "sourceTaskId", "completionDetails")


def update(task: Reading, table: StatusTable, account: Account, told_at: datetime) -> TrackingUpdate:
    """What a task tells by its state; nothing where it has none. Raises BadCarrierResponse without an id."""
    state = task.maybe_integer("state")
    silent = state is None or (state in (CREATED, ASSIGNED) and _waits(task))
    events = () if state is None or silent else (_scan(task, state, table, told_at),)
    delivered = any(event.status == "delivered" for event in events)
    return TrackingUpdate(
        tracking_number=task.text("id"),
        reference=_reference(task),
        events=events,
        proof=proof(task, account) if delivered else None,
        deliver_by=moment(task, "estimatedCompletionTime") if _door(task) == "dropoff" else None,
    )


def webhook(call: Reading, table: StatusTable, account: Account, received_at: datetime) -> Sequence[TrackingUpdate]:
    """The update in a webhook; () where it is about no task: workers, routes, imports.

    Raises:
        BadCarrierResponse: it is about a task and has no trigger.
    """
    number = call.maybe_text("taskId")
    if not number:
        return ()
    trigger, told_at = call.integer("triggerId"), moment(call, "time") or received_at
    inside = _part(_part(call, "data"), "task").raw
    task = Reading(
        {"worker": call.maybe_text("workerId"), **(inside if isinstance(inside, dict) else {}), "id": number}
    )
    if trigger in STATE_TRIGGERS and task.maybe_integer("state") is not None:
        return (update(task, table, account, told_at),)
    silent = trigger in WAITING_TRIGGERS and _waits(task)
    role = _role(task) if trigger in END_TRIGGERS else _door(task)
    event = _event(task, table, f"trigger:{trigger}", role, told_at, f"{trigger}:{told_at.isoformat()}")
    seconds = call.maybe_integer("etaSeconds") if trigger == ETA and _door(task) == "dropoff" else None
    arrives = told_at + timedelta(seconds=seconds) if seconds and 0 < seconds < LONGEST_ETA_S else None
    told = TrackingUpdate(
        tracking_number=number,
        reference=_reference(task),
        events=() if silent else (event,),
        deliver_by=arrives,
    )
    return (told,)


def proof(task: Reading, account: Account) -> ProofOfDelivery:
    """What was collected at the door: when, where, who signed; images as links made of the ids of their uploads."""
    details = _part(task, "completionDetails")
    photo = details.maybe_text("photoUploadId") or next(iter(texts(details, "photoUploadIds")), "")
    longitude, latitude = _place(details)
    return ProofOfDelivery(
        delivered_at=moment(details, "time"),
        received_by=details.maybe_text("signatureText"),
        photo_url=_link(account, "photo_url", PHOTO_URL, photo),
        signature_url=_link(account, "signature_url", SIGNATURE_URL, details.maybe_text("signatureUploadId")),
        latitude=latitude,
        longitude=longitude,
    )


def _scan(task: Reading, state: int, table: StatusTable, told_at: datetime) -> TrackingEvent:
    """The event of a state, dated by the task where it keeps the moment."""
    details, role = _part(task, "completionDetails"), _door(task)
    if state == CREATED:
        at = moment(task, "timeCreated")
    elif state == ACTIVE:
        at = _started(details)
    elif state == COMPLETED:
        at = moment(details, "time")
        role = f"{_role(task)}{_outcome(details)}"
    else:
        at = None
    name = f"state:{state}"
    if state in (ASSIGNED, ACTIVE):
        name = f"{name}:{task.maybe_text('worker')}"
    elif role.endswith(UNSAID):  # a name of its own: how it ended may be said later
        name = f"{name}{UNSAID}"
    return _event(task, table, f"state:{state}", role, at or told_at, name)


def _event(task: Reading, table: StatusTable, code: str, qualifier: str, at: datetime, name: str) -> TrackingEvent:
    # Some codes mean the same at either door. One that does not, of a task that names no door, is not guessed.
    qualifier = qualifier if table.lookup(code, qualifier).listed else ""
    mapped = table.lookup(code, qualifier)
    details = _part(task, "completionDetails")
    reason = details.maybe_text("failureReason")
    said = ("" if reason == "NONE" else reason, details.maybe_text("failureNotes"))
    return TrackingEvent(
        event_id=f"{task.text('id')}:{name}",
        occurred_at=at,
        status=mapped.status,
        reason=mapped.reason,
        carrier_code=code,
        carrier_qualifier=qualifier,
        description=": ".join(word for word in said if word),
        raw={key: value.raw for key in RAW_KEYS if (value := task.maybe(key))},
    )


def _door(task: Reading) -> str:
    """Whose door a task is at; "" where it does not say."""
    said = task.maybe("pickupTask")
    if said is None or not isinstance(said.raw, bool):
        return ""
    return "pickup" if said.raw else "dropoff"


def _role(task: Reading) -> str:
    """The same, told apart for a copy, whose end is not surely the delivery's."""
    door = _door(task)
    return "copy" if door and task.maybe_text("sourceTaskId") else door


def _outcome(details: Reading) -> str:
    """How a completed task ended; one that does not say is not listed, so that it stays unknown."""
    success = details.maybe("success")
    if success is None or not isinstance(success.raw, bool):
        return UNSAID
    return "" if success.raw else ":failed"


def _waits(task: Reading) -> bool:
    """Whether another task must be done first."""
    return bool(texts(task, "dependencies"))


def _started(details: Reading) -> datetime | None:
    starts = [event for event in details.maybe_objects("events") if event.maybe_text("name") == "start"]
    return moment(starts[-1], "time") if starts else None


def _place(details: Reading) -> tuple[float | None, float | None]:
    """Longitude and latitude of the last place, in this order."""
    where = details.maybe("lastLocation")
    if where is None or not isinstance(where.raw, list) or len(where.raw) != 2:
        return None, None
    pair = Reading(dict(zip(("longitude", "latitude"), where.raw, strict=True)))
    return pair.maybe_number("longitude"), pair.maybe_number("latitude")


def _reference(task: Reading) -> str:
    """Our reference in a task's metadata."""
    named = {each.maybe_text("name"): each.maybe_text("value") for each in task.maybe_objects("metadata")}
    return named.get(REFERENCE, "")


def _link(account: Account, option: str, documented: str, upload: str) -> str:
    return str(account.options.get(option, documented)).replace("{id}", upload) if upload else ""


def _part(whole: Reading, key: str) -> Reading:
    """A member that is an object, or an empty one."""
    value = whole.maybe(key)
    return value if value is not None and isinstance(value.raw, dict) else Reading({})
