"""Hours of the week, as authors write them."""

from difflib import get_close_matches
from functools import lru_cache
from typing import Annotated, Literal, get_args
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field, ValidationInfo, WithJsonSchema, field_validator

from protem.broker.documents.scalars import Part, matching

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = get_args(Day)
MIDNIGHT = "24:00"

_OPENS = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
_CLOSES = r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"
_NO_PLACES = frozenset({"Factory", "localtime"})
"""Names that mean something else, or nothing, on the next machine."""


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones()) - _NO_PLACES


def _time_zone(text: str) -> str:
    if text in _zones():
        return text
    near = _near(text)
    hint = f"did you mean {near}?" if near else "write an IANA name, as in Europe/Berlin"
    raise ValueError(f"{text!r} is no time zone; {hint}")


def _near(text: str) -> str | None:
    """Return the zone that this looks like, whole or by its city."""
    wanted = text.casefold().replace(" ", "_")
    cities = {zone.rpartition("/")[2].casefold(): zone for zone in sorted(_zones())}
    whole = {zone.casefold(): zone for zone in _zones()}
    for spelled in (whole, cities):
        if found := get_close_matches(wanted, spelled, n=1, cutoff=0.75):
            return spelled[found[0]]
    return None


def _days(days: list[Day]) -> list[Day]:
    if twice := next((day for day in days if days.count(day) > 1), None):
        raise ValueError(f"names {twice} twice")
    return sorted(days, key=DAYS.index)


_TimeZone = Annotated[str, AfterValidator(_time_zone)]
_Opens = Annotated[
    str,
    AfterValidator(matching(_OPENS, 'is no time of day; write hours and minutes, as in "08:00"')),
    WithJsonSchema({"type": "string", "pattern": _OPENS}),
]
_Closes = Annotated[
    str,
    AfterValidator(matching(_CLOSES, 'is no time of day; write hours and minutes, "24:00" at most')),
    WithJsonSchema({"type": "string", "pattern": _CLOSES}),
]


class Span(Part):
    days: Annotated[list[Day], Field(min_length=1), AfterValidator(_days)] = Field(
        description="a list of the days on which it begins, as in [mon, tue, wed, thu, fri]"
    )
    opens: _Opens = Field(alias="from", description='when it begins, as in "08:00"')
    closes: _Closes = Field(
        alias="to", description='when it ends, as in "18:00"; on the next day where that is earlier than from'
    )

    @field_validator("closes")
    @classmethod
    def _unambiguous(cls, closes: str, info: ValidationInfo) -> str:
        if closes == info.data.get("opens"):
            raise ValueError(f'is {closes} as from is; for a whole day write from: "00:00", to: "{MIDNIGHT}"')
        return MIDNIGHT if closes == "00:00" else closes


def _in_order(spans: list[Span]) -> list[Span]:
    def place(span: Span) -> tuple[list[int], str, str]:
        return [DAYS.index(day) for day in span.days], span.opens, span.closes

    return sorted(spans, key=place)


class Hours(Part):
    time_zone: _TimeZone = Field(description="the time zone of the clock on the wall, as in Europe/Berlin")
    windows: Annotated[list[Span], Field(min_length=1, max_length=50), AfterValidator(_in_order)] = Field(
        description='a list of hours that add up, as in [{days: [mon, tue], from: "08:00", to: "18:00"}]'
    )
