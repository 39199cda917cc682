"""The section of the settings about recipients' pages; see `gateway.settings`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipients:
    """Recipients' pages: how long links last after the delivery, how often an open page looks for news, and how many
    requests a minute one address may make (for pages, with forms, for links that do not exist).
    """

    link_days: int
    poll_s: float
    looks_per_min: int
    answers_per_min: int
    guesses_per_min: int
