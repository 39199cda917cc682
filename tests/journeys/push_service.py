"""A push service on this machine, and browsers that subscribe at it: real keys, and everything sent is decrypted."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Self

import http_ece
import jwt
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gateway.domain.push import read_unpadded, unpadded

WRONG = (AssertionError, InvalidTag, KeyError, ValueError, http_ece.ECEException, jwt.PyJWTError)


@dataclass(frozen=True)
class Received:
    """One message as its browser reads it."""

    told: Mapping[str, Any]
    headers: Mapping[str, str]
    claims: Mapping[str, Any]


@dataclass
class Browser:
    """One that subscribed under a shop's public key; `status` is what the push service answers for it."""

    service: PushService
    name: str
    key: str
    status: int = 201
    received: list[Received] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._private = ec.generate_private_key(ec.SECP256R1())
        self._auth = os.urandom(16)
        self.service.browsers[f"/push/{self.name}"] = self

    @property
    def subscription(self) -> dict[str, str]:
        """What the page's script sends."""
        point = self._private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        endpoint = f"{self.service.url}/push/{self.name}"
        return {"endpoint": endpoint, "p256dh": unpadded(point), "auth": unpadded(self._auth)}

    def take(self, headers: Mapping[str, str], body: bytes) -> int:
        """Check who sends it (RFC 8292), decrypt it (RFC 8291)."""
        scheme, _, said = headers["Authorization"].partition(" ")
        words = dict(part.strip().split("=", 1) for part in said.split(","))
        assert (scheme, words["k"]) == ("vapid", self.key), "another key than this browser subscribed with"
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), read_unpadded(words["k"]))
        claims = jwt.decode(
            words["t"], public, algorithms=["ES256"], audience=self.service.url, options={"verify_exp": False}
        )
        assert headers["Content-Encoding"] == "aes128gcm"
        told = json.loads(http_ece.decrypt(body, private_key=self._private, auth_secret=self._auth))
        if self.status < 300:
            self.received.append(Received(told, headers, claims))
        return self.status


class PushService:
    """Listens while it is entered."""

    def __init__(self) -> None:
        self.browsers: dict[str, Browser] = {}
        self.refused: list[str] = []
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                try:
                    status = service.browsers[self.path].take(dict(self.headers), body)
                except WRONG as error:  # told by the test, not by the handler's thread
                    service.refused.append(repr(error))
                    status = 400
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
