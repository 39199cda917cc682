"""Somebody asked where a parcel is: what a merchant's people and help desks write down, to count it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal


class EnquiryWay(StrEnum):
    """How they asked."""

    PHONE = "phone"
    EMAIL = "email"
    CHAT = "chat"
    SOCIAL = "social"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Enquiry:
    """Once that somebody asked; who, and what was said, is not kept. `reference` is the help desk's number of it."""

    id: str
    merchant_id: str
    mode: Literal["test", "live"]
    shipment_id: str
    way: EnquiryWay
    reference: str = ""
    taken_by: str
    at: datetime
    created_at: datetime
