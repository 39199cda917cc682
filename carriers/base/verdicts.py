"""What no answer, or an answer that says no, means for what may be done next."""

from __future__ import annotations

from datetime import UTC
from email.utils import parsedate_to_datetime

from carriers.base.calls import Failure, Reply
from carriers.base.errors import (
    AuthenticationFailed,
    BadCarrierResponse,
    CarrierError,
    CarrierUnavailable,
    OutcomeUnknown,
    RateLimited,
    ShipmentRejected,
    UnknownReference,
)
from carriers.base.reading import clean
from gateway.domain.clock import utc_now

LONGEST_RETRY_AFTER_S = 3600.0
MESSAGE_CHARS = 300


def failed(failure: Failure, repeatable: bool) -> CarrierError:
    """What it means that no usable answer came."""
    why = clean(failure.why, MESSAGE_CHARS)
    if not failure.sent:
        return CarrierUnavailable(f"nothing was sent: {why}")
    if not repeatable:
        return OutcomeUnknown(f"no answer after the request was sent: {why}")
    return BadCarrierResponse(why) if failure.bad_answer else CarrierUnavailable(why)


def by_status(reply: Reply, repeatable: bool) -> CarrierError:
    """What an HTTP status alone says about an error answer; an adapter that knows more says so in `refusal`.

    Source: RFC 9110, 15.5 and 15.6; RFC 6585, 4 (429).
    """
    status = reply.status
    said = clean(reply.body[: 4 * MESSAGE_CHARS].decode("utf-8", "replace"), MESSAGE_CHARS) or None
    if status in (401, 403):
        return AuthenticationFailed(f"HTTP {status}: the credentials were refused", carrier_message=said)
    if status == 404:
        return UnknownReference("HTTP 404: the carrier does not know it", carrier_message=said)
    if status == 429:
        return RateLimited("HTTP 429: too many requests", retry_after_s=_retry_after_s(reply), carrier_message=said)
    if status == 408 or 500 <= status < 600:
        if repeatable:
            return CarrierUnavailable(f"HTTP {status} from the carrier", carrier_message=said)
        return OutcomeUnknown(f"HTTP {status} after the request was sent", carrier_message=said)
    if 400 <= status < 500:
        return ShipmentRejected(f"HTTP {status}: {said or 'refused'}", carrier_message=said)
    return BadCarrierResponse(f"HTTP {status} is not an answer to this", carrier_message=said)


def _retry_after_s(reply: Reply) -> float | None:
    """Seconds to wait, given as seconds or as a date; absurd ones are cut. Source: RFC 9110, 10.2.3."""
    given = reply.headers.get("retry-after", "").strip()
    if given.isascii() and given.isdigit():
        return min(float(given[:9]), LONGEST_RETRY_AFTER_S)
    try:
        until = parsedate_to_datetime(given)
        left_s = (until.replace(tzinfo=until.tzinfo or UTC) - utc_now()).total_seconds()
    except (ValueError, OverflowError):
        return None
    return min(max(left_s, 0.0), LONGEST_RETRY_AFTER_S)
