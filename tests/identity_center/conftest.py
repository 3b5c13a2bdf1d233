"""A connection to a sandbox that everybody knows from the demo."""

from collections.abc import Callable
from typing import Any

import boto3
import pytest

from protem.identity_center.aws import Connection, connect
from protem.identity_center.budget import CallBudget
from protem.sandbox import Demo, Sandbox, seed_demo
from tests.clocks import ManualClock
from tests.identity_center.sessions import session_of_nobody

Connect = Callable[..., Connection]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def sandbox(clock: ManualClock) -> Sandbox:
    return Sandbox(clock=clock, page_size=3)


@pytest.fixture
def demo(sandbox: Sandbox) -> Demo:
    return seed_demo(sandbox)


@pytest.fixture
def budget(clock: ManualClock) -> CallBudget:
    return CallBudget(clock=clock)


@pytest.fixture
def session() -> boto3.Session:
    return session_of_nobody()


@pytest.fixture
def observed() -> list[tuple[str, str]]:
    return []


@pytest.fixture
def connect_to(
    session: boto3.Session, budget: CallBudget, clock: ManualClock, observed: list[tuple[str, str]]
) -> Connect:
    """Connect to a sandbox, or to whatever else is mounted on the session."""

    def observe(operation: str, outcome: str, seconds: float) -> None:
        assert seconds >= 0
        observed.append((operation, outcome))

    def connected(sandbox: Sandbox | None = None, **options: Any) -> Connection:
        if sandbox:
            sandbox.mount(session)
        defaults: dict[str, Any] = {
            "session": session,
            "budget": budget,
            "guard": lambda: None,
            "clock": clock,
            "observe": observe,
        }
        return connect(**defaults | options)

    return connected


@pytest.fixture
def connection(connect_to: Connect, sandbox: Sandbox, demo: Demo) -> Connection:
    return connect_to(sandbox)
