"""What is wrong with an account before anybody is called: every name, URL, secret and option must mean something."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from carriers.base import Carrier, Profile
from gateway.domain.errors import Unprocessable
from gateway.domain.records import AccountRecord
from gateway.services.carrier_pool import account_urls

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
PREVIOUS = "_previous"
"""How a secret's name ends that was replaced, and is still accepted where the carrier signs with it."""


def faults(account: AccountRecord, carrier: type[Carrier], *, allow_plain_http: bool) -> Iterator[Unprocessable]:
    """Each with a pointer to its field."""
    if not NAME.fullmatch(account.name):
        yield Unprocessable("/name", "a name has small letters, digits, _ and -, at most 64, and begins with no sign")
    yield from _unknown(account, carrier)
    for name, option in carrier.profile.options.items():
        value = account.options.get(name)
        if option.required and value in (None, ""):
            yield Unprocessable(f"/options/{name}", f"{carrier.profile.name} needs it: {option.what}", "required")
        elif why := option.fault(value):
            yield Unprocessable(f"/options/{name}", why, "wrong_kind")
    for urls in [{name: url} for name, url in account.urls.items()] or [{}]:
        try:
            account_urls(replace(account, urls=urls), carrier, allow_plain_http=allow_plain_http)
        except Unprocessable as error:
            yield error


def missing_secrets(given: Mapping[str, str], profile: Profile) -> Mapping[str, str]:
    """Those without which its carrier cannot be called, and what each is. What webhooks are proven by is no such."""
    return {name: what for name, what in profile.secrets.items() if "webhook" not in name and not given.get(name)}


def _unknown(account: AccountRecord, carrier: type[Carrier]) -> Iterator[Unprocessable]:
    """Names that the carrier does not know."""
    profile = carrier.profile
    for field, given, known in (
        ("secrets", account.secrets, profile.secrets),
        ("options", account.options, profile.options),
    ):
        for name in given:
            if name.removesuffix(PREVIOUS) not in known:
                yield Unprocessable(f"/{field}/{name}", f"{profile.code} knows {', '.join(known) or 'none'}")
