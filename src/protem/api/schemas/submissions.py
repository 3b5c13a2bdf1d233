"""What people send about requests and grants."""

from typing import Literal

from pydantic import Field
from pydantic.config import JsonDict

from protem.api.schemas.fields import Duration, Input, Instant
from protem.broker import extensions, requests, texts
from protem.domain.approvals import Answer

_COMMENT: JsonDict = {"maxLength": texts.COMMENT_LENGTH}


class WantedTarget(Input):
    account: str = Field(description="An account's id or name.")
    permission_set: str = Field(description="A permission set's name or ARN.")


class NewRequest(Input):
    targets: list[WantedTarget] = Field(
        description="What is asked for; each becomes a grant.", json_schema_extra={"minItems": 1}
    )
    justification: str = Field(
        description="Why, for those who decide and for the record.",
        json_schema_extra={"maxLength": texts.JUSTIFICATION_LENGTH},
    )
    entitlement: str | None = Field(default=None, description="Needed only where more than one matches.")
    duration: Duration | None = Field(default=None, description="The entitlement's default if left out.")
    ticket: str | None = Field(default=None, json_schema_extra={"maxLength": texts.TICKET_LENGTH})
    starts_at: Instant | None = Field(
        default=None, description="When it should begin; on approval if left out."
    )
    beneficiary: str | None = Field(default=None, description="Whose access it is; yours if left out.")

    def submission(self) -> requests.Submission:
        return requests.Submission(
            targets=tuple((target.account, target.permission_set) for target in self.targets),
            justification=self.justification,
            entitlement=self.entitlement,
            duration=self.duration,
            ticket=self.ticket,
            starts_at=self.starts_at,
            beneficiary=self.beneficiary,
        )


class NewDecision(Input):
    decision: Literal["approve", "deny"]
    digest: str = Field(description="The `digest` of the request as the approver was shown it.")
    comment: str = Field(default="", json_schema_extra=_COMMENT)
    duration: Duration | None = Field(default=None, description="A shorter one than was asked for.")

    @property
    def answer(self) -> Answer:
        return Answer(self.decision)


class Revocation(Input):
    comment: str = Field(default="", json_schema_extra=_COMMENT)


class NewExtension(Input):
    duration: Duration = Field(description="How much longer the grant is to last.")
    justification: str = Field(
        description="Why, for those who decide and for the record.",
        json_schema_extra={"maxLength": texts.JUSTIFICATION_LENGTH},
    )
    ticket: str | None = Field(default=None, json_schema_extra={"maxLength": texts.TICKET_LENGTH})

    def extension(self) -> extensions.Extension:
        return extensions.Extension(
            duration=self.duration, justification=self.justification, ticket=self.ticket
        )
