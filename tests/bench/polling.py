"""B12: what following parcels costs in calls to carriers, by the schedule and at a fixed interval that is as fast."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography.fernet import Fernet

from gateway.bootstrap import build, shipped_policies
from gateway.cli.poll_plan import polled_carriers
from gateway.rules.policy import Policy
from gateway.services.bound import Services
from gateway.services.poll_plan import Followed, compare, delivered
from gateway.services.seed import Seeding, seed_history
from gateway.settings import load_settings
from gateway.storage import SqlStore
from gateway.storage.migrate import migrate
from tests.bench.figures import Figure
from tests.bench.stage import Stage

SEEDING = Seeding(shipments=1000, seed=1)


def poll_thrift(_: Stage, __: float) -> Iterator[Figure]:
    """A simulation on the seeded history: it takes as long as it takes, and gives the same figures every time."""
    polled = polled_carriers()
    parcels = _parcels()
    tracking = load_settings({}).tracking
    found = compare(parcels, polled, tracking)
    minutes = [
        f"{length.total_seconds() / 60:.0f}"
        for length in (found.adaptive.median, found.adaptive.p90, found.interval, found.fixed.p90)
    ]
    alone = {code: compare(mine, polled, tracking) for code, mine in _apart(parcels).items()}
    by_schedule, fixed = (sum(getattr(each, how).calls for each in alone.values()) for how in ("adaptive", "fixed"))
    yield Figure(
        benchmark="B12",
        measured=found.adaptive.calls_each,
        unit="calls",
        beside=f"every {minutes[2]} min",
        yardstick=found.fixed.calls_each,
        note=f"{len(parcels)} delivered parcels of `gateway seed`, one number a call, nothing pushed; scans are seen "
        f"after {minutes[0]} min at the median both ways, p90 {minutes[1]} min and {minutes[3]} min; beside a fixed "
        f"interval with the same p90 the ratio is {found.ratio_at_p90:.2f}; beside an interval of its own for each "
        f"carrier, as fast there, {by_schedule / fixed:.2f}: "
        f"{', '.join(f'{code} {each.ratio:.2f}' for code, each in alone.items())}",
    )


def _apart(parcels: Sequence[Followed]) -> dict[str, list[Followed]]:
    """By carrier: one interval for all is too seldom for couriers and too often for posts."""
    codes = sorted({parcel.tracker.carrier for parcel in parcels})
    return {code: [parcel for parcel in parcels if parcel.tracker.carrier == code] for code in codes}


def write_history(services: Services, seeding: Seeding) -> None:
    """As `gateway seed` does."""
    shipped = shipped_policies()
    default = Policy.parse("default", 0, shipped["default"])
    kroner = Policy.parse("default", 0, {**shipped["default"], "currency": "NOK", "exchange": {}})
    policies = {"USD": default, "NOK": kroner}
    emissions = services.foresight.emissions
    seed_history(services.store, seeding, policies, services.zones.shipped, emissions, lambda _: None)


def _parcels() -> list[Followed]:
    with TemporaryDirectory(prefix="doorstep-bench-") as folder:
        url = f"sqlite:///{Path(folder)}/history.db"
        migrate(url)
        settings = {"DATABASE__URL": url, "DATABASE__DURABLE": "false", "SECRETS__PEPPER": "pepper" * 6}
        settings["SECRETS__KEYS"] = Fernet.generate_key().decode()
        services = build(load_settings({f"GATEWAY__{name}": value for name, value in settings.items()}))
        store = services.store
        assert isinstance(store, SqlStore)
        try:
            write_history(services, SEEDING)
            return list(delivered(store, polled_carriers()))
        finally:
            store.close()
