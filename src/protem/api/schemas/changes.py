"""Changes that wait for a second person."""

import uuid
from typing import Any

from pydantic import Field

from protem.api.schemas import plans
from protem.api.schemas.fields import Input, Instant, Output
from protem.broker import texts


class Answer(Input):
    comment: str = Field(
        default="",
        description="Why; it stays on record.",
        json_schema_extra={"maxLength": texts.COMMENT_LENGTH},
    )


class Change(Output):
    """A command that has been given, and takes effect once another admin confirms it."""

    id: uuid.UUID
    verb: str = Field(description="What it does, by the name of the operation; expect others.")
    state: str = Field(description="`pending`, `confirmed`, `rejected` or `expired`; expect others.")
    subject: str = Field(description="The id or name of what it changes.")
    summary: str = Field(description="What it does, in words.")
    proposed_at: Instant
    proposed_by: str
    expires_at: Instant = Field(description="Until when it waits.")
    answered_at: Instant | None
    answered_by: str | None
    comment: str | None = Field(description="What was said with the answer.")


class ChangeInFull(Change):
    """All that whoever confirms it needs to see."""

    arguments: dict[str, Any] = Field(description="What the proposer gave; nothing secret is among it.")
    plan: plans.Plan | None = Field(
        description="Of entitlements that wait: what they would change about what is in force now."
    )
    hindrance: str | None = Field(
        description="Why it could not be confirmed as things are, if that is known."
    )
    actions: list[str] = Field(description="What you may do now: `confirm`, `reject`.")


class Proposed(Output):
    """Nothing has happened yet."""

    change: Change


class ProposedSecret(Proposed):
    """Nothing has happened yet, and the secret is worth nothing until the change is confirmed."""

    secret: str | None = Field(
        description="The token itself: shown now, and never again; null if the `Idempotency-Key` came before."
    )
