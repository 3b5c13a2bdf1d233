"""May this be asked for? Every rule answers, so that a refusal can say why."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from protem.domain import durations, extending, histories
from protem.domain.catalogue import Person, Target
from protem.domain.decisions import Check, Decision, Verdict, check, decide
from protem.domain.entitlements import Entitlement, Policy
from protem.domain.histories import NO_HISTORY, History
from protem.domain.steps import OwnerUnknownError, steps_for
from protem.domain.windows import Window

REACHING = frozenset({"requesters", "requesters_for", "accounts", "permission_sets", "account_status"})
"""The rules about whom and what an entitlement is for; where they fail, the others mean nothing."""

_MOMENT = timedelta(seconds=1)
_FARTHEST = timedelta(days=3_660)
_LONGEST = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Ask:
    """What a requester wants, with every name resolved."""

    requester: Person
    beneficiary: Person
    targets: tuple[Target, ...]
    duration: timedelta | None
    """None means the default of the entitlement."""
    justification: str
    ticket: str | None = None
    starts_at: datetime | None = None
    extends: Window | None = None
    """The window of the grant that is to last longer, by ``duration``."""

    def lasting(self, entitlement: Entitlement) -> timedelta:
        """Return for how long, or for how much longer, this asks under an entitlement."""
        if self.duration is not None:
            return self.duration
        return entitlement.duration.default

    def total(self, entitlement: Entitlement) -> timedelta:
        """Return how long the access would last altogether."""
        before = self.extends.ends_at - self.extends.starts_at if self.extends else timedelta()
        return before + self.lasting(entitlement)

    def window(self, entitlement: Entitlement, now: datetime) -> Window:
        """Return when the access would be owed if it were given at ``now``: for a moment at least."""
        # What no entitlement allows is refused by a rule of its own, before anybody counts its days.
        lasting = min(max(self.lasting(entitlement), _MOMENT), _LONGEST)
        if self.extends is not None:
            return Window(self.extends.starts_at, self.extends.ends_at + lasting)
        # A start that no calendar holds the end of is refused by a rule of its own.
        wished = min(self.starts_at, now + _FARTHEST) if self.starts_at else None
        return Window.opening(now=now, wished=wished, duration=lasting)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the installation, rather than an entitlement, allows."""

    minimum_duration: timedelta
    maximum_start_ahead: timedelta


def matching(
    policy: Policy, requester: Person, targets: Iterable[Target], *, beneficiary: Person | None = None
) -> tuple[Entitlement, ...]:
    """Return the entitlements under which all ``targets`` may be asked for at once."""
    whose = beneficiary or requester
    wanted = tuple(targets)
    return tuple(
        rule
        for rule in policy.open_to(whose)
        if rule.lets_ask(requester, beneficiary=whose) and all(rule.covers(target) for target in wanted)
    )


def may_request(
    entitlement: Entitlement, ask: Ask, *, bounds: Bounds, now: datetime, history: History = NO_HISTORY
) -> Decision:
    """Decide whether ``ask`` may be submitted under this one entitlement."""
    return decide(
        (
            *_people(entitlement, ask),
            *(found for target in ask.targets for found in reaches(entitlement, target)),
            *_duration(entitlement, ask, bounds, history),
            *_start(ask, bounds, now),
            *_hours(entitlement, ask, now),
            _justification(entitlement, ask),
            *_ticket(entitlement, ask),
            *_history(entitlement, ask, history, now),
            *_approvers(entitlement, ask),
        )
    )


def may_still(entitlement: Entitlement, ask: Ask, *, now: datetime, history: History) -> Decision:
    """Decide whether what was asked for may be granted at ``now``, besides what ``still_allowed`` says."""
    requester = (found for found in _people(entitlement, ask) if found.rule == "requesters_for")
    extension = _extension(entitlement, ask, history)
    return decide((*requester, *extension, *_history(entitlement, ask, history, now)))


def still_allowed(entitlement: Entitlement, *, beneficiary: Person, target: Target) -> Decision:
    """Decide whether access that was approved may still begin."""
    may_ask = check(
        "requesters",
        passed=entitlement.requesters.include(beneficiary),
        satisfied=f"{beneficiary.user_name} is among the requesters of {entitlement.name}",
        explanation=f"{beneficiary.user_name} is no longer among the requesters of {entitlement.name}",
    )
    return decide((may_ask, *reaches(entitlement, target)))


def _people(entitlement: Entitlement, ask: Ask) -> Iterator[Check]:
    yield check(
        "requesters",
        passed=entitlement.requesters.include(ask.beneficiary),
        satisfied=f"{ask.beneficiary.user_name} is among the requesters of {entitlement.name}",
        explanation=f"{ask.beneficiary.user_name} is not among the requesters of {entitlement.name}",
        field="entitlement",
    )
    if ask.requester.id != ask.beneficiary.id:
        yield check(
            "requesters_for",
            passed=entitlement.requesters_for.include(ask.requester),
            satisfied=f"{ask.requester.user_name} may ask for others under {entitlement.name}",
            explanation=f"{ask.requester.user_name} may not ask for others under {entitlement.name}",
            field="beneficiary",
        )


def reaches(entitlement: Entitlement, target: Target) -> Iterator[Check]:
    """Say, rule by rule, whether the entitlement covers a target that AWS can assign."""
    account, permission_set = target.account, target.permission_set
    yield check(
        "accounts",
        passed=entitlement.accounts.include(account),
        satisfied=f"{entitlement.name} reaches account {account.name} ({account.id})",
        explanation=f"{entitlement.name} does not reach account {account.name} ({account.id})",
        field="targets",
    )
    yield check(
        "permission_sets",
        passed=entitlement.permission_sets.include(permission_set),
        satisfied=f"{entitlement.name} offers {permission_set.name}",
        explanation=f"{entitlement.name} does not offer {permission_set.name}",
        field="targets",
    )
    yield check(
        "account_status",
        passed=account.status == "ACTIVE",
        satisfied=f"account {account.name} ({account.id}) is active",
        explanation=f"account {account.name} ({account.id}) is {account.status}; AWS assigns nothing there",
        field="targets",
    )


def _duration(entitlement: Entitlement, ask: Ask, bounds: Bounds, history: History) -> Iterator[Check]:
    asked = ask.lasting(entitlement)
    if ask.extends is None:
        yield _longest(entitlement, asked)
    yield from _extension(entitlement, ask, history)
    yield check(
        "minimum_duration",
        passed=asked >= bounds.minimum_duration,
        satisfied=f"{durations.text(asked)} is not too short",
        explanation=f"{durations.text(asked)} is shorter than the least, "
        f"{durations.text(bounds.minimum_duration)}",
        field="duration",
    )


def _longest(entitlement: Entitlement, asked: timedelta) -> Check:
    most = entitlement.duration.maximum
    return check(
        "duration",
        passed=asked <= most,
        satisfied=f"{durations.text(asked)} is within the {durations.text(most)} of {entitlement.name}",
        explanation=f"{durations.text(asked)} is longer than the {durations.text(most)} that"
        f" {entitlement.name} allows",
        field="duration",
    )


def _extension(entitlement: Entitlement, ask: Ask, history: History) -> Iterable[Check]:
    if ask.extends is None:
        return ()
    asked, total = ask.lasting(entitlement), ask.total(entitlement)
    return extending.rules(entitlement, asked=asked, total=total, before=history.extensions)


def _start(ask: Ask, bounds: Bounds, now: datetime) -> Iterator[Check]:
    if ask.extends is not None:
        return
    wished = ask.starts_at or now
    yield check(
        "earliest_start",
        passed=wished >= now,
        satisfied="the start does not lie in the past",
        explanation="a start cannot lie in the past; leave it out to start on approval",
        field="starts_at",
    )
    yield check(
        "latest_start",
        passed=wished <= now + bounds.maximum_start_ahead,
        satisfied="the start lies no further ahead than is allowed",
        explanation=f"a start may lie at most {durations.text(bounds.maximum_start_ahead)} ahead",
        field="starts_at",
    )


def _hours(entitlement: Entitlement, ask: Ask, now: datetime) -> Iterator[Check]:
    if entitlement.allowed_hours is None:
        return
    window = ask.window(entitlement, now)
    yield check(
        "allowed_hours",
        passed=entitlement.allowed_hours.cover(window),
        satisfied=f"{_span(window)} is within the hours of {entitlement.name}",
        explanation=f"{_span(window)} is not within the hours of {entitlement.name}",
        field="duration" if ask.extends else "starts_at",
    )


def _span(window: Window) -> str:
    return f"access from {window.starts_at:%Y-%m-%d %H:%M} to {window.ends_at:%Y-%m-%d %H:%M} UTC"


def _justification(entitlement: Entitlement, ask: Ask) -> Check:
    least = entitlement.justification_minimum_length
    return check(
        "justification",
        passed=len(_visible(ask.justification)) >= least,
        satisfied="the justification is long enough",
        explanation=f"the justification needs at least {least} characters",
        field="justification",
    )


def _visible(text: str) -> str:
    """Return what a reader sees of ``text``: zero-width and unassigned characters say nothing."""
    return "".join(character for character in text if character.isprintable() or character.isspace()).strip()


def _ticket(entitlement: Entitlement, ask: Ask) -> Iterator[Check]:
    rule = entitlement.ticket
    if rule.required:
        yield check(
            "ticket",
            passed=bool(ask.ticket),
            satisfied="a ticket is named",
            explanation=f"{entitlement.name} wants a ticket",
            field="ticket",
        )
    if rule.pattern is not None and ask.ticket:
        yield check(
            "ticket_pattern",
            passed=rule.pattern.fits(ask.ticket),
            satisfied=f"the ticket looks like {rule.pattern.text}",
            explanation=f"the ticket does not look like {rule.pattern.text}",
            field="ticket",
        )


def _history(entitlement: Entitlement, ask: Ask, history: History, now: datetime) -> Iterator[Check]:
    window = ask.window(entitlement, now)
    return histories.rules(entitlement, history, window, targets=len(ask.targets), extends=ask.extends)


def _approvers(entitlement: Entitlement, ask: Ask) -> Sequence[Check]:
    """Say whether it is known whom to ask at all."""
    try:
        steps_for(entitlement.approval, ask.targets, duration=ask.total(entitlement))
    except OwnerUnknownError as unknown:
        return (Check("approvers", Verdict.NOT_EVALUATED, str(unknown), "targets"),)
    return ()
