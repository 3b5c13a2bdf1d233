"""Grants: what is owed, and how far AWS has come."""

import uuid

from pydantic import Field

from protem.api.schemas.fields import EndReasonText, GrantStateText, Instant, Output
from protem.api.schemas.references import AccountName, PermissionSetName, Person


class Failure(Output):
    code: str
    detail: str


class Trouble(Output):
    """What keeps AWS from what is owed; it is tried again until it works."""

    code: str | None
    detail: str
    attempts: int
    stuck_since: Instant | None


class Grant(Output):
    id: uuid.UUID
    request_id: uuid.UUID
    state: GrantStateText
    principal: Person
    account: AccountName
    permission_set: PermissionSetName
    starts_at: Instant
    ends_at: Instant
    revoked_at: Instant | None
    revoked_by: str | None
    revoke_comment: str | None
    end_reason: EndReasonText | None = Field(description="Why it is over, or is being brought to its end.")
    activated_at: Instant | None = Field(description="When AWS had confirmed that the access is there.")
    ended_at: Instant | None = Field(description="When AWS had confirmed its end, or its failure.")
    access_over_at: Instant | None = Field(
        description="The last moment at which role sessions that were begun under it could still act; "
        "null from the end of the grant until AWS has confirmed it, while nobody can tell."
    )
    requested_ends_at: Instant | None = Field(
        description="The end that it would have if the pending extension were approved as it is; else null."
    )
    extension_request_id: uuid.UUID | None = Field(
        description="The request to extend it that waits for an answer."
    )
    extensions: int = Field(description="How often it has been extended.")
    extensions_left: int = Field(description="How often its entitlement still lets it be extended.")
    failure: Failure | None = Field(description="Why it can never begin.")
    end_detail: str | None = Field(description="Why it was not let begin, or go on, in words.")
    assignment_id: uuid.UUID
    last_error: Trouble | None = Field(description="What AWS said last, while something is still to be done.")
    actions: list[str] = Field(
        description="What you can do about it now: `revoke`, `extend`, or `repeat` its request."
    )
