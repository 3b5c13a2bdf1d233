"""Single values of the language: texts, numbers, truth and durations, as authors write them."""

import re
from collections.abc import Callable
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
    WithJsonSchema,
)

from protem.domain import durations

LONGEST = timedelta(days=7)
"""No grant lasts longer than this; what is needed for longer is standing access."""

_DURATION = re.sub(r"\?P<\w+>", "", durations.PATTERN)


class Part(BaseModel):
    """What all parts of a document share: no key is ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


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


def unordered(items: list[str]) -> list[str]:
    """Return what is in a list that has no order, once each."""
    return sorted(set(items))


def matching(pattern: str, complaint: str) -> Callable[[str], str]:
    """Return a check that a text is of this form; ``complaint`` says what it is not, and what would be."""
    form = re.compile(pattern, re.ASCII)

    def check(text: str) -> str:
        if not form.fullmatch(text):
            raise ValueError(f"{text!r} {complaint}")
        return text

    return check


def _up_to(limit: timedelta) -> AfterValidator:
    def check(value: timedelta) -> timedelta:
        if value <= timedelta():
            raise ValueError("must be longer than nothing, as in PT30M")
        if value > limit:
            raise ValueError(f"{durations.text(value)} is too long; {durations.text(limit)} is the most")
        return value

    return AfterValidator(check)


_ISO = (
    BeforeValidator(_duration),
    PlainSerializer(durations.text),
    WithJsonSchema({"type": "string", "pattern": _DURATION, "examples": ["PT30M", "PT1H30M", "P1D"]}),
)
Duration = Annotated[timedelta, *_ISO, _up_to(LONGEST)]
Wait = Annotated[timedelta, *_ISO, _up_to(timedelta(days=30))]
WHOLE = BeforeValidator(_whole_number)
Truth = Annotated[bool, BeforeValidator(_truth)]
Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=256), AfterValidator(_printable)
]
Texts = Annotated[list[Text], Field(min_length=1), AfterValidator(unordered)]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?$")]
