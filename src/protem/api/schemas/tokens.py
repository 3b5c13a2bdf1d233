"""API tokens; the secret of one is shown once, to whoever made it."""

import uuid
from typing import Annotated, Any

from pydantic import Field

from protem.api.schemas.fields import Duration, Input, Instant, Output
from protem.broker import rotation, token_terms
from protem.broker.issuing import Issued
from protem.broker.token_terms import MAXIMUM_LISTED, MAXIMUM_RATE, Wish
from protem.db import models
from protem.db.models import TokenRole
from protem.domain.authority import Scope

_SCOPES = ", ".join(f"`{scope}`" for scope in Scope)
_SECRET = "The token itself: shown now, and never again; null for an `Idempotency-Key` that came before."  # noqa: S105 - a description


class NewToken(Input):
    name: str = Field(description="1 to 64 of a-z, 0-9, and . _ @ + - after the first.")
    role: TokenRole = Field(strict=False, description="`personal`, `service`, `admin` or `auditor`.")
    user: str | None = Field(default=None, description="Whose a personal token is: a user name or id.")
    scopes: list[Annotated[Scope, Field(strict=False)]] | None = Field(
        default=None,
        max_length=len(Scope),
        description=f"What it is for, of {_SCOPES}; what one of its role usually needs, if left out.",
    )
    act_as: bool = Field(default=False, description="Whether a service may ask as somebody.")
    act_as_decide: bool = Field(default=False, description="Whether a service may decide as somebody.")
    act_as_groups: list[str] = Field(
        default=[],
        max_length=MAXIMUM_LISTED,
        description="Groups, by name or id, as whose members alone it may act; as anybody, if left out.",
    )
    networks: list[str] = Field(
        default=[],
        max_length=MAXIMUM_LISTED,
        description="Where it may be used from, such as 10.1.0.0/16 or 2001:db8::/48; anywhere, if left out.",
    )
    rate_limit: int | None = Field(
        default=None, ge=1, le=MAXIMUM_RATE, description="Calls a minute; as for everybody, if left out."
    )
    lifetime: Duration = Field(default=token_terms.DEFAULT_LIFETIME, description="How long it is good for.")

    def wish(self) -> Wish:
        return Wish(**dict(self))


class NewRotation(Input):
    overlap: Duration = Field(
        default=rotation.DEFAULT_OVERLAP,
        description="For how long the secret of before is good beside the new one; PT0S to P7D.",
    )
    lifetime: Duration | None = Field(
        default=None, description="Count the token's time anew; for admins, of tokens other than their own."
    )


class Token(Output):
    id: uuid.UUID
    name: str
    role: str
    principal_id: str | None = Field(description="Whose a personal token is.")
    scopes: list[str]
    act_as_groups: list[str] = Field(
        description="As whose members it may act; anybody's where there are none."
    )
    networks: list[str] = Field(description="Where it may be used from; anywhere where there are none.")
    rate_limit: int | None = Field(description="Calls a minute, where that is not as for everybody.")
    created_at: Instant
    created_by: str
    expires_at: Instant
    last_used_at: Instant | None = Field(description="When it was last used, to the minute.")
    rotated_at: Instant | None = Field(description="Since when the secret is the present one.")
    previous_until: Instant | None = Field(description="Until when the secret of before is good, too.")
    previous_used_at: Instant | None = Field(
        description="When the secret of before was last used since the rotation, to the minute."
    )
    revoked_at: Instant | None

    @classmethod
    def of(cls, row: models.Token) -> "Token":
        return cls(**_fields(row))


class IssuedToken(Token):
    secret: str | None = Field(description=_SECRET)

    @classmethod
    def issued(cls, issued: Issued) -> "IssuedToken":
        return cls(**_fields(issued.token), secret=issued.secret)


def _fields(row: models.Token) -> dict[str, Any]:
    return {name: getattr(row, name) for name in Token.model_fields}
