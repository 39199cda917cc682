"""The two transports, one of each for the whole run, as in the gateway."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from carriers.base.curl_transport import CurlTransport
from carriers.base.drive import Transport
from carriers.base.transports import RequestsTransport

TRANSPORTS = ("requests", "curl")


@pytest.fixture(scope="session")
def transports() -> Mapping[str, Transport]:
    """Both, by name."""
    return {"requests": RequestsTransport(), "curl": CurlTransport()}


@pytest.fixture(params=TRANSPORTS)
def transport(request: pytest.FixtureRequest, transports: Mapping[str, Transport]) -> Transport:
    """Each in turn."""
    return transports[request.param]
