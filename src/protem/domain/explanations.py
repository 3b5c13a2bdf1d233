"""The checks of an ask as people are told them: what a rule says means nothing where another fails first."""

from collections.abc import Iterable
from dataclasses import replace

from protem.domain.decisions import Check, Verdict
from protem.domain.eligibility import REACHING

_STARTS = frozenset({"earliest_start", "latest_start"})
_BY_START = frozenset({"allowed_hours", "maximum_concurrent", "cool_down"})


def explained(checks: Iterable[Check]) -> tuple[Check, ...]:
    """Return the checks, those that mean nothing marked as not evaluated, with the reason."""
    found = tuple(checks)
    unreached = _first_unmet(found, REACHING)
    never = _first_unmet(found, _STARTS)
    return tuple(_told(check, unreached, never) for check in found)


def _told(check: Check, unreached: Check | None, never: Check | None) -> Check:
    if unreached is not None and check.rule not in REACHING:
        return _not_evaluated(check, unreached)
    if never is not None and check.rule in _BY_START:
        return _not_evaluated(check, never)
    return check


def _not_evaluated(check: Check, since: Check) -> Check:
    sentence = f"this was not looked at: {since.explanation}"
    return replace(check, verdict=Verdict.NOT_EVALUATED, explanation=sentence)


def _first_unmet(checks: Iterable[Check], rules: frozenset[str]) -> Check | None:
    return next(
        (check for check in checks if check.rule in rules and check.verdict is Verdict.UNSATISFIED), None
    )
