"""The delivery log."""

import uuid
from collections.abc import Iterable

from pydantic import Field

from protem.api.schemas.fields import Instant, Output
from protem.db import models


class Attempt(Output):
    """One try; what the receiver wrote is not kept."""

    attempted_at: Instant
    milliseconds: int
    status: int | None = Field(description="The HTTP status of the answer, if there was one.")
    error: str | None = Field(description="Why there was no answer, or none that counts.")

    @classmethod
    def of(cls, row: models.DeliveryAttempt) -> "Attempt":
        return cls(
            attempted_at=row.attempted_at, milliseconds=row.milliseconds, status=row.status, error=row.error
        )


class Delivery(Output):
    """One event on its way to one webhook."""

    id: uuid.UUID
    webhook_id: uuid.UUID
    event_id: uuid.UUID = Field(description="The `webhook-id` of every attempt.")
    sequence: int | None = Field(description="The place of the event in the record; none for a test.")
    topic: str = Field(description="What the event is about: deliveries of one topic keep their order.")
    state: str = Field(description="`pending`, `delivered` or `abandoned`; expect others.")
    attempt_count: int = Field(description="How often it was tried since it was made or last repeated.")
    created_at: Instant
    next_attempt_at: Instant | None = Field(description="None where it is settled.")
    give_up_at: Instant
    answered_at: Instant | None = Field(description="When it was delivered or abandoned.")

    @classmethod
    def of(cls, row: models.Delivery) -> "Delivery":
        pending = row.state is models.DeliveryState.PENDING
        return cls(
            id=row.id,
            webhook_id=row.webhook_id,
            event_id=row.event_id,
            sequence=row.sequence,
            topic=row.topic,
            state=row.state.value,
            attempt_count=row.attempts,
            created_at=row.created_at,
            next_attempt_at=row.next_attempt_at if pending else None,
            give_up_at=row.give_up_at,
            answered_at=row.answered_at,
        )


class DeliveryInFull(Delivery):
    attempts: list[Attempt] = Field(description="The latest hundred, the newest first.")

    @classmethod
    def full(cls, row: models.Delivery, attempts: Iterable[models.DeliveryAttempt]) -> "DeliveryInFull":
        tried = [Attempt.of(attempt) for attempt in attempts]
        return cls(**Delivery.of(row).model_dump(), attempts=tried)
