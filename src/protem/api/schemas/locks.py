"""Locks."""

import uuid
from datetime import datetime

from pydantic import Field

from protem.api.schemas.fields import Duration, Input, Instant, Output
from protem.broker import locking, locks, texts
from protem.db import models
from protem.domain import durations
from protem.domain.locks import LockKind


class NewLock(Input):
    kind: LockKind = Field(
        strict=False, description="`principal`, `account`, `permission_set`, `entitlement` or `everything`."
    )
    subject: str | None = Field(
        default=None, description="The name or id of what it is on; left out for `everything`."
    )
    reason: str = Field(
        description="Why; whoever is kept from something, or loses access, is told.",
        json_schema_extra={"minLength": 1, "maxLength": texts.COMMENT_LENGTH},
    )
    duration: Duration | None = Field(
        default=None,
        description="How long it holds from now on, until it is lifted if left out;"
        f" at most {durations.text(locking.LONGEST)}.",
    )


class Subject(Output):
    id: str = Field(description="A user's or account's id, an ARN, or the name of an entitlement.")
    name: str = Field(description="What people called it when the lock was made.")


class Lock(Output):
    """An emergency stop; those that hold no longer stay on record."""

    id: uuid.UUID
    kind: str = Field(description="What it is on; expect other kinds than those of today.")
    subject: Subject | None = Field(description="None for a lock on everything.")
    reason: str
    holding: bool = Field(description="Whether it holds now.")
    created_at: Instant
    created_by: str
    expires_at: Instant | None = Field(description="When it ends by itself.")
    lifted_at: Instant | None = Field(description="When somebody took it back; none once it has expired.")
    lifted_by: str | None

    @classmethod
    def of(cls, row: models.Lock, *, now: datetime) -> "Lock":
        by_hand = not locks.expired(row, now)
        return cls(
            id=row.id,
            kind=row.kind.value,
            subject=Subject(id=row.subject, name=row.subject_name) if row.subject else None,
            reason=row.reason,
            holding=by_hand and row.lifted_at is None,
            created_at=row.created_at,
            created_by=row.created_by,
            expires_at=row.expires_at,
            lifted_at=row.lifted_at if by_hand else None,
            lifted_by=row.lifted_by if by_hand else None,
        )
