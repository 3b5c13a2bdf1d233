"""The bases of all schemas, and the types that JSON has no word for."""

import re
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    WithJsonSchema,
    field_validator,
)

from protem.domain import durations
from protem.domain.lifecycle import EndReason, GrantState, RequestState

_RFC_3339 = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", re.ASCII | re.IGNORECASE
)
# The pattern as other languages read it: they write named groups differently.
_DURATION_PATTERN = re.sub(r"\?P<\w+>", "", durations.PATTERN)


class Input(BaseModel):
    """The base of what callers send."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _whole(cls, value: Any) -> Any:
        # JSON can escape half a character, which no digest, database or log can hold.
        if isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value):
            raise ValueError("this holds half a character: a lone surrogate")
        return value


class Output(BaseModel):
    """The base of what callers get: every field is always there."""

    model_config = ConfigDict(frozen=True)


def _duration(value: Any) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if isinstance(value, str):
        return durations.parse(value)
    raise ValueError("a duration is text such as PT30M, PT1H30M or P1D")


def _instant(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    if not isinstance(value, str) or not _RFC_3339.fullmatch(value):
        raise ValueError("a time is text such as 2026-01-05T09:00:00Z, with Z or an offset")
    try:
        return datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("there is no such time") from None


def _rfc_3339(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")


Duration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    PlainSerializer(durations.text, return_type=str),
    WithJsonSchema(
        {
            "type": "string",
            "format": "duration",
            "pattern": _DURATION_PATTERN,
            "examples": ["PT1H", "PT1H30M"],
        }
    ),
]
"""An ISO 8601 duration of weeks, days, hours, minutes and seconds."""

Instant = Annotated[
    datetime,
    BeforeValidator(_instant),
    PlainSerializer(_rfc_3339, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-01-05T09:00:00Z"]}),
]
"""An RFC 3339 time; ours are in UTC."""


def _open(values: type[StrEnum]) -> WithJsonSchema:
    """Name the values of today without promising that there will be no others."""
    known = ", ".join(f"`{value}`" for value in values)
    return WithJsonSchema(
        {"type": "string", "description": f"So far one of {known}; expect others.", "examples": [*values]}
    )


RequestStateText = Annotated[str, _open(RequestState)]
GrantStateText = Annotated[str, _open(GrantState)]
EndReasonText = Annotated[str, _open(EndReason)]
