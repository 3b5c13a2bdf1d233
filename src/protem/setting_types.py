"""Types of settings that the environment can only write as text."""

from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer
from pydantic_settings import NoDecode

from protem.domain import durations


def _duration(value: object) -> object:
    return durations.parse(value) if isinstance(value, str) else value


Duration = Annotated[timedelta, BeforeValidator(_duration), PlainSerializer(durations.text)]
"""An ISO 8601 duration of weeks, days, hours, minutes and seconds."""


def _names(value: object) -> object:
    return tuple(filter(None, map(str.strip, value.split(",")))) if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_names), PlainSerializer(",".join)]
"""Names between commas."""
