"""Every problem code with its status, what it means and what to do: the API answers and /docs/problems shows these."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Problem(NamedTuple):
    """One kind of problem. `code` is for machines and stays the same."""

    code: str
    status: int
    title: str
    meaning: str
    remedy: str


PROBLEMS = (
    Problem(
        "bad_request",
        400,
        "Malformed request",
        "The body is not JSON: a syntax error, NaN, a member given twice, or nesting beyond reason.",
        "Send valid JSON (RFC 8259). Repeating the same bytes will not help.",
    ),
    Problem(
        "bad_header",
        400,
        "Bad header",
        "A header is missing or malformed, for example the Idempotency-Key that booking needs.",
        "Send the header as this documentation says.",
    ),
    Problem(
        "unauthorized",
        401,
        "Not authorised",
        "No API key came with the request, or one that is unknown, expired or revoked.",
        "Send `Authorization: Bearer` with a valid key. Keys in the query string are never read.",
    ),
    Problem(
        "webhook_rejected",
        401,
        "Webhook without a valid proof",
        "A call to the webhook address of a carrier or provider was not signed as that one signs.",
        "Compare the secret that is stored here with the one the caller holds.",
    ),
    Problem(
        "missing_scope",
        403,
        "Not allowed",
        "The key is valid, but lacks the scope that this operation needs.",
        "Use a key with that scope; `detail` names it.",
    ),
    Problem(
        "not_found",
        404,
        "Not found",
        "There is no such path, or no such object for this merchant in the mode of this key.",
        "Check the id. A test key sees test objects only, a live key live ones only.",
    ),
    Problem(
        "method_not_allowed",
        405,
        "Method not allowed",
        "The path exists, but not with this method.",
        "Use one of the methods in the `Allow` header.",
    ),
    Problem(
        "request_timeout",
        408,
        "Body too slow",
        "The body did not come within the time that this gateway waits for one: 15 seconds, for a longer one as many "
        "more as it takes at 50 kB a second, unless configured otherwise.",
        "Send it again over a better connection, or in smaller parts.",
    ),
    Problem(
        "conflict",
        409,
        "Conflict",
        "The object is not in a state that allows this, or its name is taken.",
        "Read the object again; `detail` says what is in the way.",
    ),
    Problem(
        "duplicate_reference",
        409,
        "Reference in use",
        "Your `reference` belongs to a living shipment already.",
        "Look at `shipment_id`: it may be the shipment you want. Otherwise choose another reference.",
    ),
    Problem(
        "quote_expired",
        409,
        "Quote expired",
        "The quote is too old to be booked.",
        "Ask for a new quote.",
    ),
    Problem(
        "price_changed",
        409,
        "Price changed",
        "The carrier now asks more for this very offer than the tolerance allows. Nothing was booked.",
        "Ask for a new quote, or book without `offer_id` and let the policy choose.",
    ),
    Problem(
        "not_returnable",
        409,
        "Cannot be sent back",
        "Only what was delivered can be sent back, once, for some days, and no return itself.",
        "`detail` says what is in the way.",
    ),
    Problem(
        "not_divertible",
        409,
        "Cannot be put off or turned",
        "Another time or place cannot be asked for: it is too far on its way, or its carrier does not do that.",
        "`detail` says what is in the way.",
    ),
    Problem(
        "diversion_refused",
        409,
        "The carrier refuses",
        "Its carrier does not deliver at that time or place; the delivery goes on as planned.",
        "Read the offers anew and choose another.",
    ),
    Problem(
        "returned_already",
        409,
        "Is being sent back already",
        "Another shipment brings it back. One that failed or was cancelled is in nobody's way.",
        "`shipment_id` is the return.",
    ),
    Problem(
        "too_late",
        409,
        "Too late",
        "The carrier no longer cancels this booking.",
        "Speak to the carrier; the shipment goes on.",
    ),
    Problem(
        "stale_version",
        409,
        "Changed meanwhile",
        "Somebody else changed the object at the same moment.",
        "Read it again and repeat the change.",
    ),
    Problem(
        "still_running",
        409,
        "Still running",
        "The first request with this Idempotency-Key has not been answered yet.",
        "Wait for `Retry-After` seconds and send the very same request again.",
    ),
    Problem(
        "erased",
        410,
        "Erased",
        "The answer that this Idempotency-Key had was about people who are forgotten (`/docs/privacy`).",
        "Nothing was done again. Read the shipment for what is left of it.",
    ),
    Problem(
        "precondition_failed",
        412,
        "Precondition failed",
        "The version in `If-Match` is not the newest: somebody changed it since you read it.",
        "Read it again, merge, and send the new version's ETag.",
    ),
    Problem(
        "payload_too_large",
        413,
        "Body too large",
        "The body has more bytes than this gateway takes: 1 MiB, a carrier's webhook 256 KiB, a rate card 32 MiB, "
        "events in bulk 256 MiB, a picture 10 MiB, unless configured otherwise.",
        "Send less at once.",
    ),
    Problem(
        "unsupported_media_type",
        415,
        "Unsupported media type",
        "The body did not come as JSON.",
        "Send `Content-Type: application/json`.",
    ),
    Problem(
        "invalid",
        422,
        "Unprocessable request",
        "One or more fields are missing, unknown or wrong.",
        "`errors` lists every one with its JSON pointer and a sentence.",
    ),
    Problem(
        "picture_refused",
        422,
        "Not a picture that is taken",
        "The body is no JPEG, PNG or WebP of one picture, is broken, or has more than 40 million pixels.",
        "`detail` says what to send instead; `code` in `errors` is a word for it.",
    ),
    Problem(
        "idempotency_key_reused",
        422,
        "Idempotency-Key used before",
        "The Idempotency-Key was used with another body on this route.",
        "Use a new key for a new request; repeat the very same body with the old one.",
    ),
    Problem(
        "no_carrier_available",
        422,
        "No carrier available",
        "Every carrier refused, or none serves this shipment. Nothing was booked, nothing is charged.",
        "`tenders` has each carrier's reason. After a change, the reference may be booked again with a new key.",
    ),
    Problem(
        "too_many_requests",
        429,
        "Too many requests",
        "The key used up its requests of this minute for this class of routes.",
        "Wait for `Retry-After` seconds; `RateLimit-Policy` says how many are allowed.",
    ),
    Problem(
        "internal_error",
        500,
        "Internal error",
        "A bug of ours.",
        "Our fault; quote the request id when you report it. Repeating with the same Idempotency-Key is safe.",
    ),
    Problem(
        "carrier_error",
        502,
        "The carrier did not do it",
        "The carrier answered something that we cannot use.",
        "Try again later; report it with the request id if it lasts.",
    ),
    Problem(
        "carrier_unavailable",
        502,
        "Carrier unavailable",
        "The carrier could not be reached or did nothing.",
        "Try again later.",
    ),
    Problem(
        "rate_limited",
        502,
        "The carrier limits calls",
        "The carrier takes no more calls from this account for now.",
        "Try again after `Retry-After` seconds, where it is given.",
    ),
    Problem(
        "outcome_unknown",
        502,
        "Outcome unknown",
        "The carrier may have done it: no answer came.",
        "Do not repeat it under another Idempotency-Key; read the object until it is settled.",
    ),
    Problem(
        "shipment_rejected",
        502,
        "The carrier refused",
        "The carrier understood and said no.",
        "`carrier_code` and `carrier_message` are its own words.",
    ),
    Problem(
        "service_point_closed",
        502,
        "The service point is closed",
        "The carrier takes no parcels for the chosen service point (any more). Nothing was booked.",
        "Choose another one of GET /v1/service-points.",
    ),
    Problem(
        "unknown_reference",
        502,
        "The carrier does not know it",
        "The carrier does not know this number, or not yet.",
        "Try again later.",
    ),
    Problem(
        "authentication_failed",
        502,
        "The carrier refuses the account",
        "The credentials of the carrier account are wrong or expired.",
        "Correct the account's secrets, then check it with POST /v1/accounts/{account_id}/check.",
    ),
    Problem(
        "bad_carrier_response",
        502,
        "Unreadable carrier answer",
        "The carrier answered something that its own documentation does not have.",
        "Try again later; report it with the request id if it lasts.",
    ),
    Problem(
        "unavailable",
        503,
        "Temporarily unavailable",
        "A part that we need is down.",
        "Try again after `Retry-After` seconds, with the same Idempotency-Key.",
    ),
)
"""In the order of their status."""

CATALOGUE: Mapping[str, Problem] = {each.code: each for each in PROBLEMS}
