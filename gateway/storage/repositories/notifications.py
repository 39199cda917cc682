"""Notifications to recipients, and everything they depend on."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, delete, func, or_, select, update

from gateway.domain.notifications import (
    Block,
    Channel,
    Notification,
    NotificationSettings,
    NotificationState,
    OwnTemplate,
    Sender,
)
from gateway.services.ports import Mode, Page
from gateway.storage.repositories.base import Repository
from gateway.storage.rows import DIALECTS, Rows
from gateway.storage.secrets import Vault
from gateway.storage.tables.base import table_of
from gateway.storage.tables.notifications import (
    TOLD_ONCE,
    BlockRow,
    NotificationRow,
    NotificationSettingsRow,
    OwnTemplateRow,
    SenderRow,
)

SENDERS = Rows(SenderRow, Sender)
NOTIFICATIONS = Rows(NotificationRow, Notification)
TEMPLATES = Rows(OwnTemplateRow, OwnTemplate)
BLOCKS = Rows(BlockRow, Block)
SETTINGS = table_of(NotificationSettingsRow)
_S, _N, _T, _B = SENDERS.table.c, NOTIFICATIONS.table.c, TEMPLATES.table.c, BLOCKS.table.c
NO_SENDER = "there is no sender for it any more"


class NotificationRepository(Repository):
    """Senders' secrets are sealed on the way in and opened on the way out."""

    def __init__(self, connection: Connection, vault: Vault) -> None:
        super().__init__(connection)
        self._vault = vault

    def senders(self, merchant_id: str, mode: Mode) -> Sequence[Sender]:
        """Without their secrets, by channel."""
        wanted = select(SENDERS.table).where(_S.merchant_id == merchant_id, _S.mode == mode).order_by(_S.channel)
        return [SENDERS.noun(row, secrets={}) for row in self._connection.execute(wanted)]

    def wanted(self, merchants: Collection[str]) -> Sequence[tuple[Sender, NotificationSettings]]:
        """The senders of these merchants, each with the settings of its mode."""
        theirs = and_(SETTINGS.c.merchant_id == _S.merchant_id, SETTINGS.c.mode == _S.mode)
        both = select(SENDERS.table, SETTINGS.c.settings).outerjoin(SETTINGS, theirs)
        found = self._connection.execute(both.where(_S.merchant_id.in_(merchants)))
        return [(SENDERS.noun(row, secrets={}), row.settings or NotificationSettings()) for row in found]

    def sender(self, merchant_id: str, sender_id: str) -> Sender | None:
        """By id. Raises InvalidValue when its secrets cannot be opened."""
        return self._opened(SENDERS.get(self._connection, merchant_id, sender_id))

    def sender_by_id(self, sender_id: str) -> Sender | None:
        """Across merchants. Raises InvalidValue when its secrets cannot be opened."""
        return self._opened(SENDERS.first(self._connection, select(SENDERS.table).where(_S.id == sender_id)))

    def put_sender(self, sender: Sender) -> None:
        """In place of the one for its mode and channel."""
        sealed = self._vault.seal(sender.merchant_id, sender.id, sender.secrets)
        values = SENDERS.values(replace(sender, secrets=sealed))
        kept = {name: value for name, value in values.items() if name not in ("merchant_id", "id", "created_at")}
        if self._connection.execute(update(SENDERS.table).where(_is(sender)).values(kept)).rowcount == 0:
            SENDERS.add(self._connection, replace(sender, secrets=sealed))

    def keep_circuit(self, sender: Sender) -> None:
        """Write how it does."""
        circuit = {name: getattr(sender, name) for name in ("failures", "resting_until", "why")}
        self._connection.execute(update(SENDERS.table).where(_is(sender)).values(circuit))

    def delete_sender(self, sender: Sender) -> None:
        """And drop what waited for it."""
        SENDERS.remove(self._connection, sender.merchant_id, sender.id)
        dropped = {"state": NotificationState.DROPPED, "why": NO_SENDER, "due_at": None}
        self._connection.execute(update(NOTIFICATIONS.table).where(_waits_for(sender)).values(dropped))

    def settings(self, merchant_id: str, mode: Mode) -> NotificationSettings:
        """The defaults where the merchant has said nothing."""
        mine = SETTINGS.c.merchant_id == merchant_id, SETTINGS.c.mode == mode
        found: NotificationSettings | None = self._connection.scalar(select(SETTINGS.c.settings).where(*mine))
        return found or NotificationSettings()

    def put_settings(self, merchant_id: str, mode: Mode, settings: NotificationSettings, at: datetime) -> None:
        """In place of what was said before."""
        values = {"settings": settings, "updated_at": at}
        upsert = DIALECTS[self._connection.dialect.name].insert(SETTINGS)
        upsert = upsert.on_conflict_do_update(index_elements=["merchant_id", "mode"], set_=values)
        self._connection.execute(upsert, {"merchant_id": merchant_id, "mode": mode, **values})

    def templates(self, merchant_id: str, mode: Mode) -> Sequence[OwnTemplate]:
        """The merchant's own."""
        return TEMPLATES.all(
            self._connection, select(TEMPLATES.table).where(_T.merchant_id == merchant_id, _T.mode == mode)
        )

    def template(self, merchant_id: str, mode: Mode, event: str, channel: Channel, language: str) -> OwnTemplate | None:
        """The merchant's own, if there is one."""
        return TEMPLATES.get(self._connection, merchant_id, mode, event, channel.value, language)

    def put_template(self, template: OwnTemplate) -> None:
        """In place of an earlier one."""
        self.delete_template(template.merchant_id, template.mode, template.event, template.channel, template.language)
        TEMPLATES.add(self._connection, template)

    def delete_template(self, merchant_id: str, mode: Mode, event: str, channel: Channel, language: str) -> bool:
        """False when there is none."""
        return TEMPLATES.remove(self._connection, merchant_id, mode, event, channel.value, language)

    def plan(self, notifications: Sequence[Notification]) -> None:
        """Those that there are not yet."""
        for each in notifications:
            NOTIFICATIONS.add(self._connection, each, unless=TOLD_ONCE)

    def wake(self, sender: Sender, at: datetime) -> None:
        """Something is due for it at this moment."""
        later = or_(_S.due_at.is_(None), _S.due_at > at)
        self._connection.execute(update(SENDERS.table).where(_is(sender), later).values(due_at=at))

    def claim_lanes(self, now: datetime, lease: timedelta, limit: int) -> Sequence[Sender]:
        """Lease up to `limit` senders for which something is due, longest due first, and commit."""
        free = or_(_S.leased_until.is_(None), _S.leased_until <= now)
        due = select(_S.merchant_id, _S.id).where(_S.due_at <= now, free).order_by(_S.due_at).limit(limit)
        chosen = due.with_for_update(skip_locked=True).cte("due")
        leased = update(SENDERS.table).where(_S.merchant_id == chosen.c.merchant_id, _S.id == chosen.c.id)
        found = self._connection.execute(leased.values(leased_until=now + lease).returning(*SENDERS.table.c)).all()
        self._connection.commit()
        return [SENDERS.noun(row, secrets={}) for row in sorted(found, key=lambda row: str(row.id))]

    def release(self, sender: Sender, not_before: datetime | None) -> None:
        """Give a lane back; it is due again with its next notification, though not before."""
        # Held first: whoever plans one meanwhile either is seen by the next statement or wakes the lane later.
        if SENDERS.row(self._connection, sender.merchant_id, sender.id, lock=True) is None:
            return
        due_at = self._connection.scalar(select(func.min(_N.due_at)).where(_waits_for(sender)))
        if due_at is not None and not_before is not None:
            due_at = max(due_at, not_before)
        free = update(SENDERS.table).where(_is(sender))
        self._connection.execute(free.values(due_at=due_at, leased_until=None))

    def lost(self, sender: Sender, why: str) -> int:
        """What was being sent when the lane's last worker ended."""
        unknown = {"state": NotificationState.UNKNOWN, "why": why}
        sending = and_(_of_lane(sender), _N.state == NotificationState.SENDING)
        return self._connection.execute(update(NOTIFICATIONS.table).where(sending).values(unknown)).rowcount

    def next_due(self, sender: Sender, now: datetime) -> Notification | None:
        """The one that has waited longest."""
        due = select(NOTIFICATIONS.table).where(_waits_for(sender), _N.due_at <= now)
        return NOTIFICATIONS.first(self._connection, due.order_by(_N.due_at, _N.id).limit(1))

    def begin(self, notification: Notification) -> bool:
        """From `pending` to `sending`, by compare-and-set."""
        pending = and_(_this(notification), _N.state == NotificationState.PENDING)
        values = NOTIFICATIONS.values(replace(notification, state=NotificationState.SENDING, due_at=None))
        return self._connection.execute(update(NOTIFICATIONS.table).where(pending).values(values)).rowcount == 1

    def keep(self, notification: Notification) -> None:
        """Write it."""
        NOTIFICATIONS.put(self._connection, notification)

    def get(self, merchant_id: str, notification_id: str, *, lock: bool = False) -> Notification | None:
        """By id; `lock` holds it until the transaction ends."""
        return NOTIFICATIONS.get(self._connection, merchant_id, notification_id, lock=lock)

    def of_shipment(self, merchant_id: str, shipment_id: str) -> Sequence[Notification]:
        """Oldest first."""
        mine = select(NOTIFICATIONS.table).where(_N.merchant_id == merchant_id, _N.shipment_id == shipment_id)
        return NOTIFICATIONS.all(self._connection, mine.order_by(_N.created_at, _N.id))

    def list(
        self, merchant_id: str, mode: Mode, state: str, channel: str, before_id: str, limit: int
    ) -> Sequence[Notification]:
        """Walks the primary key."""
        wanted = select(NOTIFICATIONS.table).where(_N.merchant_id == merchant_id, _N.mode == mode)
        for column, value in ((_N.state, state), (_N.channel, channel)):
            wanted = wanted.where(column == value) if value else wanted
        wanted = wanted.where(_N.id < before_id) if before_id else wanted
        return NOTIFICATIONS.all(self._connection, wanted.order_by(_N.id.desc()).limit(limit))

    def told_since(self, merchant_id: str, recipient: str, since: datetime) -> int:
        """How many were sent to a recipient."""
        sent = and_(_N.merchant_id == merchant_id, _N.recipient == recipient, _N.sent_at > since)
        return int(self._connection.scalar(select(func.count()).where(sent)) or 0)

    def block(self, block: Block) -> None:
        """In place of the one there is, unless that is the recipient's own wish."""
        values = BLOCKS.values(block)
        upsert = DIALECTS[self._connection.dialect.name].insert(BLOCKS.table)
        once = [_B.merchant_id, _B.mode, _B.channel, _B.recipient]
        new = {name: values[name] for name in ("kind", "why", "shown")}
        upsert = upsert.on_conflict_do_update(index_elements=once, set_=new, where=_B.kind != "opt_out")
        self._connection.execute(upsert, values)

    def blocked(self, merchant_id: str, mode: Mode, channel: Channel, recipient: str) -> Block | None:
        """Why a recipient is not told anything, if so."""
        mine = and_(_B.merchant_id == merchant_id, _B.mode == mode)
        theirs = and_(mine, _B.channel == channel, _B.recipient == recipient)
        return BLOCKS.first(self._connection, select(BLOCKS.table).where(theirs))

    def unblock(
        self, merchant_id: str, mode: Mode, *, block_id: str = "", channel: str = "", recipient: str = ""
    ) -> bool:
        """By id, or the recipient's own wish by channel and recipient."""
        own_wish = and_(_B.channel == channel, _B.recipient == recipient, _B.kind == "opt_out")
        which = _B.id == block_id if block_id else own_wish
        mine = and_(_B.merchant_id == merchant_id, _B.mode == mode, which)
        return self._connection.execute(delete(BLOCKS.table).where(mine)).rowcount > 0

    def blocks(self, merchant_id: str, mode: Mode, limit: int, cursor: str | None) -> Page[Block]:
        """Newest first."""
        mine = select(BLOCKS.table).where(_B.merchant_id == merchant_id, _B.mode == mode)
        return self._page(BLOCKS, mine, (_B.created_at, _B.id), limit, cursor)

    def prune(self, merchant_id: str, before_id: str) -> int:
        """Forget what was told with smaller ids; never what still waits."""
        return NOTIFICATIONS.forget(self._connection, merchant_id, before_id, _N.due_at.is_(None))

    def _opened(self, sender: Sender | None) -> Sender | None:
        if sender is None:
            return None
        return replace(sender, secrets=self._vault.open(sender.merchant_id, sender.id, sender.secrets))


def _is(sender: Sender) -> ColumnElement[bool]:
    return and_(_S.merchant_id == sender.merchant_id, _S.id == sender.id)


def _this(notification: Notification) -> ColumnElement[bool]:
    return and_(_N.merchant_id == notification.merchant_id, _N.id == notification.id)


def _of_lane(sender: Sender) -> ColumnElement[bool]:
    return and_(_N.merchant_id == sender.merchant_id, _N.mode == sender.mode, _N.channel == sender.channel)


def _waits_for(sender: Sender) -> ColumnElement[bool]:
    """Along the index `notifications_due`."""
    return and_(_of_lane(sender), _N.due_at.is_not(None), _N.state == NotificationState.PENDING)
