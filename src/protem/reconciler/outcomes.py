"""What AWS's errors mean, by the call that got them; whatever is not in the table means retry."""

import re
from dataclasses import dataclass
from enum import StrEnum

from protem.db.models import Act


class Verdict(StrEnum):
    """What to make of an error."""

    RETRY = "retry"
    TERMINAL = "terminal"
    """It can never succeed; only beginnings may be given up."""
    BLOCKED = "blocked"
    """It cannot succeed now for a reason outside us; the tries go on, an hour apart."""
    ABSENT = "absent"
    """There is nothing there; a listing confirms it."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the table; a pattern is searched for in AWS's message."""

    act: Act
    code: str
    verdict: Verdict
    pattern: str = ""

    def applies(self, act: Act, code: str, message: str) -> bool:
        return (self.act, self.code) == (act, code) and bool(re.search(self.pattern, message, re.IGNORECASE))


FAILED = "FAILED"
"""The code under which the reason of a failed operation is looked up."""

# Reasons as users reported them, and codes from the service model; see docs/aws.md for each.
TABLE: tuple[Rule, ...] = (
    Rule(Act.CREATE, "ResourceNotFoundException", Verdict.TERMINAL),
    Rule(Act.CREATE, "ValidationException", Verdict.TERMINAL),
    Rule(Act.CREATE, "invalid_identifier", Verdict.TERMINAL),
    Rule(Act.CREATE, FAILED, Verdict.TERMINAL, r"404 status error"),
    Rule(Act.CREATE, FAILED, Verdict.TERMINAL, r"permissions to manage your AWS account"),
    Rule(Act.DELETE, "ResourceNotFoundException", Verdict.ABSENT),
    Rule(Act.DELETE, FAILED, Verdict.ABSENT, r"404 status error.*EntitlementItem"),
    Rule(Act.DELETE, FAILED, Verdict.BLOCKED, r"404 status error.*assignee"),
    Rule(Act.DELETE, FAILED, Verdict.BLOCKED, r"permissions to manage your AWS account"),
    Rule(Act.DELETE, "ValidationException", Verdict.BLOCKED),
    Rule(Act.DELETE, "invalid_identifier", Verdict.BLOCKED),
    Rule(Act.LOOK, "ResourceNotFoundException", Verdict.ABSENT, r"permission ?set"),
    Rule(Act.LOOK, "ResourceNotFoundException", Verdict.BLOCKED),
    Rule(Act.LOOK, "ValidationException", Verdict.BLOCKED),
    Rule(Act.LOOK, "invalid_identifier", Verdict.BLOCKED),
)


def judge(act: Act, code: str, message: str) -> Verdict:
    """Return what an error of ``act`` means: the first line of the table that applies."""
    return next((rule.verdict for rule in TABLE if rule.applies(act, code, message)), Verdict.RETRY)
