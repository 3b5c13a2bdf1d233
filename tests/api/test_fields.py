"""Durations and times as they stand in JSON."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from protem.api.schemas.fields import Duration, Input, Instant, Output


class Sent(Input):
    duration: Duration
    at: Instant


class Shown(Output):
    duration: Duration
    at: Instant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-01-05T09:00:00Z", datetime(2026, 1, 5, 9, tzinfo=UTC)),
        ("2026-01-05t09:00:00z", datetime(2026, 1, 5, 9, tzinfo=UTC)),
        ("2026-01-05T10:30:00.5+01:30", datetime(2026, 1, 5, 9, 0, 0, 500_000, tzinfo=UTC)),
    ],
)
def test_times_are_understood_in_any_zone(text: str, meant: datetime) -> None:
    assert Sent(duration="PT1H", at=text).at == meant  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "value",
    [
        "2026-01-05T09:00:00",
        "2026-01-05 09:00:00Z",
        "2026-01-05",
        "2026-02-30T09:00:00Z",
        "0001-01-01T00:00:00+23:59",
        "2026-01-05T09:00:00Z\n",
        "soon",
        1_767_600_000,
        None,
        True,
    ],
)
def test_what_is_no_time_is_refused(value: Any) -> None:
    with pytest.raises(ValidationError):
        Sent(duration="PT1H", at=value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "value",
    ["P1M", "P1Y", "-PT1H", "01:00", "1h", "PT", "P", "", "PT1.5H", "PT1H\n", 3600, 1.5, None, True, []],
)
def test_what_is_no_duration_is_refused(value: Any) -> None:
    with pytest.raises(ValidationError):
        Sent(duration=value, at="2026-01-05T09:00:00Z")  # type: ignore[arg-type]


def test_both_are_shown_in_one_way() -> None:
    shown = Shown(duration=timedelta(minutes=90), at=datetime(2026, 1, 5, 9, 0, 0, 120_000, tzinfo=UTC))
    assert shown.model_dump_json() == '{"duration":"PT1H30M","at":"2026-01-05T09:00:00.120000Z"}'
    assert Shown.model_validate_json(shown.model_dump_json()) == shown
