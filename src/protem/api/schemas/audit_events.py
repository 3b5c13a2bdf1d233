"""The record."""

import uuid
from typing import Any

from pydantic import Field

from protem.api.schemas.fields import Instant, Output
from protem.db import models


class AuditEvent(Output):
    id: uuid.UUID
    occurred_at: Instant
    type: str = Field(description="What happened, `<noun>.<what>`; expect new ones.")
    caller: str = Field(description="Whose credential it was: `user:…`, `service:…`, or `protem` itself.")
    acting_as: str | None = Field(description="The person that a service acted as.")
    request_id: uuid.UUID | None
    grant_id: uuid.UUID | None
    assignment_id: uuid.UUID | None
    principal_id: str | None
    account_id: str | None
    permission_set_arn: str | None
    facts: dict[str, Any]

    @classmethod
    def of(cls, row: models.AuditEvent) -> "AuditEvent":
        return cls(
            id=row.id,
            occurred_at=row.occurred_at,
            type=row.type,
            caller=row.caller,
            acting_as=row.acting_as,
            request_id=row.request_id,
            grant_id=row.grant_id,
            assignment_id=row.assignment_id,
            principal_id=row.principal_id,
            account_id=row.account_id,
            permission_set_arn=row.permission_set_arn,
            facts=row.facts,
        )
