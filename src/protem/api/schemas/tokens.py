"""API tokens; the secret of one is shown once, to whoever made it."""

import uuid
from typing import Any

from pydantic import Field

from protem.api.schemas.fields import Duration, Input, Instant, Output
from protem.broker import token_terms
from protem.broker.issuing import Issued
from protem.broker.token_terms import Wish
from protem.db import models
from protem.db.models import TokenRole


class NewToken(Input):
    name: str = Field(description="1 to 64 of a-z, 0-9, and . _ @ + - after the first.")
    role: TokenRole = Field(strict=False, description="`personal`, `service`, `admin` or `auditor`.")
    user: str | None = Field(default=None, description="Whose a personal token is: a user name or id.")
    act_as: bool = Field(default=False, description="Whether a service may ask as somebody.")
    act_as_decide: bool = Field(default=False, description="Whether a service may decide as somebody.")
    lifetime: Duration = Field(default=token_terms.DEFAULT_LIFETIME, description="How long it is good for.")

    def wish(self) -> Wish:
        return Wish(**dict(self))


class Token(Output):
    id: uuid.UUID
    name: str
    role: str
    principal_id: str | None = Field(description="Whose a personal token is.")
    scopes: list[str]
    created_at: Instant
    created_by: str
    expires_at: Instant
    last_used_at: Instant | None = Field(description="When it was last used, to the minute.")
    revoked_at: Instant | None

    @classmethod
    def of(cls, row: models.Token) -> "Token":
        return cls(**_fields(row))


class IssuedToken(Token):
    secret: str | None = Field(
        description="The token itself: shown now, and never again; null for an `Idempotency-Key` that came before."
    )

    @classmethod
    def issued(cls, issued: Issued) -> "IssuedToken":
        return cls(**_fields(issued.token), secret=issued.secret)


def _fields(row: models.Token) -> dict[str, Any]:
    return {name: getattr(row, name) for name in Token.model_fields}
