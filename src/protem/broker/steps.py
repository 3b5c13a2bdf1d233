"""The steps of a request, to and from the form in which its row keeps them."""

from collections.abc import Iterable, Mapping
from datetime import time
from typing import Any

from protem.domain.hours import Hours, Span
from protem.domain.selectors import People
from protem.domain.steps import Step


def kept(steps: Iterable[Step]) -> list[dict[str, Any]]:
    """Return steps as JSON."""
    return [
        {
            "name": step.name,
            "required": step.required,
            "users": list(step.approvers.users),
            "groups": list(step.approvers.groups),
            "outside": [_hours(hours) for hours in step.outside],
        }
        for step in steps
    ]


def read(rows: Iterable[Mapping[str, Any]]) -> tuple[Step, ...]:
    """Return what ``kept`` was given."""
    return tuple(
        Step(
            name=row["name"],
            approvers=People(users=tuple(row["users"]), groups=tuple(row["groups"])),
            required=row["required"],
            outside=tuple(_read_hours(hours) for hours in row["outside"]),
        )
        for row in rows
    )


def _hours(hours: Hours) -> dict[str, Any]:
    spans = [
        {
            "days": sorted(span.days),
            "opens": span.opens.isoformat("minutes"),
            "closes": span.closes.isoformat("minutes"),
        }
        for span in hours.spans
    ]
    return {"time_zone": hours.time_zone, "spans": spans}


def _read_hours(row: Mapping[str, Any]) -> Hours:
    spans = (
        Span(
            days=frozenset(span["days"]),
            opens=time.fromisoformat(span["opens"]),
            closes=time.fromisoformat(span["closes"]),
        )
        for span in row["spans"]
    )
    return Hours(row["time_zone"], tuple(spans))
