"""Receipts, as they are signed: the names here are part of what a signature covers."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class Deed(_Part):
    """Something that somebody did."""

    at: str
    by: str = Field(description="The person, or what else called.")
    relayed_by: str | None = Field(description="The service that acted as them.")


class Asked(Deed):
    for_: str = Field(alias="for", description="The id of the beneficiary.")
    requester_id: str
    entitlement: str
    entitlement_version: int
    digest: str
    duration: str
    starts_at: str | None
    justification: str
    ticket: str | None


class Decided(Deed):
    answer: str
    approver_id: str
    steps: list[str]
    comment: str
    duration: str | None


class Owed(_Part):
    since: str
    starts_at: str
    ends_at: str


class Extension(_Part):
    request_id: str
    asked: Asked
    decided: list[Decided]
    ends_at: str | None = Field(description="The end that was agreed on; null if it was not.")


class Revoked(Deed):
    reason: str
    comment: str
    lock_id: str | None


class Over(_Part):
    at: str
    state: str = Field(description="`ended` or `failed`.")
    reason: str | None
    failure_code: str | None
    outcome: str = Field(
        description="What AWS was left with: `confirmed_absent`, `still_owed`, `removed_outside`, "
        "`held_by_others`, `force_closed`, `never_created`, `not_told`; expect new ones."
    )
    absent_at: str | None = Field(description="When AWS was last seen without it.")
    provisional: bool = Field(description="Whether a create of unknown outcome might still have landed.")
    owed_by: list[str] = Field(description="The grants that the assignment is left to.")


class Reviewed(Deed):
    what: str
    comment: str | None


class Later(_Part):
    at: str
    type: str


class Summary(_Part):
    grant_id: str
    request_id: str
    principal_id: str
    account_id: str
    account_name: str
    permission_set_arn: str
    permission_set_name: str
    asked: Asked
    decided: list[Decided]
    owed: Owed
    extensions: list[Extension]
    revoked: Revoked | None
    created_at: str | None
    active_at: str | None
    deleted_at: str | None
    over: Over
    access_over_at: str | None
    reviews: list[Reviewed]
    afterwards: list[Later]


class Entry(_Part):
    """One event in its place, as it stands in exports."""

    sequence: int
    previous: str
    event: dict[str, Any]
    hash: str


class Receipt(_Part):
    kind: str
    version: int
    log: str
    issued_at: str
    sealed_sequence: int = Field(description="How far the record had come.")
    summary: Summary
    entries: list[Entry]
    key_id: str
    signature: str
