"""Entitlements as those see them whom they concern: all that somebody needs to offer them as a form."""

from pydantic import Field

from protem.api.schemas.fields import Duration, Output
from protem.api.schemas.references import AccountName, PermissionSetName


class Accounts(Output):
    count: int = Field(description="How many there are.")
    items: list[AccountName] = Field(
        description="The first 100 by name; `GET /v1/entitlements/{name}/accounts` has all."
    )


class PermissionSets(Output):
    count: int = Field(description="How many there are.")
    items: list[PermissionSetName] = Field(description="The first 100 by name; `q` finds others.")


class Ticket(Output):
    required: bool
    pattern: str | None = Field(description="What a ticket has to look like, as a whole (RE2).")


class Hours(Output):
    time_zone: str = Field(description="As IANA calls it.")
    spans: list[str] = Field(
        description="Such as `mon tue 08:00-18:00`; a span that closes before it opens ends on the next day."
    )


class People(Output):
    users: list[str] = Field(description="By user name or id.")
    groups: list[str] = Field(description="By name or id.")


class Step(Output):
    name: str
    required: int = Field(description="How many people have to say yes.")
    users: list[str] = Field(description="Who can serve it, by user name or id.")
    groups: list[str] = Field(description="Whose members can serve it.")
    owner_tag: str | None = Field(description="The tag of an account that names further ones who can.")
    when: list[str] = Field(description="It is needed where any of these holds; always, if there are none.")


class Approval(Output):
    steps: list[Step]
    expires_after: Duration = Field(description="How long a request stays open.")
    through: list[str] = Field(description="The services that may relay decisions.")


class Extension(Output):
    maximum_count: int = Field(description="How often a grant may be extended.")
    maximum: Duration = Field(description="By how much each time.")


class Entitlement(Output):
    name: str
    description: str
    relations: list[str] = Field(
        description="How you stand to it: any of `requester`, `requester_for`, `approver`, `reviewer`."
    )
    permission_sets: PermissionSets
    accounts: Accounts = Field(description="Each may be asked for with each of the permission sets.")
    beneficiaries: People | None = Field(description="Whom you may ask for, if for others.")
    default_duration: Duration
    maximum_duration: Duration
    justification_minimum_length: int
    ticket: Ticket
    allowed_hours: Hours | None = Field(description="When there is access at all; null means always.")
    maximum_concurrent: int | None = Field(description="How many grants one person may have at a time.")
    cool_down: Duration | None = Field(description="How long after access there is none again.")
    approval: Approval | None = Field(
        description="Whose approval it needs; null means that it is given at once."
    )
    break_glass: bool = Field(description="Whether access is given at once, and has to be reviewed.")
    extension: Extension | None = Field(description="How a grant may be extended; null means not at all.")
    on_eligibility_lost: str = Field(
        description="What becomes of access whose beneficiary could no longer ask for it: `keep` or `end`."
    )
    when_removed_outside: str = Field(
        description="What becomes of access that somebody removes in AWS: `end` or `renew`."
    )
