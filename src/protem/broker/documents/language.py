"""The language of entitlements: every key there is, and what may stand under it.

The description of a field is what an author is told when it is missing.
"""

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)

from protem.domain import durations, names

LONGEST = timedelta(days=7)
"""No grant lasts longer than this; what is needed for longer is standing access."""

LATER = frozenset(
    {
        "allowed_hours",
        "break_glass",
        "cool_down",
        "ending",
        "extension",
        "maximum_concurrent",
        "notify",
        "on_eligibility_lost",
        "organizational_units",
        "requesters_for",
        "tags",
        "ticket",
        "trusted_tags",
        "when",
        "when_removed_outside",
    }
)
"""Keys that the documentation promises for a later version."""

_PERMISSION_SET_NAME = re.compile(r"[\w+=,.@-]{1,32}", re.ASCII)
_ACCOUNT_ID = re.compile(names.ACCOUNT_ID, re.ASCII)
_PERMISSION_SET_ARN = re.compile(names.PERMISSION_SET_ARN, re.ASCII)


def _duration(value: Any) -> Any:
    return durations.parse(value) if isinstance(value, str) else value


def _whole_number(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value):
        return int(value)
    if isinstance(value, int):
        return value
    raise ValueError("write a whole number here, such as 1")


def _truth(value: Any) -> Any:
    if value in (True, False):
        return value
    if value in ("true", "false"):
        return value == "true"
    raise ValueError("write true here, or leave the key out")


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("line breaks and control characters have no place here")
    return text


def _account(text: str) -> str:
    if not _ACCOUNT_ID.fullmatch(text):
        raise ValueError(f"{text!r} is not an account id; write its twelve digits")
    return text


def _permission_set(text: str) -> str:
    if not (_PERMISSION_SET_NAME.fullmatch(text) or _PERMISSION_SET_ARN.fullmatch(text)):
        raise ValueError(f"{text!r} is neither the name nor the ARN of a permission set")
    return text


def _unordered(items: list[str]) -> list[str]:
    return sorted(set(items))


def _up_to(limit: timedelta) -> AfterValidator:
    def check(value: timedelta) -> timedelta:
        if value <= timedelta():
            raise ValueError("must be longer than nothing, as in PT30M")
        if value > limit:
            raise ValueError(f"{durations.text(value)} is too long; {durations.text(limit)} is the most")
        return value

    return AfterValidator(check)


_ISO = (BeforeValidator(_duration), PlainSerializer(durations.text))
_Duration = Annotated[timedelta, *_ISO, _up_to(LONGEST)]
_Wait = Annotated[timedelta, *_ISO, _up_to(timedelta(days=30))]
_WholeNumber = Annotated[int, BeforeValidator(_whole_number)]
_Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=256), AfterValidator(_printable)
]
_Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?$")]
_Names = Annotated[list[_Text], Field(min_length=1), AfterValidator(_unordered)]
_AccountIds = Annotated[
    list[Annotated[str, AfterValidator(_account)]], Field(min_length=1), AfterValidator(_unordered)
]
_PermissionSetNames = Annotated[
    list[Annotated[str, AfterValidator(_permission_set)]], Field(min_length=1), AfterValidator(_unordered)
]


class Part(BaseModel):
    """What all parts of a document share: no key is ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class People(Part):
    users: _Names = Field(default=[], description="a list of user names")
    groups: _Names = Field(default=[], description="a list of group names")

    @model_validator(mode="after")
    def _somebody(self) -> "People":
        if not (self.users or self.groups):
            raise ValueError("names nobody; write users or groups, as in {groups: [engineers]}")
        return self


class PermissionSets(Part):
    names: _PermissionSetNames = Field(description="a list of permission set names, as in [ReadOnlyAccess]")


class Accounts(Part):
    model_config = ConfigDict(validate_by_name=True)

    ids: _AccountIds = Field(default=[], description='a list of account ids, as in ["111122223333"]')
    all: Annotated[bool, BeforeValidator(_truth)] = False
    excluded: _AccountIds = Field(default=[], alias="except", description="a list of account ids")

    @model_validator(mode="after")
    def _somewhere(self) -> "Accounts":
        if self.all and self.ids:
            raise ValueError("names ids beside all: true; leave one of them out")
        if not self.all and not self.ids:
            raise ValueError('names no account; write ids, as in {ids: ["111122223333"]}, or all: true')
        return self


class Duration(Part):
    maximum: _Duration = Field(description="the longest that may be asked for, as in PT4H")
    default: _Duration = Field(description="how long a grant lasts when nobody says, as in PT1H")

    @field_validator("default")
    @classmethod
    def _within(cls, default: timedelta, info: ValidationInfo) -> timedelta:
        maximum = info.data.get("maximum")
        if maximum is not None and default > maximum:
            raise ValueError(
                f"{durations.text(default)} is longer than the maximum, {durations.text(maximum)}"
            )
        return default


class Justification(Part):
    minimum_length: Annotated[_WholeNumber, Field(ge=1, le=1000)] = 1


class Step(Part):
    name: _Name = Field(description="a name for the step, as in lead")
    approvers: People = Field(description="who can serve the step, as in {groups: [leads]}")
    required: Annotated[_WholeNumber, Field(ge=1, le=100)] = 1

    @field_validator("required")
    @classmethod
    def _enough(cls, required: int, info: ValidationInfo) -> int:
        approvers = info.data.get("approvers")
        if approvers and not approvers.groups and required > len(approvers.users):
            raise ValueError(f"asks for {required} people, but the step names {len(approvers.users)}")
        return required


class Approval(Part):
    steps: Annotated[list[Step], Field(min_length=1, max_length=20)] = Field(
        description="a list of steps; leave approval out altogether for access without approval"
    )
    expires_after: _Wait = timedelta(days=1)
    through: _Names = Field(default=[], description="a list of services that may relay decisions")


class Entitlement(Part):
    name: _Name = Field(description="a name for the entitlement, as in prod-admin")
    description: Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)] = ""
    requesters: People = Field(description="who may ask, as in {groups: [engineers]}")
    permission_sets: PermissionSets = Field(
        description="which permission sets, as in {names: [ReadOnlyAccess]}"
    )
    accounts: Accounts = Field(description='in which accounts, as in {ids: ["111122223333"]} or {all: true}')
    duration: Duration = Field(description="for how long, as in {default: PT1H, maximum: PT4H}")
    justification: Justification = Justification()
    approval: Approval | None = None


class File(Part):
    entitlements: list[Entitlement] = Field(description="a list of entitlements; [] is the empty one")

    @field_validator("entitlements")
    @classmethod
    def _by_name(cls, entitlements: list[Entitlement]) -> list[Entitlement]:
        return sorted(entitlements, key=lambda entitlement: names.key(entitlement.name))
