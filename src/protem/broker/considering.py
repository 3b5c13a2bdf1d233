"""The entitlements that somebody may be told of who asks why: what each says of the ask."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from protem.broker import histories
from protem.broker.evaluation import Evaluation
from protem.domain.decisions import Check, Decision, Verdict
from protem.domain.eligibility import REACHING, Ask, Bounds, may_request
from protem.domain.entitlements import Entitlement, Policy
from protem.domain.explanations import explained

MOST = 20


@dataclass(frozen=True, slots=True)
class Considered:
    """One entitlement, whether it decides, and what each of its rules says."""

    rule: Entitlement
    decides: bool
    checks: tuple[Check, ...]


def lets_ask_at_all(rules: Policy, ask: Ask) -> bool:
    """Tell whether the requester may know what there is for the beneficiary: themselves, or by a rule."""
    if ask.requester.id == ask.beneficiary.id:
        return True
    return any(
        rule.lets_ask(ask.requester, beneficiary=ask.beneficiary) for rule in rules.open_to(ask.beneficiary)
    )


def candidates(rules: Policy, ask: Ask, deciding: Entitlement | None) -> tuple[Entitlement, ...]:
    """Return the entitlements worth telling of, the one that decides first, then the nearest.

    They are those that name the beneficiary, and those that cover every target but name others.
    """
    if not lets_ask_at_all(rules, ask):
        return ()
    found = {rule.name: rule for rule in rules.open_to(ask.beneficiary)}
    for rule in rules.entitlements:
        if rule.name not in found and all(rule.covers(target) for target in ask.targets):
            found[rule.name] = rule
    first = deciding.name if deciding else None
    return tuple(sorted(found.values(), key=lambda rule: (rule.name != first, _distance(rule, ask))))


def considered(
    session: Session, found: Evaluation, rules: Sequence[Entitlement], *, bounds: Bounds, now: datetime
) -> tuple[Considered, ...]:
    """Return what each of these entitlements says."""
    deciding = found.entitlement.name if found.entitlement else None
    return tuple(
        Considered(rule, decides=True, checks=explained(_checks(found)))
        if rule.name == deciding
        else Considered(rule, decides=False, checks=explained(_others(session, found.ask, rule, bounds, now)))
        for rule in rules
    )


def _distance(rule: Entitlement, ask: Ask) -> tuple[int, int, str]:
    missing = sum(not rule.covers(target) for target in ask.targets)
    return not rule.lets_ask(ask.requester, beneficiary=ask.beneficiary), missing, rule.name


def _others(
    session: Session, ask: Ask, rule: Entitlement, bounds: Bounds, now: datetime
) -> tuple[Check, ...]:
    decision = may_request(rule, ask, bounds=bounds, now=now)
    if any(check.rule in REACHING for check in decision.refusals):
        return decision.checks
    past = histories.of(session, rule, ask.beneficiary.id, now=now)
    return may_request(rule, ask, bounds=bounds, now=now, history=past).checks


def _checks(found: Evaluation) -> tuple[Check, ...]:
    decision = found.decision or Decision(())
    return (*decision.checks, *(_beside(found, *rule) for rule in _BESIDE))


_BESIDE = (
    ("locks", "locked", "no lock is on any of this"),
    ("standing_access", "standing-access", "nothing of this is held without Protem"),
    ("enough_approvers", "no-approvers", "there are people enough to serve every step that is needed"),
)
"""What else is asked, besides the rules of the entitlement: its name here, its code, and the good news."""


def _beside(found: Evaluation, rule: str, code: str, satisfied: str) -> Check:
    for refusal in found.refusals:
        if refusal.code == code:
            return Check(rule, Verdict.UNSATISFIED, refusal.detail)
    return Check(rule, Verdict.SATISFIED, satisfied)
