"""Texts that do harm elsewhere are refused by name or kept to the letter, and shown as what they are."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from protem import logs
from tests.api.applications import asking
from tests.attacks import injecting
from tests.attacks.ground import Ground
from tests.attacks.strings import ACTED_ON, HOSTILE, INJECTIONS, UNPRINTABLE


@pytest.fixture
def logging_restored() -> Iterator[None]:
    """Leave logging as other tests expect it."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_hostile_texts_are_refused_by_name_or_kept_to_the_letter(small_ground: Ground) -> None:
    injection = injecting.attack(small_ground, every=89)
    assert not injection.probe.failures, "\n".join(injection.probe.failures)
    assert injection.refused > 5


def test_free_text_is_kept_to_the_letter_and_nothing_invisible_is_kept(ground: Ground) -> None:
    alice = ground.cast.client("beneficiary")
    for name, text in HOSTILE.items():
        body = json.dumps(asking(entitlement="admin", justification=f"because {text}!")).encode()
        answer = alice.send(
            "POST", "/v1/requests", content=body, headers={"Content-Type": "application/json"}
        )
        if name in UNPRINTABLE:
            kept = answer.status_code == 201 and "\n" in text and not (set(text) & ACTED_ON - {"\r"})
            assert kept or answer.json()["errors"][0]["field"] == "justification", name
        elif name == "long":
            assert answer.json()["errors"][0]["field"] == "justification"
        else:
            assert answer.json()["justification"] == f"because {text}!", name


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_an_event_is_one_line_of_the_log_whatever_is_in_it(
    small_ground: Ground, log_format: str, capsys: pytest.CaptureFixture[str], logging_restored: None
) -> None:
    logs.configure(log_format)
    capsys.readouterr()
    before = len(small_ground.world.events())
    alice, admin = small_ground.cast.client("beneficiary"), small_ground.cast.client("admin")
    for text in [*INJECTIONS.values(), "two\nlines\n2026-01-05 [info] request.approved", "a\tb"]:
        alice.post("/v1/requests", asking(entitlement="admin", justification=f"because {text}"))
        admin.post("/v1/locks", {"kind": "entitlement", "subject": "glass", "reason": f"x {text}"[:200]})
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == len(small_ground.world.events()) - before > len(INJECTIONS)
    assert not any(ACTED_ON & set(line) for line in lines if log_format == "json")
    if log_format == "json":
        assert {json.loads(line)["event"] for line in lines} >= {"request.submitted", "lock.created"}
