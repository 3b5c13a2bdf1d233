"""How long, how often and with what words: the limits of an entitlement, as authors write them."""

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from protem.broker import patterns
from protem.broker.documents import scalars
from protem.broker.documents.scalars import WHOLE, Part, Truth
from protem.domain import durations


def _pattern(text: str) -> str:
    patterns.LinearPattern(text)
    return text


class Duration(Part):
    maximum: scalars.Duration = Field(description="the longest that may be asked for, as in PT4H")
    default: scalars.Duration = Field(description="how long a grant lasts when nobody says, as in PT1H")

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
    minimum_length: Annotated[int, Field(ge=1, le=1000), WHOLE] = Field(
        default=1, description="how many visible characters it needs, as in 10"
    )


class Ticket(Part):
    required: Truth = Field(default=False, description="true where a request needs one")
    pattern: Annotated[str, Field(min_length=1), AfterValidator(_pattern)] | None = Field(
        default=None,
        max_length=patterns.LONGEST,
        description=r"what the whole of it has to look like, in the syntax of RE2, as in '[A-Z]+-\d+'",
    )

    @model_validator(mode="after")
    def _something(self) -> "Ticket":
        if not (self.required or self.pattern):
            raise ValueError("asks for nothing; write required: true, a pattern, or both")
        return self


class Extension(Part):
    maximum_count: Annotated[int, Field(ge=1, le=100), WHOLE] = Field(
        description="how often a grant may be extended, as in 1"
    )
    maximum: scalars.Duration = Field(description="by how much each time, as in PT1H")
