"""Bodies of samples: JSON, XML, forms, text and bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from carriers.base.errors import BadCarrierResponse
from carriers.base.xml import parsed, written
from gateway.domain.codec import from_json
from gateway.domain.errors import InvalidValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """A body: what goes over the wire, and the data (with its notation) or the form that it is, where it is one."""

    content: bytes
    content_type: str
    notation: Literal["json", "xml", ""] = ""
    data: Any = None
    form: Mapping[str, str] | None = None

    @property
    def has_data(self) -> bool:
        """Whether it can be compared, searched and spoilt as data."""
        return self.notation != ""

    def read(self, content: bytes) -> Any:
        """The data of another body in the same notation. Raises ValueError or BadCarrierResponse."""
        return parsed(content) if self.notation == "xml" else json.loads(content)

    def write(self, data: Any) -> bytes:
        """Other data in the same notation; XML that was spoilt at its root, so that it is none, as bare text."""
        if self.notation != "xml":
            return json.dumps(data, ensure_ascii=False).encode()
        whole = isinstance(data, dict) and len(data) == 1 and not isinstance(next(iter(data.values())), list)
        return written(data) if whole else str(data).encode()


def payload(data: Mapping[str, Any], path: str) -> Payload:
    """The body that a request, an answer or a webhook of a sample shows. Raises InvalidValue naming the path."""
    if "json" in data:
        content = json.dumps(data["json"], ensure_ascii=False).encode()
        return Payload(content=content, content_type="application/json", notation="json", data=data["json"])
    if "xml" in data:
        content = str(data["xml"]).encode()
        return Payload(content=content, content_type="text/xml", notation="xml", data=_document(content, f"{path}.xml"))
    if "base64" in data:
        content = from_json(bytes, data["base64"], f"{path}.base64")
        return Payload(content=content, content_type="application/octet-stream")
    return Payload(
        content=str(data.get("text", "")).encode(),
        content_type="text/plain; charset=utf-8",
        form=data.get("form"),
    )


def _document(content: bytes, path: str) -> Any:
    try:
        return parsed(content)
    except BadCarrierResponse as error:
        raise InvalidValue(f"{path}: {error}") from None
