"""/v1/cartonizations"""

from __future__ import annotations

from collections import Counter
from typing import Any

from flask import Response

from gateway.api.auth import caller, requires, services
from gateway.api.examples import CARTONIZE
from gateway.api.routes import ApiBlueprint, answer
from gateway.api.schemas.cartonizations import CartonizationSchema, CartonizeSchema
from gateway.domain.errors import Unprocessable
from gateway.domain.extreme_points import pack
from gateway.domain.packing import PackedBox, Placement, Unit

blueprint = ApiBlueprint("cartonizations", __name__, url_prefix="/v1/cartonizations")


@blueprint.route("", methods=["POST"])
@requires("quotes:write")
@blueprint.arguments(CartonizeSchema, example=CARTONIZE)
@blueprint.response(200, CartonizationSchema)
def cartonize(given: dict[str, Any]) -> Response:
    """Pack articles into boxes: in as few and as small ones as are found, where each piece lies, and what fits nowhere.

    Nothing is kept, so it may be asked as often as you like.
    """
    boxes, divisor = given["boxes"], given["dimensional_divisor"]
    if given["connection"]:
        who = caller()
        boxes = services().connections.get(who.merchant_id, who.mode, given["connection"]).settings.boxes
        if not boxes:
            raise Unprocessable("/connection", "this connection has no boxes", "no_boxes")
    packing = pack([unit for piece in given["items"] for unit in _units(piece)], boxes)
    left = Counter((unit.key, why) for unit, why in packing.unplaced)
    return answer(
        {
            "parcels": [_carton(packed, divisor) for packed in packing.boxes],
            "unplaced": [{"sku": sku, "quantity": count, "why": why} for (sku, why), count in left.items()],
        }
    )


def _units(piece: dict[str, Any]) -> list[Unit]:
    facts = {name: value for name, value in piece.items() if name not in ("sku", "quantity")}
    return [Unit(key=piece["sku"], **facts)] * int(piece["quantity"])


def _carton(packed: PackedBox, divisor: int) -> dict[str, Any]:
    parcel = packed.parcel
    return {
        "box": packed.box.name,
        "weight_g": parcel.weight_g,
        "length_mm": parcel.length_mm,
        "width_mm": parcel.width_mm,
        "height_mm": parcel.height_mm,
        "dimensional_weight_g": parcel.dimensional_weight_g(divisor),
        "chargeable_weight_g": parcel.chargeable_weight_g(divisor),
        "filled_percent": round(packed.utilisation * 100),
        "items": [_placed(each) for each in packed.placements],
    }


def _placed(each: Placement) -> dict[str, Any]:
    x, y, z = each.corner_mm
    length, width, height = each.sides_mm
    return {
        "sku": each.unit.key,
        "x_mm": x,
        "y_mm": y,
        "z_mm": z,
        "length_mm": length,
        "width_mm": width,
        "height_mm": height,
    }
