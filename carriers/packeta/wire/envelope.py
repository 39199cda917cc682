"""One document out, one in: the root names the method, the password is its first child, and faults come with 200.

Source: Salamek/zasilkovna@581ccc3, src/ApiRest.php; Zasilkovna/WooCommerce@77a8da97, src/Packetery/Core/Api.
"""

from __future__ import annotations

from collections.abc import Mapping

from carriers.base import (
    BadCarrierResponse,
    CarrierError,
    ShipmentRejected,
    XmlReading,
    clean,
    error_named,
    table,
    xml_document,
)


def request(method: str, password: str, members: Mapping[str, object]) -> bytes:
    """A call of a method. Never to be logged: the password is in it."""
    return xml_document({method: {"apiPassword": password, **members}})


def response(body: XmlReading) -> XmlReading:
    """The envelope of an answer that is no fault. Whether it says `ok` is for those who claim something by it.

    Raises:
        CarrierError: a fault, whose name says which kind.
    """
    envelope = body.get("response")
    status = envelope.maybe_text("status")
    if status == "fault" or (status != "ok" and envelope.has("fault")):
        raise _refused(envelope)
    return envelope


def confirmed(body: XmlReading) -> XmlReading:
    """The envelope of an answer that says `ok`; raises as `response`, and BadCarrierResponse for any other."""
    envelope = response(body)
    if envelope.text("status") != "ok":
        raise BadCarrierResponse("the answer is neither ok nor a fault")
    return envelope


def _refused(envelope: XmlReading) -> CarrierError:
    """What a fault means, by its name and what its text must hold ("" for any): the first of `faults.csv` that fits.

    One that nobody lists is BadCarrierResponse: nothing says that no packet was made.
    """
    fault, said = envelope.maybe_text("fault"), envelope.maybe_text("string")
    rows = table("carriers.packeta", "faults.csv")
    fits = (row["error"] for row in rows if row["fault"] in ("", fault) and row["subject"] in said)
    kind = error_named(next(fits, "BadCarrierResponse"))
    details = _details(envelope)
    text = f"Packeta answered {fault or 'a fault'}: {'; '.join(details) or said or 'no more'}"
    if kind is ShipmentRejected:
        return ShipmentRejected(
            text, reasons=details or [said or fault], carrier_code=fault or None, carrier_message=said or None
        )
    return kind(text, carrier_code=fault or None, carrier_message=said or None)


def _details(envelope: XmlReading) -> list[str]:
    """The attributes or packets that are wrong. `fault` names an element of three levels; here an attribute's."""
    detail = envelope.maybe("detail")
    if detail is None:
        return []
    attributes, ids = detail.maybe("attributes"), detail.maybe("ids")
    wrong = attributes.maybe_objects("fault") if attributes else []
    named = [(each.maybe_text("name"), each.maybe_text("fault")) for each in wrong]
    numbers = ids.maybe("id") if ids else None
    unknown = [f"packet {clean(each.raw)}" for each in numbers.items() if isinstance(each.raw, str)] if numbers else []
    return [": ".join(filter(None, words)) for words in named if any(words)] + unknown
