"""The installed carriers as merchants and operators see them: capabilities, limits, and the grade the kit computes."""

from __future__ import annotations

import dataclasses
from functools import cache
from typing import Any

from carriers.base import Carrier, capabilities
from carriers.base.conformance.grade import grade
from carriers.base.registry import installed


@cache
def installed_carriers() -> list[dict[str, Any]]:
    """Every installed carrier, by code. The grades are computed once a process, by running the kit's checks."""
    return [_facts(carrier) for _, carrier in sorted(installed().items())]


def _facts(carrier: type[Carrier]) -> dict[str, Any]:
    profile = carrier.profile
    return {
        "code": profile.code,
        "name": profile.name,
        "kind": profile.kind,
        "countries": list(profile.countries),
        "capabilities": sorted(role.value for role in capabilities(carrier)),
        "services": [level.value for level in profile.services],
        "limits": dataclasses.asdict(profile.limits),
        "features": sorted(name for name, has in dataclasses.asdict(profile.features).items() if has),
        "secrets": dict(profile.secrets),
        "options": {name: facts.what for name, facts in profile.options.items()},
        "grade": grade(carrier).level,
    }
