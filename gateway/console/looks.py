"""How somebody looks at the list of shipments: what stands in its address, with or without a saved view's name.

The address is the state: what is looked for, the columns, how dense, how many to a page. A view is such an address
under a name; one that looks otherwise than it was saved is marked as changed until it is saved, or left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import url_for
from werkzeug.datastructures import MultiDict

from gateway.domain.views import SavedView

COLUMNS = {
    "status": "Status",
    "promise": "Promise",
    "recipient": "Recipient",
    "carrier": "Carrier",
    "price": "Price",
    "tags": "Tags",
    "made": "Made",
}
"""What may be shown beside the shipment's own name."""

USUAL = ("status", "promise", "recipient", "carrier", "made")
SIZES = (50, 100, 200)
DENSITIES = ("", "compact")
LONGEST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """An address read. `view` is the saved one that it began with."""

    text: str
    columns: Sequence[str] = USUAL
    density: str = ""
    size: int = SIZES[0]
    view: SavedView | None = None

    @property
    def state(self) -> Mapping[str, str]:
        """What a view keeps of it: only what differs from the usual."""
        told = {
            "q": self.text,
            "cols": "" if tuple(self.columns) == USUAL else " ".join(self.columns),
            "density": self.density,
            "size": "" if self.size == SIZES[0] else str(self.size),
        }
        return {name: value for name, value in told.items() if value}

    @property
    def changed(self) -> bool:
        """Whether it looks otherwise than its view was saved."""
        return self.view is not None and dict(self.view.state) != dict(self.state)

    def url(self, text: str, **more: str | None) -> str:
        """The address of the list with another text, everything else as it is."""
        kept = {**self.state, "q": text, "view": self.view.id if self.view else "", **more}
        return url_for("shipments.grid", **{name: value for name, value in kept.items() if value})  # type: ignore[arg-type]  # texts


def look(args: MultiDict[str, str], views: Sequence[SavedView]) -> Look:
    """What an address (or a form that carries one along) says; what is not understood is as usual."""
    size, density = args.get("size", ""), args.get("density", "")
    asked = " ".join(args.getlist("cols")).split()
    columns = tuple(name for name in COLUMNS if name in asked)
    return Look(
        text=" ".join(args.get("q", "")[:LONGEST].split()),
        columns=columns or USUAL,
        density=density if density in DENSITIES else "",
        size=int(size) if size in map(str, SIZES) else SIZES[0],
        view=next((each for each in views if each.id == args.get("view")), None),
    )


def address(view: SavedView) -> str:
    """Where a saved view is looked at."""
    return url_for("shipments.grid", view=view.id, **dict(view.state))  # type: ignore[arg-type]  # texts
