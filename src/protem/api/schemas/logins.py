"""Logins of people with a browser."""

import uuid

from pydantic import Field

from protem.api.schemas.fields import Instant, Output
from protem.api.schemas.references import Person
from protem.broker.callers import Caller
from protem.db import models


class Login(Output):
    """One login with a browser; the secret in its cookie is shown to nobody."""

    id: uuid.UUID
    person: Person
    issuer: str = Field(description="The identity provider that said who it was.")
    current: bool = Field(description="Whether this call was made with it.")
    started_at: Instant
    last_used_at: Instant = Field(description="To the minute.")
    expires_at: Instant = Field(description="When it is over however much it is used.")
    ended_at: Instant | None = Field(description="When it was ended; none once it expired by itself.")

    @classmethod
    def of(cls, row: models.Login, person: Person, *, caller: Caller) -> "Login":
        return cls(
            id=row.id,
            person=person,
            issuer=row.issuer,
            current=row.id == caller.login_id,
            started_at=row.started_at,
            last_used_at=row.last_used_at,
            expires_at=row.expires_at,
            ended_at=row.ended_at,
        )
