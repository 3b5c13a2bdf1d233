"""What the doctor says of one thing: how it is, and what to do."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How a thing is; only what is bad fails the command."""

    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"
    UNCHECKED = "not checked"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of what was found."""

    part: str
    verdict: Verdict
    sentence: str


@dataclass(frozen=True, slots=True)
class Part:
    """What findings of one part of the installation are made with."""

    name: str

    def good(self, sentence: str) -> Finding:
        return Finding(self.name, Verdict.GOOD, sentence)

    def warning(self, sentence: str) -> Finding:
        return Finding(self.name, Verdict.WARNING, sentence)

    def bad(self, sentence: str) -> Finding:
        return Finding(self.name, Verdict.BAD, sentence)

    def unchecked(self, sentence: str) -> Finding:
        return Finding(self.name, Verdict.UNCHECKED, sentence)


def guarded(part: Part, examine: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """Yield what ``examine`` finds; whatever it stumbles over is a finding too, and no end."""
    try:
        yield from examine()
    except Exception as error:  # noqa: BLE001 - the other parts are to be looked at all the same
        # The type alone: what an unexpected exception says may hold a secret.
        yield part.bad(f"looking at it failed with {type(error).__name__}: please report this")
