"""May this be asked for? Every rule answers, so that a refusal can say why."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from protem.domain import durations
from protem.domain.decisions import Check, Decision, check, decide
from protem.domain.entitlements import Entitlement, Person, Policy, Target


@dataclass(frozen=True, slots=True)
class Ask:
    """What a requester wants, with every name resolved."""

    beneficiary: Person
    targets: tuple[Target, ...]
    duration: timedelta
    justification: str
    starts_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the installation, rather than an entitlement, allows."""

    minimum_duration: timedelta
    maximum_start_ahead: timedelta


def matching(policy: Policy, person: Person, targets: Iterable[Target]) -> tuple[Entitlement, ...]:
    """Return the entitlements under which ``person`` may ask for all ``targets`` at once."""
    wanted = tuple(targets)
    return tuple(
        rule
        for rule in policy.entitlements
        if rule.requesters.include(person) and all(rule.covers(target) for target in wanted)
    )


def may_request(entitlement: Entitlement, ask: Ask, *, bounds: Bounds, now: datetime) -> Decision:
    """Decide whether ``ask`` may be submitted under this one entitlement."""
    return decide(
        (
            _requester(entitlement, ask),
            *(found for target in ask.targets for found in reaches(entitlement, target)),
            _longest(entitlement, ask),
            _shortest(ask, bounds),
            *_start(ask, bounds, now),
            _justification(entitlement, ask),
        )
    )


def still_allowed(entitlement: Entitlement, *, beneficiary: Person, target: Target) -> Decision:
    """Decide whether access that was approved may still begin."""
    may_ask = check(
        "requesters",
        passed=entitlement.requesters.include(beneficiary),
        explanation=f"{beneficiary.user_name} is no longer among the requesters of {entitlement.name}",
    )
    return decide((may_ask, *reaches(entitlement, target)))


def _requester(entitlement: Entitlement, ask: Ask) -> Check:
    return check(
        "requesters",
        passed=entitlement.requesters.include(ask.beneficiary),
        explanation=f"{ask.beneficiary.user_name} is not among the requesters of {entitlement.name}",
        field="entitlement",
    )


def reaches(entitlement: Entitlement, target: Target) -> Iterable[Check]:
    """Say, rule by rule, whether the entitlement covers a target that AWS can assign."""
    account, permission_set = target.account, target.permission_set
    yield check(
        "accounts",
        passed=entitlement.accounts.include(account),
        explanation=f"{entitlement.name} does not reach account {account.name} ({account.id})",
        field="targets",
    )
    yield check(
        "permission_sets",
        passed=entitlement.permission_sets.include(permission_set),
        explanation=f"{entitlement.name} does not offer {permission_set.name}",
        field="targets",
    )
    yield check(
        "account_status",
        passed=account.status == "ACTIVE",
        explanation=f"account {account.name} ({account.id}) is {account.status}; AWS assigns nothing there",
        field="targets",
    )


def _longest(entitlement: Entitlement, ask: Ask) -> Check:
    most = entitlement.duration.maximum
    return check(
        "duration",
        passed=ask.duration <= most,
        explanation=f"{durations.text(ask.duration)} is longer than the {durations.text(most)} that"
        f" {entitlement.name} allows",
        field="duration",
    )


def _shortest(ask: Ask, bounds: Bounds) -> Check:
    return check(
        "minimum_duration",
        passed=ask.duration >= bounds.minimum_duration,
        explanation=f"{durations.text(ask.duration)} is shorter than the least, "
        f"{durations.text(bounds.minimum_duration)}",
        field="duration",
    )


def _start(ask: Ask, bounds: Bounds, now: datetime) -> Iterable[Check]:
    wished = ask.starts_at or now
    yield check(
        "earliest_start",
        passed=wished >= now,
        explanation="a start cannot lie in the past; leave it out to start on approval",
        field="starts_at",
    )
    yield check(
        "latest_start",
        passed=wished <= now + bounds.maximum_start_ahead,
        explanation=f"a start may lie at most {durations.text(bounds.maximum_start_ahead)} ahead",
        field="starts_at",
    )


def _justification(entitlement: Entitlement, ask: Ask) -> Check:
    least = entitlement.justification_minimum_length
    return check(
        "justification",
        passed=len(_visible(ask.justification)) >= least,
        explanation=f"the justification needs at least {least} characters",
        field="justification",
    )


def _visible(text: str) -> str:
    """Return what a reader sees of ``text``: zero-width and unassigned characters say nothing."""
    return "".join(character for character in text if character.isprintable() or character.isspace()).strip()
