"""A stateful Packeta on this machine: one address that takes XML documents and answers faults with 200.

Where the sources leave something open, it does the likely thing: a packet is cancelled while nothing but its data has
come, and a second cancellation is refused.
"""

from __future__ import annotations

import csv
import json
from base64 import b64encode
from collections.abc import Mapping
from importlib.resources import files
from typing import Any, ClassVar

from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Request, Response

from carriers.base import Clock, LabelKind, XmlReading, utc_now, xml_document
from carriers.base.simulator import Fault, Ledger, Simulator, answer, route
from carriers.base.simulator.labels import label
from carriers.packeta.adapter import Packeta
from carriers.packeta.simulator.books import CANCELLED, RECEIVED, Packet, wrong_with

FOLDER = files("carriers.packeta.simulator")
OPERATIONS = {
    "createPacket": "book",
    "cancelPacket": "cancel",
    "packetStatus": "cancel_status",
    "packetLabelPdf": "label",
    "packetTracking": "track",
    "createShipment": "close_manifest",
}


class Refused(Exception):
    """A fault, with its name, its text and what is wrong in detail."""

    def __init__(self, fault: str, text: str, detail: object = None) -> None:
        super().__init__(fault)
        self.members = {"status": "fault", "fault": fault, "string": text, "detail": detail}


class SimulatorPacketa(Simulator):
    """Packeta's server for one client with one sender label."""

    carrier = Packeta
    secrets: ClassVar[Mapping[str, str]] = {
        "api_password": "5imulated0api0password0of0packeta",
        "api_key": "5imulated0api0key",
    }
    options: ClassVar[Mapping[str, object]] = {
        "eshop": "simulated-eshop",
        "home_carriers": {"CZ": "106"},
        "rate_card": FOLDER.joinpath("rate_card.csv").read_text("utf-8"),
    }

    def __init__(self, *, ledger: Ledger | None = None, clock: Clock = utc_now) -> None:
        super().__init__(ledger=ledger, clock=clock)
        self.packets: dict[str, Packet] = {}
        # A ledger that is continued has numbers that must not be given twice.
        self._booked_before = len(self.ledger.view().bookings)
        self.branches: Mapping[str, Any] = json.loads(FOLDER.joinpath("branches.json").read_text("utf-8"))["data"]
        rows = files("carriers.packeta").joinpath("code_texts.csv").read_text("utf-8").splitlines()
        self.texts = {row["code"]: row["text"] for row in reversed(list(csv.DictReader(rows)))}

    def fault(self, operation: str, request: Request, variables: Mapping[str, Any]) -> Fault | None:
        """One address serves all operations; the document's root tells them apart."""
        if operation != "rest":
            return super().fault(operation, request, variables)
        document = XmlReading.parse(request.get_data())
        return self.faults.take(next((named for root, named in OPERATIONS.items() if document.has(root)), "rest"))

    @route("POST", "/api/rest", operation="rest")
    def rest(self, request: Request) -> Response:
        """Any method; faults come with 200 too."""
        ((method, order),) = _data(XmlReading.parse(request.get_data())).items()
        try:
            if order.pop("apiPassword", None) != self.secrets["api_password"]:
                raise Refused("IncorrectApiPasswordFault", "Incorrect API password.")
            members = {"status": "ok", "result": self._done(method, order)}
        except Refused as refused:
            members = refused.members
        kept = {name: value for name, value in members.items() if name != "detail" or value}
        return Response(xml_document({"response": kept}), content_type="text/xml")

    def _done(self, method: str, order: Mapping[str, Any]) -> object:
        if method == "createPacket":
            return self._created(order["packetAttributes"])
        if method == "createShipment":
            return self._grouped(order)
        packet = self._packet(str(order.get("packetId")))
        if method == "cancelPacket":
            return self._cancel(packet)
        if method == "packetLabelPdf":
            lines = ("Packeta (simulated)", str(packet.attributes["surname"]), f"Z{packet.id}")
            return b64encode(label(LabelKind.PDF, *lines)).decode()
        told = packet.told(self.texts)
        return told[-1] if method == "packetStatus" else {"record": told}

    def _created(self, attributes: Mapping[str, Any]) -> object:
        wrong = list(wrong_with(attributes, str(self.options["eshop"]), self.branches, ("106",)))
        if wrong:
            detail = {"attributes": {"fault": [{"name": name, "fault": why} for name, why in wrong]}}
            raise Refused("PacketAttributesFault", "Failed to validate attributes. See detail.", detail)
        id_ = f"4{self._booked_before + len(self.packets) + 1:09d}"
        self.packets[id_] = Packet(id=id_, attributes=attributes)
        self.booked(id_, str(attributes["number"]), None)
        self.packets[id_].happens(RECEIVED, self.now())
        return {"id": id_, "barcode": f"Z{id_}", "barcodeText": f"Z {id_[:3]} {id_[3:7]} {id_[7:]}"}

    def _cancel(self, packet: Packet) -> object:
        if packet.code != RECEIVED:
            raise Refused("CancelNotAllowedFault", "Cancel not allowed.")
        packet.happens(CANCELLED, self.now())
        self.cancelled(packet.id)
        return None

    def _grouped(self, order: Mapping[str, Any]) -> object:
        ids = (order.get("packetIds") or {}).get("id", [])
        wanted = ids if isinstance(ids, list) else [ids]
        unknown = [id_ for id_ in wanted if id_ not in self.packets]
        if unknown or not wanted:
            raise Refused("PacketIdsFault", "Invalid packet ids", {"ids": {"id": unknown}})
        number = f"{len(wanted):04d}{wanted[0]}"
        return {"id": number, "checksum": "ab", "barcode": f"D{number}", "barcodeText": f"D {number}"}

    def _packet(self, id_: str) -> Packet:
        if id_ not in self.packets:
            raise Refused("PacketIdFault", "Invalid packet id.")
        return self.packets[id_]

    @route("GET", "/api/v4/<key>/branch.json", operation="service_points")
    def branch_list(self, request: Request, key: str) -> Response:
        """All points there are."""
        if key != self.secrets["api_key"]:
            return answer({"error": "invalid key"}, 401)
        return answer({"data": self.branches})

    def advance(self, carrier_reference: str, to: str) -> None:
        """Move a packet on to a status, by its number or its text ("delivered")."""
        codes = {text: code for code, text in self.texts.items()}
        code = codes.get(to.lower(), to)
        packet = self.packets.get(carrier_reference)
        if packet is None or not Packeta.statuses.lookup(code).listed:
            raise NotFound(f"no packet {carrier_reference!r}, or Packeta has no status {to!r}")
        for step in packet.steps_to(code):
            packet.happens(step, self.now())


def _data(document: XmlReading) -> dict[str, Any]:
    data: dict[str, Any] = dict(document.raw) if isinstance(document.raw, dict) else {}
    return data


SIMULATOR = SimulatorPacketa
