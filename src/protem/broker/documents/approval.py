"""Who has to agree, and when, as authors write it."""

import json
from datetime import timedelta
from typing import Annotated

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from protem.broker.documents.hours import Hours
from protem.broker.documents.people import Approvers
from protem.broker.documents.places import PermissionSets
from protem.broker.documents.scalars import WHOLE, Duration, Name, Part, Texts, Wait
from protem.broker.documents.tags import OneOrMany, Tags


class When(Part):
    duration_over: Duration | None = Field(
        default=None, description="a duration; for access that lasts longer, extensions included"
    )
    account_tags: Tags = Field(default={}, description="trusted tags of the account, as in {env: prod}")
    permission_sets: PermissionSets | None = Field(
        default=None, description="permission sets, as in {names: [AdministratorAccess]}"
    )
    outside_hours: Hours | None = Field(
        default=None, description="hours; for access that does not lie within them altogether"
    )

    @model_validator(mode="after")
    def _something(self) -> "When":
        if not self.model_dump(exclude_defaults=True):
            raise ValueError("holds no condition; leave when out for a step that is always needed")
        return self


def _any_order(alternatives: list[When]) -> list[When]:
    def text(when: When) -> str:
        return json.dumps(when.model_dump(mode="json", by_alias=True, exclude_defaults=True), sort_keys=True)

    by_text = {text(when): when for when in alternatives}
    return [by_text[key] for key in sorted(by_text)]


_Alternatives = Annotated[
    list[When],
    BeforeValidator(OneOrMany.listed),
    Field(min_length=1, max_length=20),
    AfterValidator(_any_order),
    OneOrMany(),
]


class Step(Part):
    name: Name = Field(description="a name for the step, as in lead")
    approvers: Approvers = Field(description="who can serve the step, as in {groups: [leads]}")
    required: Annotated[int, Field(ge=1, le=100), WHOLE] = Field(
        default=1, description="how many of them have to agree, as in 1"
    )
    when: _Alternatives = Field(
        default=[],
        description="conditions that must all hold for the step to be needed, as in {duration_over: PT2H};"
        " of a list of such, any one",
    )

    @field_validator("required")
    @classmethod
    def _enough(cls, required: int, info: ValidationInfo) -> int:
        approvers = info.data.get("approvers")
        most = approvers.most if approvers else None
        if most is not None and required > most:
            raise ValueError(f"asks for {required} people, but the step names {most}")
        return required


class Approval(Part):
    steps: Annotated[list[Step], Field(min_length=1, max_length=20)] = Field(
        description="a list of steps; leave approval out altogether for access without approval"
    )
    expires_after: Wait = Field(
        default=timedelta(days=1), description="how long a request stays open, as in PT24H"
    )
    through: Texts = Field(default=[], description="a list of services that may relay decisions")
