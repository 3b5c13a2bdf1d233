"""The store: catalogue, entitlements, requests, grants, assignments, tokens and events."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

ONWARD = {
    "requests": {"pending": ("approved", "denied", "withdrawn", "expired")},
    "grants": {
        "scheduled": ("activating", "ended"),
        "activating": ("active", "deactivating", "failed"),
        "active": ("deactivating", "ended"),
        "deactivating": ("ended",),
    },
}
BORN = {"requests": "pending", "grants": "scheduled"}


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("name_key", sa.String(length=256), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("parent_id", sa.String(length=80), nullable=False),
        sa.Column("is_management", sa.Boolean(), nullable=False),
        sa.Column("tags", JSON, nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
    )
    op.create_index(op.f("ix_accounts_name_key"), "accounts", ["name_key"], unique=False)
    op.create_table(
        "assignments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("instance_arn", sa.String(length=256), nullable=False),
        sa.Column("account_id", sa.String(length=12), nullable=False),
        sa.Column("permission_set_arn", sa.String(length=256), nullable=False),
        sa.Column("principal_type", sa.String(length=8), nullable=False),
        sa.Column("principal_id", sa.String(length=64), nullable=False),
        sa.Column(
            "provenance",
            sa.Enum(
                "none",
                "brokered",
                "standing",
                name="provenance",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "observed",
            sa.Enum(
                "unknown",
                "absent",
                "present",
                name="observed",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("observed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("observed_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "operation_kind",
            sa.Enum(
                "look",
                "create",
                "delete",
                "poll",
                name="operation_kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("operation_id", sa.String(length=64), nullable=True),
        sa.Column("operation_started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unconfirmed_create_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unconfirmed_delete_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "claim",
            sa.Enum(
                "look",
                "create",
                "delete",
                "poll",
                name="claim",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("claim_id", sa.Uuid(), nullable=True),
        sa.Column("claim_fence", sa.Integer(), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("stuck_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("blocked_reason", sa.Text(), nullable=True),
        sa.Column("last_error_code", sa.String(length=128), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "operation_kind IN ('create', 'delete')",
            name=op.f("ck_assignments_operation_writes"),
        ),
        sa.CheckConstraint(
            "principal_type IN ('USER', 'GROUP')",
            name=op.f("ck_assignments_principal_type"),
        ),
        sa.CheckConstraint(
            "(claim IS NULL) = (claim_id IS NULL)",
            name=op.f("ck_assignments_claim_whole"),
        ),
        sa.CheckConstraint(
            "(operation_id IS NULL) = (operation_kind IS NULL)",
            name=op.f("ck_assignments_operation_whole"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignments")),
        sa.UniqueConstraint(
            "instance_arn",
            "account_id",
            "permission_set_arn",
            "principal_id",
            name="uq_assignments_triple",
        ),
    )
    op.create_index(op.f("ix_assignments_account_id"), "assignments", ["account_id"], unique=False)
    op.create_index(
        op.f("ix_assignments_next_attempt_at"),
        "assignments",
        ["next_attempt_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_assignments_principal_id"),
        "assignments",
        ["principal_id"],
        unique=False,
    )
    op.create_table(
        "audit_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("caller", sa.String(length=512), nullable=False),
        sa.Column("acting_as", sa.String(length=512), nullable=True),
        sa.Column("request_id", sa.Uuid(), nullable=True),
        sa.Column("grant_id", sa.Uuid(), nullable=True),
        sa.Column("assignment_id", sa.Uuid(), nullable=True),
        sa.Column("principal_id", sa.String(length=64), nullable=True),
        sa.Column("account_id", sa.String(length=12), nullable=True),
        sa.Column("permission_set_arn", sa.String(length=256), nullable=True),
        sa.Column("facts", JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_events")),
    )
    op.create_index(
        op.f("ix_audit_events_account_id_id"),
        "audit_events",
        ["account_id", "id"],
        unique=False,
    )
    op.create_index(op.f("ix_audit_events_grant_id"), "audit_events", ["grant_id"], unique=False)
    op.create_index(
        op.f("ix_audit_events_occurred_at_id"),
        "audit_events",
        ["occurred_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_audit_events_principal_id_id"),
        "audit_events",
        ["principal_id", "id"],
        unique=False,
    )
    op.create_index(op.f("ix_audit_events_request_id"), "audit_events", ["request_id"], unique=False)
    op.create_index(op.f("ix_audit_events_type_id"), "audit_events", ["type", "id"], unique=False)
    op.create_table(
        "catalogue_syncs",
        sa.Column("part", sa.String(length=32), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(length=2048), nullable=True),
        sa.PrimaryKeyConstraint("part", name=op.f("pk_catalogue_syncs")),
    )
    op.create_table(
        "entitlement_versions",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(length=80), nullable=False),
        sa.Column("document", JSON, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_by", sa.String(length=512), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_entitlement_versions")),
    )
    op.create_table(
        "groups",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=1024), nullable=False),
        sa.Column("name_key", sa.String(length=2048), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_groups")),
    )
    op.create_index(op.f("ix_groups_name_key"), "groups", ["name_key"], unique=False)
    op.create_table(
        "idempotency_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("caller", sa.String(length=256), nullable=False),
        sa.Column("route", sa.String(length=128), nullable=False),
        sa.Column("key", sa.String(length=256), nullable=False),
        sa.Column("body_digest", sa.String(length=80), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("answer", JSON, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idempotency_keys")),
        sa.UniqueConstraint("caller", "route", "key", name=op.f("uq_idempotency_keys_caller_route_key")),
    )
    op.create_index(
        op.f("ix_idempotency_keys_created_at"),
        "idempotency_keys",
        ["created_at"],
        unique=False,
    )
    op.create_table(
        "instances",
        sa.Column("arn", sa.String(length=256), nullable=False),
        sa.Column("identity_store_id", sa.String(length=64), nullable=False),
        sa.Column("owner_account_id", sa.String(length=12), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("arn", name=op.f("pk_instances")),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("holder", sa.String(length=128), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table(
        "organizational_units",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("parent_id", sa.String(length=80), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organizational_units")),
    )
    op.create_table(
        "principals",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("user_name", sa.String(length=256), nullable=False),
        sa.Column("user_name_key", sa.String(length=512), nullable=False),
        sa.Column("display_name", sa.String(length=1024), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_principals")),
    )
    op.create_index(
        op.f("ix_principals_user_name_key"),
        "principals",
        ["user_name_key"],
        unique=False,
    )
    op.create_table(
        "memberships",
        sa.Column("group_id", sa.String(length=64), nullable=False),
        sa.Column("principal_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["groups.id"], name=op.f("fk_memberships_group_id")),
        sa.PrimaryKeyConstraint("group_id", "principal_id", name=op.f("pk_memberships")),
    )
    op.create_index(
        op.f("ix_memberships_principal_id"),
        "memberships",
        ["principal_id"],
        unique=False,
    )
    op.create_table(
        "permission_sets",
        sa.Column("arn", sa.String(length=256), nullable=False),
        sa.Column("instance_arn", sa.String(length=256), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("name_key", sa.String(length=128), nullable=False),
        sa.Column("description", sa.String(length=1024), nullable=False),
        sa.Column("session_duration", sa.BigInteger(), nullable=False),
        sa.Column("tags", JSON, nullable=False),
        sa.Column("policies_digest", sa.String(length=80), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["instance_arn"],
            ["instances.arn"],
            name=op.f("fk_permission_sets_instance_arn"),
        ),
        sa.PrimaryKeyConstraint("arn", name=op.f("pk_permission_sets")),
    )
    op.create_index(
        op.f("ix_permission_sets_name_key"),
        "permission_sets",
        ["name_key"],
        unique=False,
    )
    op.create_table(
        "tokens",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "personal",
                "service",
                "admin",
                "auditor",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("principal_id", sa.String(length=64), nullable=True),
        sa.Column("scopes", JSON, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=512), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(role = 'personal') = (principal_id IS NOT NULL)",
            name=op.f("ck_tokens_personal_is_bound"),
        ),
        sa.ForeignKeyConstraint(["principal_id"], ["principals.id"], name=op.f("fk_tokens_principal_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tokens")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_tokens_secret_hash")),
    )
    op.create_index(op.f("ix_tokens_name"), "tokens", ["name"], unique=False)
    live_service = sa.text("role = 'service' AND revoked_at IS NULL")
    op.create_index(
        "uq_tokens_service_name",
        "tokens",
        ["name"],
        unique=True,
        sqlite_where=live_service,
        postgresql_where=live_service,
    )
    op.create_table(
        "requests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "pending",
                "approved",
                "denied",
                "withdrawn",
                "expired",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("requester_id", sa.String(length=64), nullable=False),
        sa.Column("beneficiary_id", sa.String(length=64), nullable=False),
        sa.Column("via_token_id", sa.Uuid(), nullable=True),
        sa.Column("entitlement", sa.String(length=128), nullable=False),
        sa.Column("entitlement_version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=80), nullable=False),
        sa.Column("duration", sa.BigInteger(), nullable=False),
        sa.Column("justification", sa.Text(), nullable=False),
        sa.Column("ticket", sa.String(length=256), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'pending') = (answered_at IS NULL)",
            name=op.f("ck_requests_answered_once"),
        ),
        sa.CheckConstraint("duration > 0", name=op.f("ck_requests_duration_positive")),
        sa.ForeignKeyConstraint(
            ["beneficiary_id"],
            ["principals.id"],
            name=op.f("fk_requests_beneficiary_id"),
        ),
        sa.ForeignKeyConstraint(
            ["entitlement_version"],
            ["entitlement_versions.version"],
            name=op.f("fk_requests_entitlement_version"),
        ),
        sa.ForeignKeyConstraint(["requester_id"], ["principals.id"], name=op.f("fk_requests_requester_id")),
        sa.ForeignKeyConstraint(["via_token_id"], ["tokens.id"], name=op.f("fk_requests_via_token_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requests")),
    )
    op.create_index(op.f("ix_requests_beneficiary_id"), "requests", ["beneficiary_id"], unique=False)
    op.create_index(op.f("ix_requests_requester_id"), "requests", ["requester_id"], unique=False)
    op.create_index(
        op.f("ix_requests_state_expires_at"),
        "requests",
        ["state", "expires_at"],
        unique=False,
    )
    op.create_table(
        "decisions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("approver_id", sa.String(length=64), nullable=False),
        sa.Column("via_token_id", sa.Uuid(), nullable=True),
        sa.Column(
            "answer",
            sa.Enum(
                "approve",
                "deny",
                name="answer",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("duration", sa.BigInteger(), nullable=True),
        sa.Column("digest", sa.String(length=80), nullable=False),
        sa.Column("steps", JSON, nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["approver_id"], ["principals.id"], name=op.f("fk_decisions_approver_id")),
        sa.ForeignKeyConstraint(["request_id"], ["requests.id"], name=op.f("fk_decisions_request_id")),
        sa.ForeignKeyConstraint(["via_token_id"], ["tokens.id"], name=op.f("fk_decisions_via_token_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
        sa.UniqueConstraint(
            "request_id",
            "approver_id",
            name=op.f("uq_decisions_request_id_approver_id"),
        ),
    )
    op.create_table(
        "grants",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("assignment_id", sa.Uuid(), nullable=False),
        sa.Column("principal_id", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=12), nullable=False),
        sa.Column("permission_set_arn", sa.String(length=256), nullable=False),
        sa.Column("session_duration", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.String(length=512), nullable=True),
        sa.Column("revoke_comment", sa.Text(), nullable=True),
        sa.Column(
            "revoke_reason",
            sa.Enum(
                "elapsed",
                "relinquished",
                "revoked",
                "locked",
                "removed_outside",
                "eligibility_lost",
                "force_closed",
                "superseded",
                name="revoke_reason",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "scheduled",
                "activating",
                "active",
                "deactivating",
                "ended",
                "failed",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "end_reason",
            sa.Enum(
                "elapsed",
                "relinquished",
                "revoked",
                "locked",
                "removed_outside",
                "eligibility_lost",
                "force_closed",
                "superseded",
                name="end_reason",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("failure_code", sa.String(length=64), nullable=True),
        sa.Column("failure_detail", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(state IN ('ended', 'failed')) = (ended_at IS NOT NULL)",
            name=op.f("ck_grants_ended_once"),
        ),
        sa.CheckConstraint(
            "state <> 'ended' OR end_reason IS NOT NULL",
            name=op.f("ck_grants_ended_for_a_reason"),
        ),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_grants_window")),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignments.id"], name=op.f("fk_grants_assignment_id")),
        sa.ForeignKeyConstraint(["principal_id"], ["principals.id"], name=op.f("fk_grants_principal_id")),
        sa.ForeignKeyConstraint(["request_id"], ["requests.id"], name=op.f("fk_grants_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grants")),
        sa.UniqueConstraint("request_id", "position", name=op.f("uq_grants_request_id_position")),
    )
    op.create_index(op.f("ix_grants_assignment_id"), "grants", ["assignment_id"], unique=False)
    op.create_index(op.f("ix_grants_principal_id"), "grants", ["principal_id"], unique=False)
    op.create_index(op.f("ix_grants_state_ends_at"), "grants", ["state", "ends_at"], unique=False)
    op.create_table(
        "targets",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.String(length=12), nullable=False),
        sa.Column("account_name", sa.String(length=128), nullable=False),
        sa.Column("instance_arn", sa.String(length=256), nullable=False),
        sa.Column("permission_set_arn", sa.String(length=256), nullable=False),
        sa.Column("permission_set_name", sa.String(length=64), nullable=False),
        sa.Column("policies_digest", sa.String(length=80), nullable=False),
        sa.Column("session_duration", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["requests.id"], name=op.f("fk_targets_request_id")),
        sa.PrimaryKeyConstraint("request_id", "position", name=op.f("pk_targets")),
    )
    for table, onward in ONWARD.items():
        guard(
            table,
            "update",
            transition(onward),
            f"protem: no such transition of {table}",
        )
        guard(
            table,
            "insert",
            f"NEW.state <> '{BORN[table]}'",
            f"protem: {table} begin as {BORN[table]}",
        )
    guard(
        "grants",
        "update",
        "OLD.revoked_at IS NOT NULL AND (NEW.revoked_at IS NULL OR NEW.revoked_at <> OLD.revoked_at)",
        "protem: a revocation is final",
        name="grants_revocation",
    )


def transition(onward: dict[str, tuple[str, ...]]) -> str:
    """Return the condition under which an update of a state is forbidden."""
    allowed = " OR ".join(
        f"(OLD.state = '{state}' AND NEW.state IN ({', '.join(repr(new) for new in following)}))"
        for state, following in onward.items()
    )
    return f"NEW.state <> OLD.state AND NOT ({allowed})"


def guard(table: str, act: str, forbidden: str, message: str, *, name: str = "") -> None:
    """Have the database refuse, with this message, every row for which the condition holds."""
    name = name or f"{table}_{act}"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {act.upper()} ON {table} FOR EACH ROW WHEN {forbidden} "
            f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
        )
        return
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"RAISE EXCEPTION '{message}' USING ERRCODE = 'check_violation'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {act.upper()} ON {table} FOR EACH ROW WHEN ({forbidden}) "
        f"EXECUTE FUNCTION {name}()"
    )
