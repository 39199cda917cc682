"""B15, B15b: how well and how fast carts are packed, beside py3dbp. B16: what a warm checkout costs."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import random
import time
from collections.abc import Iterator
from statistics import mean, median

from py3dbp import Bin, Item, Packer

from gateway.api.checkout.examples import SHOPIFY
from gateway.domain.checkouts import CheckoutProtocol
from gateway.domain.extreme_points import fill, pack
from gateway.domain.packing import Box, Unit
from gateway.services.checkout_connections import CLIENT_SECRET, ConnectionDraft
from tests.bench.figures import Figure
from tests.bench.http1 import request
from tests.bench.load import Failed
from tests.bench.quoting import CONSTANT
from tests.bench.stage import MODE, Stage

CARTS, PIECES = 200, 30
BOX = Box(name="box", length_mm=400, width_mm=300, height_mm=300)
BOXES = (
    Box(name="small", length_mm=250, width_mm=200, height_mm=120),
    Box(name="medium", length_mm=350, width_mm=250, height_mm=200),
    Box(name="large", length_mm=450, width_mm=350, height_mm=300),
    Box(name="huge", length_mm=600, width_mm=400, height_mm=400),
)
SECRET = "bench-secret"  # of a shop that does not exist


def cartonization(stage: Stage, seconds: float) -> Iterator[Figure]:
    """The share of a box that is filled, over random carts that are more than it holds."""
    chance = random.Random(15)  # noqa: S311  # carts, no secrets
    carts = [_cart(chance) for _ in range(CARTS)]
    ours = [fill(BOX, cart).utilisation for cart in carts]
    theirs, _ = _by_py3dbp(carts)
    yield Figure(
        benchmark="B15",
        case="filled",
        measured=mean(ours) * 100,
        unit="%",
        beside="py3dbp",
        yardstick=mean(theirs) * 100,
        note=f"{CARTS} carts of {PIECES} pieces into one box; fuller in {_wins(ours, theirs)} of them",
    )


def cartonization_time(stage: Stage, seconds: float) -> Iterator[Figure]:
    """The time to pack a whole cart by the merchant's boxes."""
    chance = random.Random(15)  # noqa: S311  # carts, no secrets
    carts = [_cart(chance) for _ in range(CARTS)]
    taken, waited = [], []
    for cart in carts:
        started, began = time.thread_time(), time.perf_counter()
        pack(cart, BOXES)
        taken.append((time.thread_time() - started) * 1000)
        waited.append((time.perf_counter() - began) * 1000)
    yield Figure(
        benchmark="B15b",
        measured=median(taken),
        unit="ms",
        beside="py3dbp into one box",
        yardstick=_by_py3dbp(carts)[1],
        note=f"median over {CARTS} carts of {PIECES} pieces, all packed, {len(BOXES)} kinds of boxes; slowest "
        f"{max(taken):.1f} ms; by the clock on the wall {median(waited):.1f} ms",
    )


def warm_checkout(stage: Stage, seconds: float) -> Iterator[Figure]:
    """Processor time of the web for a cart that was asked before, signed and over HTTP."""
    merchant = stage.merchant("checkouts", stage.healthy())
    body = json.dumps(_elsewhere(SHOPIFY)).encode()
    draft = ConnectionDraft(name="shop", protocol=CheckoutProtocol.SHOPIFY, secrets={CLIENT_SECRET: SECRET})
    connection = stage.services.connections.add(merchant.id, MODE, draft)
    signature = base64.b64encode(hmac.digest(SECRET.encode(), body, hashlib.sha256)).decode()
    path = f"/v1/checkout/shopify/{connection.id}"
    asked = request("POST", path, body, content_type="application/json", x_shopify_hmac_sha256=signature)
    rates: list[int] = []
    stage.load(8, 1.0, lambda: asked, lambda answer: rates.append(len(json.loads(answer)["rates"])))
    if min(rates[-10:]) == 0:
        raise Failed("a warm checkout shows no rates")
    run = stage.load(8, seconds, lambda: asked)
    bare = stage.load(8, 1.0, lambda: CONSTANT)
    yield Figure(
        benchmark="B16",
        measured=run.web_cpu_ms,
        unit="ms",
        beside="a constant answer",
        yardstick=bare.web_cpu_ms,
        note=f"8 at a time, {run.rate:.0f} answers/s, p50 {run.percentile(50):.1f} ms, {rates[-1]} rates; {run.driver}",
    )


def _elsewhere(cart: dict[str, dict[str, object]]) -> dict[str, object]:
    """The example's cart between two places that the benchmark's carriers serve."""
    place = {"country": "US", "postal_code": "10001", "city": "New York", "address1": "1 Broadway"}
    return {"rate": {**cart["rate"], "origin": place, "destination": place, "currency": "USD"}}


def _cart(chance: random.Random) -> list[Unit]:
    return [
        Unit(
            key=str(number),
            length_mm=chance.randrange(40, 260),
            width_mm=chance.randrange(40, 200),
            height_mm=chance.randrange(20, 160),
            weight_g=chance.randrange(50, 900),
        )
        for number in range(PIECES)
    ]


def _by_py3dbp(carts: list[list[Unit]]) -> tuple[list[float], float]:
    """Which share of the box it fills, cart by cart, and its median time in ms."""
    filled, taken = [], []
    for cart in carts:
        packer, box = Packer(), Bin(BOX.name, *BOX.inner_mm, 10**9)
        packer.add_bin(box)
        for unit in cart:
            packer.add_item(Item(unit.key, unit.length_mm, unit.width_mm, unit.height_mm, unit.weight_g))
        started = time.thread_time()
        packer.pack(bigger_first=True)
        taken.append((time.thread_time() - started) * 1000)
        filled.append(sum(float(item.get_volume()) for item in box.items) / BOX.volume_mm3)
    return filled, median(taken)


def _wins(ours: list[float], theirs: list[float]) -> int:
    return sum(one >= other for one, other in zip(ours, theirs, strict=True))
