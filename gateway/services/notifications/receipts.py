"""What comes back: receipts of providers, recipients who reply STOP, and those who click that they want no more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from gateway.domain.clock import Clock
from gateway.domain.errors import GatewayError, InvalidValue
from gateway.domain.notifications import Block, Channel, NotificationState, Sender
from gateway.domain.text_messages import START_WORDS, STOP_WORDS
from gateway.services.ids import new_id
from gateway.services.notifications.lanes import block_of
from gateway.services.notifications.people import OptOut, Recipients, shown
from gateway.services.ports import Store
from gateway.services.ports.notifications import Press, Reports

FINAL = (NotificationState.DELIVERED, NotificationState.FAILED)
STATES: Mapping[str, NotificationState] = {
    "sent": NotificationState.SENT,
    "delivered": NotificationState.DELIVERED,
    "failed": NotificationState.FAILED,
}


class Unproven(GatewayError):
    """A call that does not come from the provider."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderCall:
    """A call of a provider's: path with query, form and signature."""

    sender_id: str
    path: str
    form: Mapping[str, str]
    signature: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOutPage:
    """What the opt-out page says, in the recipient's language."""

    language: str
    shop: str
    colour: str
    title: str
    text: str
    button: str


class Receipts:
    """Takes them in."""

    def __init__(self, store: Store, clock: Clock, reports: Reports, recipients: Recipients, press: Press) -> None:
        self._store = store
        self._clock = clock
        self._reports = reports
        self._recipients = recipients
        self._press = press

    def receive(self, call: ProviderCall, notification_id: str) -> None:
        """A receipt for a notification; one that is no news changes nothing.

        Raises:
            Unproven: the provider did not sign it.
        """
        sender = self._proven(call)
        receipt = self._reports.receipt(call.form)
        with self._store.work() as uow:
            told = uow.notifications.get(sender.merchant_id, notification_id, lock=True)
            if told is None or (told.mode, told.channel) != (sender.mode, sender.channel):
                return
            if told.provider_id and receipt.provider_id != told.provider_id:
                return  # of a copy that was resent, or a message of somebody else's
            if receipt.outcome and told.state not in FINAL:
                now = self._clock()
                changed = replace(
                    told,
                    state=STATES[receipt.outcome],
                    why=receipt.why,
                    provider_id=receipt.provider_id,
                    sent_at=told.sent_at or now,
                    receipt_at=now if STATES[receipt.outcome] in FINAL else None,
                )
                uow.notifications.keep(changed)
                if receipt.blocks:
                    uow.notifications.block(block_of(changed, receipt.blocks, receipt.why, now))
                uow.commit()

    def hear(self, call: ProviderCall) -> None:
        """A recipient's reply: STOP and its like end the messages, START lets them begin again.

        Raises:
            Unproven: the provider did not sign it.
        """
        sender = self._proven(call)
        number = call.form.get("From", "").removeprefix("whatsapp:")
        word = call.form.get("OptOutType", "").upper() or _word(call.form.get("Body", ""))
        recipient = self._recipients.digest(sender.merchant_id, sender.channel, number)
        with self._store.work() as uow:
            if word in STOP_WORDS:
                uow.notifications.block(self._wish(sender, recipient, shown(sender.channel, number), f"replied {word}"))
            elif word in START_WORDS:
                uow.notifications.unblock(sender.merchant_id, sender.mode, channel=sender.channel, recipient=recipient)
            uow.commit()

    def page(self, token: str, *, done: bool = False) -> OptOutPage:
        """The page behind an opt-out link. Raises NotFound."""
        wish = self._recipients.read(token)
        with self._store.look() as uow:
            brand = uow.brands.get(wish.merchant_id).brand
        facts = {"shop": brand.name, "shown": wish.shown}
        say = self._press.say
        return OptOutPage(
            language=wish.language,
            shop=brand.name,
            colour=brand.colour,
            title=say("opt_out_title", facts, wish.language),
            text=say("opt_out_done" if done else "opt_out_ask", facts, wish.language),
            button=say("opt_out_button", facts, wish.language),
        )

    def opt_out(self, token: str) -> None:
        """The recipient wants no more; saying so twice is harmless. Raises NotFound."""
        wish: OptOut = self._recipients.read(token)
        with self._store.work() as uow:
            uow.notifications.block(self._wish(wish, wish.recipient, wish.shown, "by the link in a message"))
            uow.commit()

    def _wish(self, whose: Sender | OptOut, recipient: str, masked: str, why: str) -> Block:
        now = self._clock()
        return Block(
            id=new_id("nbl", now),
            merchant_id=whose.merchant_id,
            mode=whose.mode,
            channel=Channel(whose.channel),
            recipient=recipient,
            shown=masked,
            kind="opt_out",
            why=why,
            created_at=now,
        )

    def _proven(self, call: ProviderCall) -> Sender:
        """The sender that is called. An unknown one and a wrong signature look the same."""
        try:
            with self._store.look() as uow:
                sender = uow.notifications.sender_by_id(call.sender_id)
        except InvalidValue as error:
            raise Unproven("the signature cannot be checked") from error
        url = self._recipients.called_url(call.path)
        if sender is None or not self._reports.proven(sender, url, call.form, call.signature):
            raise Unproven("this call is not signed by the provider of that sender")
        return sender


def _word(reply: str) -> str:
    """The one word of a reply: telephones put a full stop behind it, and people an exclamation mark."""
    return "".join(each for each in reply if each.isalnum() or each.isspace()).strip().upper()
