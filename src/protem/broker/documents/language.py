"""The language of entitlements: every key there is, and what may stand under it.

The description of a field is what an author is told when it is missing, and what editors show.
"""

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints, ValidationInfo, field_validator

from protem.broker.documents import tags
from protem.broker.documents.approval import Approval
from protem.broker.documents.hours import Hours
from protem.broker.documents.limits import Duration, Extension, Justification, Ticket
from protem.broker.documents.people import People
from protem.broker.documents.places import Accounts, PermissionSets
from protem.broker.documents.scalars import LONGEST, WHOLE, Name, Part, Truth, Wait, unordered
from protem.domain import durations, names

LATER = frozenset({"ending", "maximum_session"})
"""Keys that the documentation promises for a later version."""


class Entitlement(Part):
    name: Name = Field(description="a name for the entitlement, as in prod-admin")
    description: Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)] = Field(
        default="", description="a sentence for those who choose from a list"
    )
    requesters: People = Field(description="who may ask, as in {groups: [engineers]}")
    requesters_for: People | None = Field(
        default=None, description="who may ask for a requester, besides that requester"
    )
    permission_sets: PermissionSets = Field(
        description="which permission sets, as in {names: [ReadOnlyAccess]}"
    )
    accounts: Accounts = Field(description='in which accounts, as in {ids: ["111122223333"]} or {all: true}')
    duration: Duration = Field(description="for how long, as in {default: PT1H, maximum: PT4H}")
    justification: Justification = Field(
        default=Justification(), description="what a justification needs, as in {minimum_length: 10}"
    )
    ticket: Ticket | None = Field(default=None, description="whether a ticket is needed, and what it is like")
    allowed_hours: Hours | None = Field(
        default=None, description="the hours within which access has to lie altogether"
    )
    maximum_concurrent: Annotated[int, Field(ge=1, le=1000), WHOLE] | None = Field(
        default=None, description="how many grants one person may have at a time, as in 2"
    )
    cool_down: Wait | None = Field(
        default=None, description="how long after a grant is over the next may begin, as in PT1H"
    )
    approval: Approval | None = Field(
        default=None, description="who has to agree; left out, access is given at once"
    )
    break_glass: Truth = Field(
        default=False, description="true for emergencies: given at once, told to notify, and reviewed"
    )
    notify: People | None = Field(
        default=None,
        validate_default=True,
        description="who is told of broken glass and reviews it, as in {groups: [security]}",
    )
    extension: Extension | None = Field(
        default=None, description="how often a grant may be extended, and by how much each time"
    )
    on_eligibility_lost: Literal["keep", "end"] = Field(
        default="keep", description="whether a live grant ends when its beneficiary could no longer ask"
    )
    when_removed_outside: Literal["end", "renew"] = Field(
        default="end", description="whether a grant ends, or is made anew, when AWS lost its assignment"
    )

    @field_validator("break_glass")
    @classmethod
    def _at_once(cls, break_glass: bool, info: ValidationInfo) -> bool:  # noqa: FBT001  # pydantic's form
        if break_glass and info.data.get("approval"):
            raise ValueError("gives access at once, and approval does not; leave one of them out")
        return break_glass

    @field_validator("notify")
    @classmethod
    def _told(cls, notify: People | None, info: ValidationInfo) -> People | None:
        breaks = info.data.get("break_glass")
        if breaks and notify is None:
            raise ValueError("is missing; break_glass tells somebody, as in {groups: [security]}")
        if breaks is False and notify is not None:
            raise ValueError("tells of broken glass; write break_glass: true as well, or leave it out")
        return notify

    @field_validator("extension")
    @classmethod
    def _altogether(cls, extension: Extension | None, info: ValidationInfo) -> Extension | None:
        duration = info.data.get("duration")
        if extension and duration:
            total: timedelta = duration.maximum + extension.maximum_count * extension.maximum
            if total > LONGEST:
                longest, most = durations.text(total), durations.text(LONGEST)
                raise ValueError(f"lets a grant last {longest} altogether; {most} is the most")
        return extension


def _by_name(entitlements: list[Entitlement]) -> list[Entitlement]:
    return sorted(entitlements, key=lambda entitlement: names.key(entitlement.name))


class File(Part):
    trusted_tags: Annotated[list[tags.TagName], Field(min_length=1), AfterValidator(unordered)] = Field(
        default=[],
        description="a list of tags that only those may set who may hand out access, as in [env, owner]",
    )
    entitlements: Annotated[list[Entitlement], AfterValidator(_by_name)] = Field(
        description="a list of entitlements; [] is the empty one"
    )

    @classmethod
    def of(cls, document: Any) -> "File":
        """Return what a document says, going by no tags but those that it trusts itself."""
        return cls.model_validate(document, context=tags.trusting(document))

    def normal(self) -> dict[str, Any]:
        """Return the one form of all documents that mean the same, as JSON.

        Defaults are left out: a key that a later version adds must not change the digest of an old
        document. Tags that nothing goes by are not trusted for anything, and left out, too.
        """
        rules = [
            rule.model_dump(mode="json", by_alias=True, exclude_defaults=True) for rule in self.entitlements
        ]
        trusted = sorted(tags.used(rules))
        return {"trusted_tags": trusted, "entitlements": rules} if trusted else {"entitlements": rules}
