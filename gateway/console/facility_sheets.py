"""The form of a facility: its texts as they were typed, and the facility that they mean."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time

from werkzeug.datastructures import MultiDict

from gateway.domain.errors import Unprocessable
from gateway.domain.facilities import ClosingDay, Facility, Handover
from gateway.domain.postcodes import has_postcodes
from gateway.domain.values import Address

CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
COUNTRY, SUBDIVISION = re.compile(r"[A-Z]{2}"), re.compile(r"[A-Z0-9]{1,3}")
PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
"""Source: ITU-T E.164, section 6."""
EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,189}")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MOST_CLOSING_DAYS = 366
LINES: Mapping[str, tuple[str, int]] = {
    "company": ("Company", 100),
    "street1": ("Street and number", 100),
    "street2": ("Floor, gate, building", 100),
    "postal_code": ("Postcode", 16),
    "city": ("City", 100),
    "subdivision": ("State or province", 3),
    "country": ("Country, two letters", 2),
    "contact": ("Whom to ask for", 100),
    "phone": ("Phone", 20),
    "email": ("E-mail", 254),
    "instructions": ("For the driver", 280),
}
"""Fields of the address: what they are called, and how long they may be."""


@dataclass(slots=True)
class FacilitySheet:
    """What was typed; what is wrong with it, by field. `was` is the facility as it is kept, if there is one.

    `accounts` are the names of the merchant's accounts, each of which may have hours of its own.
    """

    texts: Mapping[str, str]
    days: Mapping[str, Sequence[int]]
    closings: Sequence[tuple[str, str, str]]
    own: Sequence[str]
    accounts: Sequence[str]
    was: Facility | None = None
    errors: dict[str, str] = field(default_factory=dict)

    def facility(self) -> Facility | None:
        """What the form means; None where something is wrong, which is among the errors then."""
        address = self._address()
        if not CODE.fullmatch(self.texts["code"]):
            self.errors["code"] = "Small letters, digits, _ and -, at most 64: shipments name it so."
        opens = self._clock("opens") or time(8)
        shared = self._handover("", tuple(self._closing_days()))
        own = {name: self._handover(name, self._kept(name)) for name in self.own if name in self.accounts}
        if self.errors:
            return None
        try:
            return Facility(
                code=self.texts["code"],
                name=self.texts["name"],
                address=address,
                timezone=self.texts["timezone"],
                opens=opens,
                observes_holidays=self.texts["observes_holidays"] == "on",
                handover=shared,
                accounts=own,
            )
        except Unprocessable as error:
            self.blame(error)
            return None

    def blame(self, error: Unprocessable) -> None:
        """Put a fault of the facility to its field."""
        steps = error.pointer.strip("/").split("/")
        name = {"handover": "cut_off", "accounts": f"cut_off-{steps[1] if len(steps) > 1 else ''}"}.get(steps[0])
        name = "closings" if "closing_days" in steps else name or steps[0]
        self.errors[name] = f"{str(error)[:1].upper()}{str(error)[1:]}."

    def _address(self) -> Address:
        given = {name: self.texts[name] for name in LINES if name != "contact"}
        given |= {"country": given["country"].upper(), "subdivision": given["subdivision"].upper()}
        phone = re.sub(r"[\s()./-]", "", given["phone"])
        given["phone"] = f"+{phone[2:]}" if phone.startswith("00") else phone
        long = {name: most for name, (_, most) in LINES.items() if len(self.texts[name]) > most}
        self.errors |= {name: f"At most {most} letters." for name, most in long.items()}
        for name, rule, said in (
            ("country", COUNTRY, "Two letters, such as NO."),
            ("subdivision", SUBDIVISION, "Two or three letters, such as NY."),
            ("phone", PHONE, "With the country’s code, such as +4791234567."),
            ("email", EMAIL, "An e-mail address."),
        ):
            if (given[name] or name == "country") and not rule.fullmatch(given[name]):
                self.errors[name] = said
        needed = ["street1", "city", *(["postal_code"] if has_postcodes(given["country"]) else [])]
        self.errors |= {name: "Couriers cannot find the door without it." for name in needed if not given[name]}
        if not (self.texts["contact"] or given["company"]):
            self.errors["company"] = "Say the company’s name, or whom to ask for."
        kept = self.was.address if self.was else None
        at = (kept.latitude, kept.longitude) if kept and _same_door(kept, given) else (None, None)
        return Address(**given, name=self.texts["contact"], latitude=at[0], longitude=at[1])  # type: ignore[arg-type]  # texts

    def _handover(self, account: str, closing_days: tuple[ClosingDay, ...]) -> Handover:
        days = tuple(self.days.get(account, ()))
        if not days:
            self.errors[f"days-{account}"] = "At least one day of the week."
        return Handover(
            cut_off=self._clock(f"cut_off-{account}" if account else "cut_off"),
            working_days=days or (0,),
            closing_days=closing_days,
        )

    def _kept(self, account: str) -> tuple[ClosingDay, ...]:
        """An account's own closing days, which only the API writes."""
        return self.was.accounts[account].closing_days if self.was and account in self.was.accounts else ()

    def _closing_days(self) -> Iterator[ClosingDay]:
        for number, (day, until, why) in enumerate(self.closings, 1):
            if not (day or until or why):
                continue
            try:
                yield ClosingDay(
                    day=date.fromisoformat(day), closes_at=time.fromisoformat(until) if until else None, why=why
                )
            except ValueError:
                self.errors.setdefault("closings", f"Line {number}: choose the day, and a time such as 13:00 or none.")

    def _clock(self, name: str) -> time | None:
        text = self.texts.get(name, "")
        if not text:
            return None
        if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text):
            self.errors[name] = "A time such as 16:00, or nothing."
            return None
        return time.fromisoformat(text)


def sheet_of(was: Facility | None, accounts: Sequence[str]) -> FacilitySheet:
    """A facility as it is; a new one where there is none yet."""
    if was is None:
        texts = dict.fromkeys(("code", "name", "timezone", "cut_off", *LINES), "")
        texts |= {"opens": "08:00", "observes_holidays": "on"}
        return FacilitySheet(texts, {"": range(5)}, (), (), accounts)
    address, shared = was.address, was.handover
    texts = {name: str(getattr(address, "name" if name == "contact" else name)) for name in LINES}
    texts |= {"code": was.code, "name": was.name, "timezone": was.timezone, "opens": f"{was.opens:%H:%M}"}
    texts |= {"observes_holidays": "on" if was.observes_holidays else "", "cut_off": _shown(shared.cut_off)}
    texts |= {f"cut_off-{name}": _shown(each.cut_off) for name, each in was.accounts.items()}
    days = {"": shared.working_days, **{name: each.working_days for name, each in was.accounts.items()}}
    closings = [(each.day.isoformat(), _shown(each.closes_at), each.why) for each in shared.closing_days]
    return FacilitySheet(texts, days, closings, tuple(was.accounts), accounts, was)


def typed(form: MultiDict[str, str], was: Facility | None, accounts: Sequence[str]) -> FacilitySheet:
    """The form as it was sent."""
    clocks = ("opens", "cut_off", *(f"cut_off-{name}" for name in accounts))
    texts = {name: _line(form.get(name, ""), longest + 1) for name, (_, longest) in LINES.items()}
    texts |= {name: _line(form.get(name, ""), 100) for name in ("code", "name", "timezone")}
    texts |= {name: _line(form.get(name, ""), 5) for name in clocks}
    texts["observes_holidays"] = "on" if form.get("observes_holidays") == "on" else ""
    ticked = {name: form.getlist(f"days-{name}" if name else "days") for name in ("", *accounts)}
    days = {name: [int(each) for each in found if each in "0123456" and each] for name, found in ticked.items()}
    columns = [form.getlist(name)[:MOST_CLOSING_DAYS] for name in ("closing-day", "closing-until", "closing-why")]
    closings = [tuple(_line(each, 100) for each in row) for row in zip(*columns, strict=False)]
    own = [name for name in accounts if form.get(f"own-{name}") == "on"]
    return FacilitySheet(texts, days, closings, own, accounts, was)  # type: ignore[arg-type]  # rows of three


def _same_door(kept: Address, given: Mapping[str, str]) -> bool:
    """Whether coordinates that are kept are still those of the address."""
    return all(getattr(kept, name) == given[name] for name in ("street1", "postal_code", "city", "country"))


def _line(text: str, longest: int) -> str:
    return "".join(each for each in " ".join(text.split()) if each.isprintable())[:longest]


def _shown(at: time | None) -> str:
    return f"{at:%H:%M}" if at else ""
