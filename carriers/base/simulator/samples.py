"""`SampleSimulator`: the server of a carrier without state of its own, answering from `samples/*.json`."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from werkzeug.routing import Rule
from werkzeug.wrappers import Request, Response

from carriers.base.simulator.app import Simulator


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleExchange:
    """One documented request and its answer."""

    operation: str
    request: Mapping[str, Any]
    response: Mapping[str, Any]

    def fits(self, request: Request) -> bool:
        """Whether a call carries everything the documented request shows, beyond method and path."""
        said = request.get_json(silent=True) if request.is_json else None
        return (
            _within(self.request.get("params", {}), request.args.to_dict())
            and _within(self.request.get("form", {}), request.form.to_dict())
            and _within(self.request.get("json"), said)
        )

    def answer(self) -> Response:
        """The documented answer, as bytes on the wire."""
        body, content_type = _body(self.response)
        headers = {"Content-Type": content_type, **self.response.get("headers", {})}
        return Response(body, status=self.response.get("status", 200), headers=headers)


class SampleSimulator(Simulator):
    """Answers with the best sample: same method and path, then same content, `ok` before the rest."""

    def rules(self) -> list[Rule]:
        """One route per method and path that a sample shows."""
        self._exchanges: dict[tuple[str, str], list[SampleExchange]] = {}
        for sample in sorted(self._samples(), key=lambda sample: sample.get("case") != "ok"):
            for exchange in sample.get("exchanges", ()):
                self._learn(sample["operation"], exchange)
        shown = [
            Rule(path, methods=[method], endpoint=(exchanges[0].operation, "replay"))
            for (method, path), exchanges in self._exchanges.items()
        ]
        return [*super().rules(), *shown]

    def replay(self, request: Request) -> Response:
        """The best sample for a call."""
        shown = self._exchanges[(request.method, request.path)]
        return next((exchange for exchange in shown if exchange.fits(request)), shown[0]).answer()

    def _samples(self) -> Iterable[Mapping[str, Any]]:
        folder = files(self.carrier.__module__.rpartition(".")[0]) / "samples"
        for file in sorted(folder.iterdir(), key=lambda file: file.name):
            # samples/account.json is the kit's account, not an exchange.
            if file.name.endswith(".json") and file.name != "account.json":
                yield json.loads(file.read_text("utf-8"))

    def _learn(self, operation: str, exchange: Mapping[str, Any]) -> None:
        request = exchange["request"]
        where = request.get("where", "api")
        path = urlsplit(self.account("http://simulator").urls[where] + request.get("path", "")).path or "/"
        known = self._exchanges.setdefault((request.get("method", "GET"), path), [])
        known.append(
            SampleExchange(
                operation="token" if where == "token" else operation,
                request=request,
                response=exchange["response"],
            )
        )


def _within(shown: Any, said: Any) -> bool:
    if isinstance(shown, dict):
        return isinstance(said, dict) and all(_within(value, said.get(key)) for key, value in shown.items())
    if isinstance(shown, list):
        return isinstance(said, list) and len(shown) == len(said) and all(map(_within, shown, said))
    return shown is None or shown == said or str(shown) == said


def _body(response: Mapping[str, Any]) -> tuple[bytes, str]:
    if "json" in response:
        return json.dumps(response["json"]).encode(), "application/json"
    if "base64" in response:
        return base64.b64decode(response["base64"]), "application/octet-stream"
    if "xml" in response:
        return str(response["xml"]).encode(), "text/xml"
    return str(response.get("text", "")).encode(), "text/plain; charset=utf-8"
