"""Examples of what is said about telling recipients; the documentation shows them, the tests send them."""

from __future__ import annotations

from typing import Any

NOTIFICATION_SETTINGS: dict[str, Any] = {
    "timezone": "Europe/Oslo",
    "events": {"booked": ["email"], "delivered": ["email", "sms"], "nearby": []},
    "quiet": {"start": "21:00", "end": "08:00", "channels": ["sms", "whatsapp"]},
    "test_recipients": ["@fjord.example", "+4799887766"],
    "phone_prefixes": ["+47", "+46"],
    "texts_per_day": 6,
    "reminder_h": 48,
    "keep_days": 7,
}

SMTP_SENDER: dict[str, Any] = {
    "smtp": {
        "host": "smtp.fjord.example",
        "security": "starttls",
        "username": "parcels",
        "password": "a secret of the mail server",
        "from": "parcels@fjord.example",
        "from_name": "Fjord Shop",
        "reply_to": "help@fjord.example",
    }
}

TWILIO_SENDER: dict[str, Any] = {
    "twilio": {
        "account_sid": "AC00000000000000000000000000000000",
        "auth_token": "the token from the console",
        "from": "+4759440000",
    }
}

TEMPLATE: dict[str, Any] = {
    "parts": {
        "subject": "{{ shop }}: on its way to you",
        "heading": "Off we go{% if recipient %}, {{ recipient }}{% endif %}!",
        "body": "{{ carrier }} has your parcel.\n\n{% if when %}It is expected {{ when }}.{% endif %}",
    }
}

PREVIEW: dict[str, Any] = {
    "event": "out_for_delivery",
    "channel": "sms",
    "language": "en",
    "parts": {"text": "{{ shop }}: today{% if when %}, {{ when }}{% endif %}! {{ link }} Stop: reply STOP"},
}

BLOCK: dict[str, Any] = {
    "channel": "email",
    "address": "kari@example.com",
    "kind": "opt_out",
    "why": "asked on the phone",
}
