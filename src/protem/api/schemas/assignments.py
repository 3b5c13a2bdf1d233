"""What AWS holds, as it was last seen."""

import uuid

from pydantic import Field

from protem.api.schemas.fields import Input, Instant, Output
from protem.api.schemas.grants import Trouble
from protem.broker import assignments, texts
from protem.db import models


class OperationUnderWay(Output):
    """A change that AWS has accepted and not finished."""

    kind: str
    id: str
    started_at: Instant | None


class ForceClosing(Input):
    comment: str = Field(
        description="How you know that AWS cannot hold it any more; it stays on record.",
        json_schema_extra={"minLength": 1, "maxLength": texts.COMMENT_LENGTH},
    )


class Assignment(Output):
    id: uuid.UUID
    instance_arn: str
    account_id: str
    permission_set_arn: str
    principal_type: str
    principal_id: str
    provenance: str = Field(description="Who made what is there now: `none`, `brokered` or `standing`.")
    observed: str = Field(description="What AWS was last seen to hold: `unknown`, `absent` or `present`.")
    observed_at: Instant | None
    observed_since: Instant | None
    operation: OperationUnderWay | None
    next_attempt_at: Instant | None = Field(
        description="When it is looked at again; null if there is no need."
    )
    blocked_reason: str | None = Field(description="Why its end cannot be brought about now.")
    force_closed_at: Instant | None = Field(
        description="When admins said that AWS cannot hold it; null again once it is seen."
    )
    last_error: Trouble | None
    cause: str | None = Field(
        description="Where the last error comes from, as far as it shows; expect further ones."
    )
    advice: str | None = Field(description="What to do about the last error, for whoever runs Protem.")

    @classmethod
    def of(cls, row: models.Assignment) -> "Assignment":
        return cls(
            id=row.id,
            instance_arn=row.instance_arn,
            account_id=row.account_id,
            permission_set_arn=row.permission_set_arn,
            principal_type=row.principal_type,
            principal_id=row.principal_id,
            provenance=row.provenance,
            observed=row.observed,
            observed_at=row.observed_at,
            observed_since=row.observed_since,
            operation=_operation(row),
            next_attempt_at=row.next_attempt_at,
            blocked_reason=row.blocked_reason,
            force_closed_at=row.force_closed_at,
            last_error=trouble(row),
            cause=assignments.cause(row),
            advice=assignments.advice(row),
        )


def trouble(row: models.Assignment) -> Trouble | None:
    """Return the latest error of an assignment, if its latest attempt had one."""
    if row.last_error is None:
        return None
    return Trouble(
        code=row.last_error_code, detail=row.last_error, attempts=row.attempts, stuck_since=row.stuck_since
    )


def _operation(row: models.Assignment) -> OperationUnderWay | None:
    if row.operation_id is None or row.operation_kind is None:
        return None
    return OperationUnderWay(
        kind=row.operation_kind, id=row.operation_id, started_at=row.operation_started_at
    )
