"""Answers with their reasons: nobody is told just yes or no."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What became of one rule."""

    SATISFIED = "satisfied"
    UNSATISFIED = "unsatisfied"
    NOT_EVALUATED = "not_evaluated"


@dataclass(frozen=True, slots=True)
class Check:
    """One rule, what became of it, and a sentence for whoever asked."""

    rule: str
    verdict: Verdict
    explanation: str
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """Every check that was made; one that is not satisfied is enough to refuse."""

    checks: tuple[Check, ...]

    @property
    def allowed(self) -> bool:
        return all(check.verdict is Verdict.SATISFIED for check in self.checks)

    @property
    def refusals(self) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if check.verdict is not Verdict.SATISFIED)


def check(
    rule: str, *, passed: bool, explanation: str, satisfied: str = "", field: str | None = None
) -> Check:
    """Return the outcome of one rule that could be evaluated.

    ``explanation`` says why it is not satisfied, and ``satisfied`` what is in order where it is.
    """
    if passed:
        return Check(rule, Verdict.SATISFIED, satisfied, field)
    return Check(rule, Verdict.UNSATISFIED, explanation, field)


def decide(checks: Iterable[Check]) -> Decision:
    """Gather checks into a decision."""
    return Decision(tuple(checks))
