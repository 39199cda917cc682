"""Recorded deliveries of others, read by path and never kept here: what each row tells, and how it is split."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from gateway.learning.lanes import Path as Group

DAY_S = 86_400
KM_A_DEGREE = 111.0
TRAINED = 0.8
"""The first part of the rows is learnt from, the rest is forecast: by time, where rows have one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliveries:
    """Rows in the order in which they began. `began` is in days, `ended` too; `duration` in `unit`.

    `path` nests groups, `lanes` are the two levels that the plain baselines know, with their `shrinkage`. `ages`: the
    duration is the days a delivery has been on its way, so that those on their way tell something. `promised` is in
    the same unit, where there is a promise. `slices` name what coverage is told by.
    """

    name: str
    unit: str
    began: Any
    ended: Any
    duration: Any
    path: Sequence[Group]
    lanes: Sequence[Group]
    shrinkage: float
    features: Any
    words: tuple[int, ...] = ()
    ages: bool = False
    promised: Any = None
    slices: Sequence[str] = ()

    @property
    def split(self) -> int:
        """The first row that is forecast."""
        return int(len(self.duration) * TRAINED)


def olist(folder: Path) -> Deliveries:
    """Brazilian parcels from the hand-over to the door, in days."""
    rows = _olist(folder).filter(pl.col("order_delivered_carrier_date").is_not_null())
    return _olist_from(rows, "order_delivered_carrier_date", "Olist")


def olist_purchases(folder: Path) -> Deliveries:
    """The same from the purchase, beside the day that was promised then."""
    return _olist_from(_olist(folder), "order_purchase_timestamp", "Olist replay")


def _olist(folder: Path) -> pl.DataFrame:
    def read(name: str, *texts: str) -> pl.DataFrame:
        file = folder / "olist_sample" / f"olist_{name}_dataset.csv"
        return pl.read_csv(file, try_parse_dates=True, schema_overrides=dict.fromkeys(texts, pl.String))

    items = read("order_items").group_by("order_id", maintain_order=True)
    first = items.agg(pl.first("seller_id"), pl.first("product_id"), pl.sum("freight_value"))
    return (
        read("orders")
        .join(read("customers", "customer_zip_code_prefix"), on="customer_id")
        .join(first, on="order_id")
        .join(read("sellers", "seller_zip_code_prefix"), on="seller_id")
        .join(read("products"), on="product_id", how="left")
        .filter((pl.col("order_status") == "delivered") & pl.col("order_delivered_customer_date").is_not_null())
    )


def _olist_from(rows: pl.DataFrame, start: str, name: str) -> Deliveries:
    began, ended = pl.col(start), pl.col("order_delivered_customer_date")
    rows = rows.filter(ended > began).sort(start, "order_id")
    start_days, end_days = _days(rows[start]), _days(rows["order_delivered_customer_date"])
    sender, buyer = rows["seller_state"].to_list(), rows["customer_state"].to_list()
    areas = [code[:2] for code in rows["customer_zip_code_prefix"]]
    weight = rows["product_weight_g"].cast(pl.Float64).fill_null(1000.0)
    numbers = [weight, rows["freight_value"], rows[start].dt.weekday(), _codes(sender), _codes(buyer), _codes(areas)]
    return Deliveries(
        name=name,
        unit="days",
        began=start_days,
        ended=end_days,
        duration=end_days - start_days,
        path=[(to, f"{of} {to}", f"{of} {area}") for of, to, area in zip(sender, buyer, areas, strict=True)],
        lanes=[(to, f"{of} {to}") for of, to in zip(sender, buyer, strict=True)],
        shrinkage=20.0,
        features=np.column_stack(numbers).astype(float),
        words=(3, 4, 5),
        ages=True,
        promised=_days(rows["order_estimated_delivery_date"]) - start_days,
        slices=[f"{each.year} Q{(each.month + 2) // 3}" for each in rows[start]],
    )


def sendy(folder: Path) -> Deliveries:
    """Motorcycle couriers in Nairobi from the pick-up to the door, in minutes. Without dates: in the file's order."""
    rows = pl.read_csv(folder / "sendy" / "Train.csv").filter(pl.col("Time from Pickup to Arrival") > 0)
    minutes = rows["Time from Pickup to Arrival"].to_numpy() / 60
    distance = rows["Distance (KM)"].to_numpy()
    clock = rows["Pickup - Time"].str.to_time("%I:%M:%S %p")
    hour = clock.dt.hour().to_numpy() + clock.dt.minute().to_numpy() / 60
    places = [rows[name].to_numpy() for name in ("Pickup Lat", "Pickup Long", "Destination Lat", "Destination Long")]
    cells = list(zip(*([f"{degree:.2f}" for degree in each] for each in places), strict=True))
    around = [_around(distance, places, *size) for size in ((0.2, 0.0), (0.3, 6.0), (0.2, 3.0), (0.15, 1.5))]
    weekday = rows["Pickup - Weekday (Mo = 1)"].to_numpy()
    order = np.arange(len(minutes)) / 1000
    return Deliveries(
        name="Sendy",
        unit="min",
        began=order,
        ended=order,
        duration=minutes,
        path=list(zip(*around, strict=True)),
        lanes=[(f"{int(each)} km", " ".join(cell)) for each, cell in zip(distance, cells, strict=True)],
        shrinkage=30.0,
        features=np.column_stack([distance, hour, weekday, *places]),
        slices=[f"{'up to' if each <= 10 else 'over'} 10 km" for each in distance],
    )


def _around(distance: Any, places: Sequence[Any], band: float, cell_km: float) -> list[str]:
    """Who is like whom: distances alike by a factor, and both ends within cells of that size (0: wherever they are)."""
    parts = [np.log(distance) // band]
    parts += [each * KM_A_DEGREE // cell_km for each in places if cell_km]
    return [" ".join(f"{number:.0f}" for number in row) for row in np.column_stack(parts)]


def delhivery(folder: Path) -> Deliveries:
    """Legs between Indian hubs: actual over routed time. The columns of other people's forecasts are not read."""
    columns = ["source_center", "destination_center", "route_type", "od_start_time", "osrm_time", "actual_time"]
    rows = pl.read_csv(folder / "delhivery" / "test_predictions.csv", try_parse_dates=True, columns=columns)
    rows = rows.sort("od_start_time", "source_center", "destination_center")
    began, minutes = _days(rows["od_start_time"]), rows["actual_time"].to_numpy()
    source, target, kind = (rows[name].to_list() for name in ("source_center", "destination_center", "route_type"))
    routed, start = rows["osrm_time"].to_numpy(), rows["od_start_time"]
    paths: list[Group] = [(k, s, f"{s} {t}") for k, s, t in zip(kind, source, target, strict=True)]
    return Deliveries(
        name="Delhivery",
        unit="x OSRM",
        began=began,
        ended=began + minutes / 1440,
        duration=minutes / routed,
        path=paths,
        lanes=paths,
        shrinkage=8.0,
        features=np.column_stack([routed, start.dt.hour(), start.dt.weekday(), _codes(kind), _codes(source)]),
        words=(3, 4),
        slices=kind,
    )


READERS: Mapping[str, Callable[[Path], Deliveries]] = {"Olist": olist, "Sendy": sendy, "Delhivery": delhivery}


def _days(moments: pl.Series) -> Any:
    return moments.cast(pl.Datetime("us")).dt.epoch("us").to_numpy() / (DAY_S * 1e6)


def _codes(names: Sequence[str]) -> list[int]:
    known = {name: place for place, name in enumerate(sorted(set(names)))}
    return [known[name] for name in names]
