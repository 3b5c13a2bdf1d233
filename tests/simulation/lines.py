"""The way from a simulated process to AWS: made once, since boto3 takes long to make a client."""

from dataclasses import dataclass, field
from typing import Any

from protem.identity_center.aws import connect
from protem.identity_center.budget import CallBudget
from protem.identity_center.gateway import Assignments, Directory
from tests.simulated_time import SimulatedClock, SimulatedTime
from tests.simulation.estate import stage


class Relayed:
    """Stands for whatever object a process has at present, so that boto3's clients outlive it."""

    def __init__(self) -> None:
        self.target: Any = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.target, name)

    def __call__(self) -> None:
        self.target()


class LineClock(Relayed):
    """A clock that goes on where an earlier simulation has stopped: who paces calls never sees it go back."""

    _before = _latest = 0.0

    def renew(self, clock: SimulatedClock) -> None:
        self.target, self._before = clock, self._latest + 1000.0

    def monotonic(self) -> float:
        self._latest = self._before + float(self.target.monotonic())
        return self._latest


@dataclass
class Line:
    """The clients of one process: each of its lives has a budget, a guard and a clock anew."""

    budget: Any = field(default_factory=Relayed)
    guard: Any = field(default_factory=Relayed)
    clock: Any = field(default_factory=LineClock)

    def __post_init__(self) -> None:
        self.clock.renew(SimulatedTime().clock())
        self.budget.target = CallBudget(clock=self.clock)
        connection = connect(stage.session, budget=self.budget, guard=self.guard, clock=self.clock)
        self.assignments: Assignments = connection.assignments
        self.directory: Directory = connection.directory


_LINES: dict[str, Line] = {}


def line(name: str) -> Line:
    """Return the line of the process of that name."""
    if name not in _LINES:
        _LINES[name] = Line()
    return _LINES[name]
