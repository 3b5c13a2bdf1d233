"""Which one entitlement decides about an ask, and what it says."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from protem.domain.decisions import Check, Decision
from protem.domain.eligibility import Ask, Bounds, matching, may_request, reaches
from protem.domain.entitlements import Entitlement, Person, Policy, Target
from protem.domain.errors import (
    AccountNotAssignable,
    AmbiguousEntitlement,
    DurationOutOfBounds,
    FieldError,
    JustificationRefused,
    NotEligible,
    Refusal,
    StartOutOfBounds,
    UnknownEntitlement,
)

_REFUSALS: dict[str, type[Refusal]] = {
    "account_status": AccountNotAssignable,
    "duration": DurationOutOfBounds,
    "minimum_duration": DurationOutOfBounds,
    "earliest_start": StartOutOfBounds,
    "latest_start": StartOutOfBounds,
    "justification": JustificationRefused,
}


def choose(rules: Policy, person: Person, targets: Sequence[Target], *, named: str | None) -> Entitlement:
    """Return the entitlement that decides: the one named, or else the only one that matches.

    Raises ``UnknownEntitlement``, also for one that is there but not for ``person``,
    ``NotEligible`` or ``AmbiguousEntitlement``.
    """
    if named is not None:
        return _named(rules, person, named)
    found = matching(rules, person, targets)
    if not found:
        raise _none_matches(rules, person, targets)
    if len(found) > 1:
        names = [rule.name for rule in found]
        message = f"name one of them: {', '.join(names)}"
        raise AmbiguousEntitlement(
            message, errors=[FieldError("entitlement", message)], facts={"candidates": names}
        )
    return found[0]


def require(entitlement: Entitlement, ask: Ask, *, bounds: Bounds, now: datetime) -> None:
    """Raise the refusal that fits the first rule which the ask does not satisfy, with all of them."""
    decision = may_request(entitlement, ask, bounds=bounds, now=now)
    if decision.allowed:
        return
    failed = decision.refusals
    refusal = _REFUSALS.get(failed[0].rule, NotEligible)
    raise refusal(
        failed[0].explanation,
        errors=[FieldError(check.field, check.explanation) for check in failed if check.field],
        facts=_reasons(entitlement, failed),
    )


def _named(rules: Policy, person: Person, name: str) -> Entitlement:
    found = rules.named(name)
    if found is None or not found.requesters.include(person):
        message = "there is no entitlement of this name under which you may ask"
        raise UnknownEntitlement(message, errors=[FieldError("entitlement", message)])
    return found


def _none_matches(rules: Policy, person: Person, targets: Sequence[Target]) -> NotEligible:
    own = [rule for rule in rules.entitlements if rule.requesters.include(person)]
    if not own:
        return NotEligible("no entitlement names you among its requesters")
    considered = [_reasons(rule, _missing(rule, targets)) for rule in own]
    return NotEligible(
        "none of your entitlements covers all of these targets",
        errors=[FieldError("targets", reason) for one in considered for reason in one["reasons"]],
        facts={"entitlements": considered},
    )


def _missing(rule: Entitlement, targets: Sequence[Target]) -> Sequence[Check]:
    found = [check for target in targets for check in reaches(rule, target)]
    return Decision(tuple(found)).refusals


def _reasons(entitlement: Entitlement, failed: Sequence[Check]) -> dict[str, Any]:
    return {"entitlement": entitlement.name, "reasons": [check.explanation for check in failed]}
