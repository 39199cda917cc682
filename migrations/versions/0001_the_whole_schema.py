"""The whole schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "job_heartbeats",
        sa.Column("job", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("job", name=op.f("job_heartbeats_pkey")),
    )
    op.create_table(
        "carrier_grades",
        sa.Column("carrier", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("carrier", name=op.f("carrier_grades_pkey")),
    )
    op.create_table(
        "merchants",
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", name=op.f("merchants_pkey")),
    )
    op.create_table(
        "accounts",
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("carrier", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("urls", sa.Text(), nullable=False),
        sa.Column("secrets", sa.Text(), nullable=False),
        sa.Column("options", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("resting_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resting_why", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchants.merchant_id"], name=op.f("accounts_merchant_id_fkey")),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("accounts_pkey")),
    )
    op.create_index("accounts_id", "accounts", ["id"], unique=True)
    op.create_index("accounts_name", "accounts", ["merchant_id", "name"], unique=True)
    op.create_table(
        "api_keys",
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchants.merchant_id"], name=op.f("api_keys_merchant_id_fkey")),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("api_keys_pkey")),
    )
    op.create_index("api_keys_public_id", "api_keys", ["public_id"], unique=True)
    op.create_table(
        "idempotency",
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("route", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resource_id", sa.String(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchants.merchant_id"], name=op.f("idempotency_merchant_id_fkey")),
        sa.PrimaryKeyConstraint("merchant_id", "route", "key", name=op.f("idempotency_pkey")),
    )
    op.create_index("idempotency_created", "idempotency", ["created_at"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fanned", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchants.merchant_id"], name=op.f("outbox_merchant_id_fkey")),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("outbox_pkey")),
    )
    op.create_index("outbox_sequence", "outbox", ["merchant_id", "subject_id", "sequence"], unique=True)
    op.create_index("outbox_unfanned", "outbox", ["fanned", "created_at", "id"], unique=False)
    op.create_table(
        "policies",
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchants.merchant_id"], name=op.f("policies_merchant_id_fkey")),
        sa.PrimaryKeyConstraint("merchant_id", "name", "version", name=op.f("policies_pkey")),
    )
    op.create_table(
        "quotes",
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("shipment", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("policy", sa.String(), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("zone", sa.String(), nullable=True),
        sa.Column("carrier_results", sa.Text(), nullable=False),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("window", sa.Text(), nullable=True),
        sa.Column("services", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchants.merchant_id"], name=op.f("quotes_merchant_id_fkey")),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("quotes_pkey")),
    )
    op.create_index("quotes_created", "quotes", ["merchant_id", "created_at"], unique=False)
    op.create_table(
        "webhook_endpoints",
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("secrets", sa.Text(), nullable=False),
        sa.Column("types", sa.Text(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["merchants.merchant_id"], name=op.f("webhook_endpoints_merchant_id_fkey")
        ),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("webhook_endpoints_pkey")),
    )
    op.create_table(
        "delivery_windows",
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("start_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("booked", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id", "account_id"],
            ["accounts.merchant_id", "accounts.id"],
            name=op.f("delivery_windows_merchant_id_account_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["merchants.merchant_id"], name=op.f("delivery_windows_merchant_id_fkey")
        ),
        sa.PrimaryKeyConstraint("merchant_id", "account_id", "id", name=op.f("delivery_windows_pkey")),
    )
    op.create_index(
        "delivery_windows_of_zone", "delivery_windows", ["merchant_id", "account_id", "zone", "start_at"], unique=False
    )
    op.create_table(
        "inbox",
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("dedupe_key", sa.String(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["merchant_id", "account_id"],
            ["accounts.merchant_id", "accounts.id"],
            name=op.f("inbox_merchant_id_account_id_fkey"),
        ),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchants.merchant_id"], name=op.f("inbox_merchant_id_fkey")),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("inbox_pkey")),
    )
    op.create_index("inbox_dedupe", "inbox", ["merchant_id", "account_id", "dedupe_key"], unique=True)
    op.create_index(
        "inbox_due",
        "inbox",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_table(
        "offers",
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("quote_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("carrier", sa.String(), nullable=False),
        sa.Column("rate", sa.Text(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("price_currency", sa.CHAR(length=3), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=True),
        sa.Column("score", sa.BigInteger(), nullable=True),
        sa.Column("verdicts", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id", "account_id"],
            ["accounts.merchant_id", "accounts.id"],
            name=op.f("offers_merchant_id_account_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "quote_id"],
            ["quotes.merchant_id", "quotes.id"],
            name=op.f("offers_merchant_id_quote_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchants.merchant_id"], name=op.f("offers_merchant_id_fkey")),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("offers_pkey")),
    )
    op.create_index("offers_of_quote", "offers", ["merchant_id", "quote_id", "position"], unique=True)
    op.create_table(
        "shipments",
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("shipment", sa.Text(), nullable=False),
        sa.Column("policy", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reference", sa.String(), nullable=True),
        sa.Column("quote_id", sa.String(), nullable=True),
        sa.Column("chosen_offer_id", sa.String(), nullable=True),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("label_format", sa.Text(), nullable=False),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("window", sa.Text(), nullable=True),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=True),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("carrier", sa.String(), nullable=False),
        sa.Column("service", sa.String(), nullable=True),
        sa.Column("tender_id", sa.String(), nullable=True),
        sa.Column("price_minor", sa.BigInteger(), nullable=True),
        sa.Column("price_currency", sa.CHAR(length=3), nullable=True),
        sa.Column("quoted_price_minor", sa.BigInteger(), nullable=True),
        sa.Column("quoted_price_currency", sa.CHAR(length=3), nullable=True),
        sa.Column("deliver_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tracking_number", sa.String(), nullable=True),
        sa.Column("carrier_tracking_url", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("status_conflict", sa.Boolean(), nullable=False),
        sa.Column("status_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_progress_status", sa.String(), nullable=False),
        sa.Column("proof", sa.Text(), nullable=True),
        sa.Column("booking", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id", "account_id"],
            ["accounts.merchant_id", "accounts.id"],
            name=op.f("shipments_merchant_id_account_id_fkey"),
        ),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchants.merchant_id"], name=op.f("shipments_merchant_id_fkey")),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("shipments_pkey")),
    )
    op.create_index(
        "shipments_by_number", "shipments", ["merchant_id", "mode", "tracking_number", "created_at", "id"], unique=False
    )
    op.create_index(
        "shipments_by_state", "shipments", ["merchant_id", "mode", "state", "created_at", "id"], unique=False
    )
    op.create_index(
        "shipments_by_status", "shipments", ["merchant_id", "mode", "status", "created_at", "id"], unique=False
    )
    op.create_index(
        "shipments_being_booked",
        "shipments",
        ["updated_at"],
        unique=False,
        sqlite_where=sa.text("state = 'booking'"),
        postgresql_where=sa.text("state = 'booking'"),
    )
    op.create_index("shipments_newest", "shipments", ["merchant_id", "mode", "created_at", "id"], unique=False)
    op.create_index("shipments_reference", "shipments", ["merchant_id", "mode", "reference"], unique=True)
    op.create_table(
        "webhook_deliveries",
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("endpoint_id", sa.String(), nullable=False),
        sa.Column("outbox_id", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_status", sa.Integer(), nullable=True),
        sa.Column("last_error", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id", "endpoint_id"],
            ["webhook_endpoints.merchant_id", "webhook_endpoints.id"],
            name=op.f("webhook_deliveries_merchant_id_endpoint_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "outbox_id"],
            ["outbox.merchant_id", "outbox.id"],
            name=op.f("webhook_deliveries_merchant_id_outbox_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["merchants.merchant_id"], name=op.f("webhook_deliveries_merchant_id_fkey")
        ),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("webhook_deliveries_pkey")),
    )
    op.create_index(
        "webhook_deliveries_due",
        "webhook_deliveries",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(
        "webhook_deliveries_newest",
        "webhook_deliveries",
        ["merchant_id", "endpoint_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        "webhook_deliveries_once", "webhook_deliveries", ["merchant_id", "endpoint_id", "outbox_id"], unique=True
    )
    op.create_table(
        "delivery_records",
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("shipment_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("carrier", sa.String(), nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("promised_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("picked_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("quoted_minor", sa.BigInteger(), nullable=True),
        sa.Column("price_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.CHAR(length=3), nullable=True),
        sa.Column("co2e_g", sa.Integer(), nullable=True),
        sa.Column("parcels", sa.Integer(), nullable=False),
        sa.Column("weight_g", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id", "account_id"],
            ["accounts.merchant_id", "accounts.id"],
            name=op.f("delivery_records_merchant_id_account_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "shipment_id"],
            ["shipments.merchant_id", "shipments.id"],
            name=op.f("delivery_records_merchant_id_shipment_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["merchants.merchant_id"], name=op.f("delivery_records_merchant_id_fkey")
        ),
        sa.PrimaryKeyConstraint("merchant_id", "shipment_id", name=op.f("delivery_records_pkey")),
    )
    op.create_index("delivery_records_booked", "delivery_records", ["merchant_id", "booked_at"], unique=False)
    op.create_table(
        "labels",
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("shipment_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id", "shipment_id"],
            ["shipments.merchant_id", "shipments.id"],
            name=op.f("labels_merchant_id_shipment_id_fkey"),
        ),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchants.merchant_id"], name=op.f("labels_merchant_id_fkey")),
        sa.PrimaryKeyConstraint("merchant_id", "shipment_id", "kind", name=op.f("labels_pkey")),
    )
    op.create_table(
        "shipment_terms",
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("term", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shipment_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id", "shipment_id"],
            ["shipments.merchant_id", "shipments.id"],
            name=op.f("shipment_terms_merchant_id_shipment_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["merchants.merchant_id"], name=op.f("shipment_terms_merchant_id_fkey")
        ),
        sa.PrimaryKeyConstraint("merchant_id", "term", "created_at", "shipment_id", name=op.f("shipment_terms_pkey")),
    )
    op.create_table(
        "tenders",
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("shipment_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("carrier", sa.String(), nullable=False),
        sa.Column("offer_id", sa.String(), nullable=False),
        sa.Column("rate", sa.Text(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("price_currency", sa.CHAR(length=3), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("carrier_code", sa.String(), nullable=True),
        sa.Column("carrier_message", sa.String(), nullable=True),
        sa.Column("booking", sa.Text(), nullable=True),
        sa.Column("carrier_reference", sa.String(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lookups", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id", "account_id"],
            ["accounts.merchant_id", "accounts.id"],
            name=op.f("tenders_merchant_id_account_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "shipment_id"],
            ["shipments.merchant_id", "shipments.id"],
            name=op.f("tenders_merchant_id_shipment_id_fkey"),
        ),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchants.merchant_id"], name=op.f("tenders_merchant_id_fkey")),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("tenders_pkey")),
    )
    op.create_index("tenders_booking", "tenders", ["merchant_id", "account_id", "carrier_reference"], unique=False)
    op.create_index(
        "tenders_due",
        "tenders",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index("tenders_lease", "tenders", ["state", "lease_until"], unique=False)
    op.create_index("tenders_of_shipment", "tenders", ["merchant_id", "shipment_id"], unique=False)
    op.create_index(
        "tenders_one_a_booking",
        "tenders",
        ["merchant_id", "account_id", "carrier_reference"],
        unique=True,
        sqlite_where=sa.text("state = 'accepted'"),
        postgresql_where=sa.text("state = 'accepted'"),
    )
    op.create_index(
        "tenders_one_open",
        "tenders",
        ["merchant_id", "shipment_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('offered', 'uncertain', 'accepted')"),
        postgresql_where=sa.text("state IN ('offered', 'uncertain', 'accepted')"),
    )
    op.create_table(
        "webhook_attempts",
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("delivery_id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("response_head", sa.String(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id", "delivery_id"],
            ["webhook_deliveries.merchant_id", "webhook_deliveries.id"],
            name=op.f("webhook_attempts_merchant_id_delivery_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["merchants.merchant_id"], name=op.f("webhook_attempts_merchant_id_fkey")
        ),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("webhook_attempts_pkey")),
    )
    op.create_index(
        "webhook_attempts_of_delivery", "webhook_attempts", ["merchant_id", "delivery_id", "at"], unique=False
    )
    op.create_table(
        "window_reservations",
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("tender_reference", sa.String(), nullable=False),
        sa.Column("window_id", sa.String(), nullable=False),
        sa.Column("reserved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["merchant_id", "account_id", "window_id"],
            ["delivery_windows.merchant_id", "delivery_windows.account_id", "delivery_windows.id"],
            name=op.f("window_reservations_merchant_id_account_id_window_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["merchants.merchant_id"], name=op.f("window_reservations_merchant_id_fkey")
        ),
        sa.PrimaryKeyConstraint("merchant_id", "account_id", "tender_reference", name=op.f("window_reservations_pkey")),
    )
    op.create_table(
        "cases",
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("shipment_id", sa.String(), nullable=True),
        sa.Column("tender_id", sa.String(), nullable=True),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolution", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id", "shipment_id"],
            ["shipments.merchant_id", "shipments.id"],
            name=op.f("cases_merchant_id_shipment_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "tender_id"],
            ["tenders.merchant_id", "tenders.id"],
            name=op.f("cases_merchant_id_tender_id_fkey"),
        ),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchants.merchant_id"], name=op.f("cases_merchant_id_fkey")),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("cases_pkey")),
    )
    op.create_index("cases_by_state", "cases", ["merchant_id", "state", "created_at"], unique=False)
    op.create_index("cases_of_shipment", "cases", ["merchant_id", "shipment_id"], unique=False)
    op.create_index(
        "cases_one_open",
        "cases",
        ["merchant_id", "kind", "subject_id"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "recalls",
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("shipment_id", sa.String(), nullable=False),
        sa.Column("tender_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("booking", sa.Text(), nullable=False),
        sa.Column("carrier_reference", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id", "account_id"],
            ["accounts.merchant_id", "accounts.id"],
            name=op.f("recalls_merchant_id_account_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "shipment_id"],
            ["shipments.merchant_id", "shipments.id"],
            name=op.f("recalls_merchant_id_shipment_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "tender_id"],
            ["tenders.merchant_id", "tenders.id"],
            name=op.f("recalls_merchant_id_tender_id_fkey"),
        ),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchants.merchant_id"], name=op.f("recalls_merchant_id_fkey")),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("recalls_pkey")),
    )
    op.create_index("recalls_due", "recalls", ["state", "due_at"], unique=False)
    op.create_index("recalls_of_shipment", "recalls", ["merchant_id", "shipment_id"], unique=False)
    op.create_index(
        "recalls_one_a_booking",
        "recalls",
        ["merchant_id", "account_id", "carrier_reference"],
        unique=True,
        sqlite_where=sa.text("state = 'due'"),
        postgresql_where=sa.text("state = 'due'"),
    )
    op.create_table(
        "trackers",
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("carrier", sa.String(), nullable=False),
        sa.Column("tracking_number", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("shipment_id", sa.String(), nullable=True),
        sa.Column("tender_id", sa.String(), nullable=True),
        sa.Column("parcel_numbers", sa.Text(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("status_conflict", sa.Boolean(), nullable=False),
        sa.Column("status_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_progress_status", sa.String(), nullable=False),
        sa.Column("estimated_delivery_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("finished", sa.Boolean(), nullable=False),
        sa.Column("subscribed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id", "account_id"],
            ["accounts.merchant_id", "accounts.id"],
            name=op.f("trackers_merchant_id_account_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "shipment_id"],
            ["shipments.merchant_id", "shipments.id"],
            name=op.f("trackers_merchant_id_shipment_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "tender_id"],
            ["tenders.merchant_id", "tenders.id"],
            name=op.f("trackers_merchant_id_tender_id_fkey"),
        ),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchants.merchant_id"], name=op.f("trackers_merchant_id_fkey")),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("trackers_pkey")),
    )
    op.create_index(
        "trackers_due",
        "trackers",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index("trackers_newest", "trackers", ["merchant_id", "mode", "created_at", "id"], unique=False)
    op.create_index("trackers_number", "trackers", ["merchant_id", "account_id", "tracking_number"], unique=True)
    op.create_index("trackers_of_tender", "trackers", ["merchant_id", "tender_id"], unique=False)
    op.create_table(
        "status_history",
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("tracker_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("caused_by", sa.String(), nullable=False),
        sa.Column("correction", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id", "tracker_id"],
            ["trackers.merchant_id", "trackers.id"],
            name=op.f("status_history_merchant_id_tracker_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["merchants.merchant_id"], name=op.f("status_history_merchant_id_fkey")
        ),
        sa.PrimaryKeyConstraint("merchant_id", "tracker_id", "version", name=op.f("status_history_pkey")),
    )
    op.create_table(
        "tracker_numbers",
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("tracker_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id", "tracker_id"],
            ["trackers.merchant_id", "trackers.id"],
            name=op.f("tracker_numbers_merchant_id_tracker_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["merchants.merchant_id"], name=op.f("tracker_numbers_merchant_id_fkey")
        ),
        sa.PrimaryKeyConstraint("merchant_id", "account_id", "number", name=op.f("tracker_numbers_pkey")),
    )
    op.create_table(
        "tracking_events",
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("tracker_id", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("carrier_code", sa.String(), nullable=False),
        sa.Column("carrier_qualifier", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("leg", sa.String(), nullable=False),
        sa.Column("piece", sa.String(), nullable=False),
        sa.Column("occurred_at_local", sa.String(), nullable=False),
        sa.Column("tz_source", sa.String(), nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("correction", sa.Boolean(), nullable=False),
        sa.Column("inbox_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["merchant_id", "tracker_id"],
            ["trackers.merchant_id", "trackers.id"],
            name=op.f("tracking_events_merchant_id_tracker_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["merchants.merchant_id"], name=op.f("tracking_events_merchant_id_fkey")
        ),
        sa.PrimaryKeyConstraint("merchant_id", "tracker_id", "event_id", name=op.f("tracking_events_pkey")),
    )


def downgrade() -> None:
    op.drop_table("tracking_events")
    op.drop_table("tracker_numbers")
    op.drop_table("status_history")
    op.drop_index("trackers_of_tender", table_name="trackers")
    op.drop_index("trackers_number", table_name="trackers")
    op.drop_index("trackers_newest", table_name="trackers")
    op.drop_index(
        "trackers_due",
        table_name="trackers",
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.drop_table("trackers")
    op.drop_index(
        "recalls_one_a_booking",
        table_name="recalls",
        sqlite_where=sa.text("state = 'due'"),
        postgresql_where=sa.text("state = 'due'"),
    )
    op.drop_index("recalls_of_shipment", table_name="recalls")
    op.drop_index("recalls_due", table_name="recalls")
    op.drop_table("recalls")
    op.drop_index(
        "cases_one_open",
        table_name="cases",
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.drop_index("cases_of_shipment", table_name="cases")
    op.drop_index("cases_by_state", table_name="cases")
    op.drop_table("cases")
    op.drop_table("window_reservations")
    op.drop_index("webhook_attempts_of_delivery", table_name="webhook_attempts")
    op.drop_table("webhook_attempts")
    op.drop_index(
        "tenders_one_open",
        table_name="tenders",
        sqlite_where=sa.text("state IN ('offered', 'uncertain', 'accepted')"),
        postgresql_where=sa.text("state IN ('offered', 'uncertain', 'accepted')"),
    )
    op.drop_index(
        "tenders_one_a_booking",
        table_name="tenders",
        sqlite_where=sa.text("state = 'accepted'"),
        postgresql_where=sa.text("state = 'accepted'"),
    )
    op.drop_index("tenders_of_shipment", table_name="tenders")
    op.drop_index("tenders_lease", table_name="tenders")
    op.drop_index(
        "tenders_due",
        table_name="tenders",
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.drop_index("tenders_booking", table_name="tenders")
    op.drop_table("tenders")
    op.drop_table("shipment_terms")
    op.drop_table("labels")
    op.drop_index("delivery_records_booked", table_name="delivery_records")
    op.drop_table("delivery_records")
    op.drop_index("webhook_deliveries_once", table_name="webhook_deliveries")
    op.drop_index("webhook_deliveries_newest", table_name="webhook_deliveries")
    op.drop_index(
        "webhook_deliveries_due",
        table_name="webhook_deliveries",
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.drop_table("webhook_deliveries")
    op.drop_index("shipments_reference", table_name="shipments")
    op.drop_index("shipments_newest", table_name="shipments")
    op.drop_index(
        "shipments_being_booked",
        table_name="shipments",
        sqlite_where=sa.text("state = 'booking'"),
        postgresql_where=sa.text("state = 'booking'"),
    )
    op.drop_index("shipments_by_status", table_name="shipments")
    op.drop_index("shipments_by_state", table_name="shipments")
    op.drop_index("shipments_by_number", table_name="shipments")
    op.drop_table("shipments")
    op.drop_index("offers_of_quote", table_name="offers")
    op.drop_table("offers")
    op.drop_index(
        "inbox_due",
        table_name="inbox",
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.drop_index("inbox_dedupe", table_name="inbox")
    op.drop_table("inbox")
    op.drop_index("delivery_windows_of_zone", table_name="delivery_windows")
    op.drop_table("delivery_windows")
    op.drop_table("webhook_endpoints")
    op.drop_index("quotes_created", table_name="quotes")
    op.drop_table("quotes")
    op.drop_table("policies")
    op.drop_index("outbox_unfanned", table_name="outbox")
    op.drop_index("outbox_sequence", table_name="outbox")
    op.drop_table("outbox")
    op.drop_index("idempotency_created", table_name="idempotency")
    op.drop_table("idempotency")
    op.drop_index("api_keys_public_id", table_name="api_keys")
    op.drop_table("api_keys")
    op.drop_index("accounts_name", table_name="accounts")
    op.drop_index("accounts_id", table_name="accounts")
    op.drop_table("accounts")
    op.drop_table("merchants")
    op.drop_table("carrier_grades")
    op.drop_table("job_heartbeats")
