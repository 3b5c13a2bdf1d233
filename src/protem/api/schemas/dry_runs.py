"""Dry runs: what would become of a request, why, and what to do about it."""

import uuid
from typing import Any

from pydantic import Field

from protem.api.schemas.fields import Duration, Instant, Output
from protem.api.schemas.problems import FieldError


class Refusal(Output):
    """What submitting would be refused with."""

    code: str = Field(description="As in the problem that submitting would get.")
    title: str
    detail: str
    errors: list[FieldError] = Field(description="The fields that are to blame.")
    facts: dict[str, Any] = Field(description="What else the problem would hold.")


class Check(Output):
    rule: str
    verdict: str = Field(description="`satisfied`, `unsatisfied` or `not_evaluated`.")
    explanation: str = Field(description="A sentence for the person who asked; it fits the verdict.")
    field: str | None = Field(description="The field of the request that it is about, if it is about one.")


class Considered(Output):
    name: str
    decides: bool
    checks: list[Check]


class Step(Output):
    name: str
    required: int = Field(description="How many people have to say yes.")
    needed: bool = Field(description="Whether access that began now, or at `starts_at`, would need it.")
    candidates: int = Field(description="How many people could, besides requester and beneficiary.")
    people: list[str] = Field(description="The user names of the first ten of them.")
    enough: bool = Field(description="Whether there are people enough for it, beside the other steps.")


class Held(Output):
    target: int = Field(description="Which of `targets`, counted from 0.")
    how: str = Field(description="`standing`, `group` (through one), or `grant` (through Protem).")
    group: str | None
    grant_id: uuid.UUID | None
    ends_at: Instant | None = Field(description="The end of the grant.")


class Suggestion(Output):
    code: str
    sentence: str
    change: dict[str, Any] | None = Field(
        description="Fields to put into the body before sending it again, which then passes; null where "
        "somebody has to do what no field can say."
    )


class DryRun(Output):
    decision: str = Field(description="`granted`, `needs_approval` or `refused`.")
    entitlement: str | None = Field(description="The one that decides, if one does.")
    entitlement_version: int = Field(description="The version of the entitlements in force.")
    duration: Duration | None
    starts_at: Instant | None = Field(description="When access would begin if it were given now.")
    ends_at: Instant | None
    expires_at: Instant | None = Field(description="When the request would lapse, if it needs approval.")
    refusal: Refusal | None
    entitlements: list[Considered] = Field(description="The one that decides first, then the nearest.")
    entitlements_left_out: int = Field(description="How many more there are than are shown.")
    steps: list[Step]
    held: list[Held] = Field(description="What of the targets the beneficiary has already, or will have.")
    suggestions: list[Suggestion] = Field(description="What would pass instead, the best first.")
