"""Reviews of broken glass."""

import uuid

from pydantic import Field

from protem.api.schemas.fields import Input, Instant, Output
from protem.api.schemas.references import Person, Target
from protem.broker import texts


class Review(Output):
    """Access that was given without asking anybody, and what somebody who looked at it found."""

    id: uuid.UUID
    request_id: uuid.UUID
    entitlement: str
    requester: Person
    principal: Person = Field(
        description="Whose access it is; they cannot break glass again before it is closed."
    )
    targets: list[Target]
    justification: str
    opened_at: Instant
    closed_at: Instant | None
    closed_by: str | None
    comment: str | None = Field(description="What the reviewer found.")
    actions: list[str] = Field(description="What you can do about it now: `close`.")


class Closing(Input):
    comment: str = Field(
        description="What the reviewer found; it stays on record.",
        json_schema_extra={"maxLength": texts.COMMENT_LENGTH},
    )
