"""Requests, with everything that somebody needs who has to decide about one."""

import uuid

from pydantic import Field

from protem.api.schemas.fields import (
    Duration,
    EndReasonText,
    GrantStateText,
    Instant,
    Output,
    RequestStateText,
)
from protem.api.schemas.references import Person, Target


class EntitlementVersion(Output):
    name: str
    version: int = Field(description="The version of the entitlements that decides about this request.")


class Decision(Output):
    approver: Person
    decision: str = Field(description="`approve` or `deny`.")
    comment: str
    duration: Duration | None = Field(description="The shorter duration that the approver agreed to.")
    decided_at: Instant
    via: str | None = Field(description="The service that relayed it.")


class Step(Output):
    """A step that still wants somebody."""

    name: str
    required: int = Field(description="How many people it takes.")
    missing: int = Field(description="How many of them are still missing.")
    users: list[str]
    groups: list[str]


class GrantOfRequest(Output):
    id: uuid.UUID
    target: int = Field(description="Which of `targets` it is for, counted from 0.")
    state: GrantStateText
    starts_at: Instant
    ends_at: Instant
    end_reason: EndReasonText | None


class BrokenGlass(Output):
    """Access that was given without asking anybody, and is looked at afterwards."""

    review_id: uuid.UUID
    open: bool = Field(description="Whether nobody has closed the review yet.")


class Request(Output):
    id: uuid.UUID
    state: RequestStateText
    requester: Person
    beneficiary: Person
    via: str | None = Field(description="The service that asked for the requester.")
    entitlement: EntitlementVersion
    targets: list[Target]
    duration: Duration
    justification: str
    ticket: str | None
    starts_at: Instant | None = Field(description="The start that was wished for; null means on approval.")
    extends_grant_id: uuid.UUID | None = Field(
        description="The grant that is to last longer by `duration`; null where new access is asked for."
    )
    requested_ends_at: Instant | None = Field(
        description="While an extension is pending: the end that the grant would have; else null."
    )
    break_glass: BrokenGlass | None
    created_at: Instant
    expires_at: Instant = Field(description="When it lapses if nobody answers.")
    answered_at: Instant | None
    digest: str = Field(description="Of what approvers are shown; a decision must carry it.")
    decisions: list[Decision]
    waiting_for: list[Step] = Field(description="The steps that still want somebody; empty once answered.")
    grants: list[GrantOfRequest] = Field(
        description="Empty until approved; then one for each target, but none for an extension."
    )
    actions: list[str] = Field(
        description="What you can do about it now: `approve`, `deny`, `withdraw`, `repeat`."
    )
