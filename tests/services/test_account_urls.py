"""Where accounts may point: to the outside over https, unless the installation says otherwise."""

from __future__ import annotations

import pytest

from carriers.base.registry import carrier
from gateway.domain.errors import Unprocessable
from gateway.services.carrier_pool import account_urls
from tests.storage import made

BRING = carrier("bring")


def urls(url: str, *, allow_plain_http: bool) -> dict[str, str]:
    """The URLs of an account that has this one of its own."""
    return account_urls(made.account(urls={"api": url}), BRING, allow_plain_http=allow_plain_http)


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://api.example.com", "not_https"),
        ("ftp://api.example.com", "not_https"),
        ("https://127.0.0.1:5432", "not_public"),
        ("https://127.1/v1", "not_public"),
        ("https://2130706433/v1", "not_public"),
        ("https://0x7f000001/v1", "not_public"),
        ("https://0.0.0.0:8000", "not_public"),
        ("https://169.254.169.254/latest", "not_public"),
        ("https://10.0.0.7", "not_public"),
        ("https://100.64.0.1", "not_public"),
        ("https://[::1]:8443", "not_public"),
        ("https://[::ffff:10.0.0.7]", "not_public"),
        ("https://localhost", "not_public"),
        ("https://LOCALHOST:5432/v1", "not_public"),
        ("https://carrier.localhost", "not_public"),
        ("https://user:password@api.example.com", "not_public"),
    ],
)
def test_an_account_does_not_point_into_our_own_network(url: str, code: str) -> None:
    with pytest.raises(Unprocessable) as refused:
        urls(url, allow_plain_http=False)
    assert (refused.value.pointer, refused.value.code) == ("/urls/api", code)


@pytest.mark.parametrize(
    "url", ["https://api.example.com/v1", "https://api.example.com:8443", "https://93.184.216.34", "https://local.host"]
)
def test_an_account_may_point_anywhere_outside(url: str) -> None:
    assert urls(url, allow_plain_http=False)["api"] == url


def test_no_name_is_looked_up_when_an_account_is_saved() -> None:
    assert urls("https://no-such-name.invalid/", allow_plain_http=False)["api"] == "https://no-such-name.invalid"


@pytest.mark.parametrize("url", ["http://127.0.0.1:8090/v1", "https://127.0.0.1:5432", "http://localhost:8090"])
def test_simulators_need_a_setting(url: str) -> None:
    assert urls(url, allow_plain_http=True)["api"] == url
