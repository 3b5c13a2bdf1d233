"""What the logs say, and what they must not."""

import json
import logging

import pytest
import structlog

from protem import logs

SECRET = "protem_this-must-not-be-logged"


def fail(token: str) -> None:
    message = "it went wrong"
    raise RuntimeError(message)


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_an_exception_is_logged_without_the_values_that_it_passed_through(
    log_format: str, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure(log_format)
    try:
        fail(SECRET)
    except RuntimeError:
        structlog.get_logger("protem").exception("job.failed", job="tick")
        logging.getLogger("library").exception("and a library says so too")
    said = capsys.readouterr().err
    assert "it went wrong" in said
    assert "job.failed" in said
    assert "and a library says so too" in said
    assert SECRET not in said


def test_each_line_is_one_object_with_its_time_and_level(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("json")
    structlog.get_logger("protem.audit").info("grant.active", grant_id="1", facts={"a": "two\nlines"})
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    line = json.loads(lines[0])
    assert {"event": "grant.active", "level": "info", "grant_id": "1"}.items() <= line.items()
    assert line["timestamp"].endswith("Z")
