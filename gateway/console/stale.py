"""Forms over what has no version of its own: whether it is still as the page showed it."""

from __future__ import annotations

import hashlib

from flask import request

CHANGED = "Somebody else changed this since you opened it. What you typed is below: send it again if it is to count."


def mark(shown: object) -> str:
    """What a form carries, as `seen`, of what it was made from."""
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:16]


def changed(now: object) -> bool:
    """Whether this is no longer what the form of this request was made from; a form that says nothing saw nothing."""
    return request.form.get("seen", mark(now)) != mark(now)
