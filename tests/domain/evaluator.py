"""A second reading of the design of entitlements, to hold the first against.

It knows nothing of handles, indexes and selectors: it reads the lists of a rule one by one.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from protem.domain.catalogue import Account, PermissionSet, Person, Target
from protem.domain.eligibility import Ask
from protem.domain.entitlements import ApprovalStep, Entitlement, When
from protem.domain.histories import History
from protem.domain.selectors import Accounts, People, PermissionSets
from protem.domain.windows import Window
from tests.policies import BOUNDS, MINUTE, NOW, ROOT, Scene, chain

ANY = PermissionSets(patterns=("*",))

Seats = tuple[frozenset[str], int]
"""The ids of those who could serve a step, and how many of them it needs."""


def same(one: str, other: str) -> bool:
    def plain(text: str) -> str:
        return " ".join(unicodedata.normalize("NFKC", text).casefold().split())

    return plain(one) == plain(other)


def is_named(wanted: Sequence[str], *, identifier: str, name: str) -> bool:
    """Tell whether a list of names and ids has this thing; the ids of these worlds are no names."""
    return any(one == identifier or same(one, name) for one in wanted)


def belongs(people: People, person: Person) -> bool:
    if is_named(people.users, identifier=person.id, name=person.user_name):
        return True
    return any(is_named(people.groups, identifier=one.id, name=one.name) for one in person.groups)


def has_tags(tags: frozenset[tuple[str, str]], wanted: Sequence[tuple[str, frozenset[str]]]) -> bool:
    return all(dict(tags).get(name) in values for name, values in wanted)


def is_below(scene: Scene, account: Account, unit: str) -> bool:
    above = chain(scene.places[account.id])
    if unit == ROOT or unit in {identifier for identifier, _ in above}:
        return True
    path = unit.split("/")
    return len(path) <= len(above) and all(
        same(step, name) for step, (_, name) in zip(path, above, strict=False)
    )


def picks_account(scene: Scene, rule: Accounts, account: Account) -> bool:
    if is_named(rule.excluded, identifier=account.id, name=account.name):
        return False
    if rule.all or is_named(rule.named, identifier=account.id, name=account.name):
        return True
    in_unit = any(is_below(scene, account, unit) for unit in rule.units)
    if rule.units and rule.tags:
        return in_unit and has_tags(account.tags, rule.tags)
    if rule.units:
        return in_unit
    return bool(rule.tags) and has_tags(account.tags, rule.tags)


def fits(pattern: str, name: str) -> bool:
    if not pattern or pattern[0] == "*":
        return not name if not pattern else any(fits(pattern[1:], name[n:]) for n in range(len(name) + 1))
    return bool(name) and pattern[0] in {"?", name[0]} and fits(pattern[1:], name[1:])


def picks_permission_set(rule: PermissionSets, one: PermissionSet) -> bool:
    if is_named(rule.excluded, identifier=one.arn, name=one.name):
        return False
    if is_named(rule.names, identifier=one.arn, name=one.name):
        return True
    if any(fits(pattern.lower(), one.name.lower()) for pattern in rule.patterns):
        return True
    return bool(rule.tags) and has_tags(one.tags, rule.tags)


def covers(scene: Scene, rule: Entitlement, target: Target) -> bool:
    return picks_account(scene, rule.accounts, target.account) and picks_permission_set(
        rule.permission_sets, target.permission_set
    )


def lets_ask(rule: Entitlement, ask: Ask) -> bool:
    for_others = ask.requester != ask.beneficiary
    return belongs(rule.requesters, ask.beneficiary) and (
        not for_others or belongs(rule.requesters_for, ask.requester)
    )


def window_of(rule: Entitlement, ask: Ask) -> Window:
    start = NOW if ask.starts_at is None or ask.starts_at < NOW else ask.starts_at
    return Window(start, start + (ask.duration or rule.duration.default))


def owner_is_known(rule: Entitlement, ask: Ask) -> bool:
    lasting = ask.duration or rule.duration.default
    asked = rule.approval.steps if rule.approval else ()
    return all(
        step.approvers.owner_tag is None or dict(target.account.tags).get(step.approvers.owner_tag)
        for step in asked
        for target in ask.targets
        if concerns(step, target, lasting) is not None
    )


def refusing(scene: Scene, rule: Entitlement, ask: Ask, history: History) -> set[str]:
    """Return, from the design of the language alone, the rules by which one entitlement refuses an ask."""
    lasting, window = ask.duration or rule.duration.default, window_of(rule, ask)
    start, others = ask.starts_at or NOW, ask.requester != ask.beneficiary
    holds = {
        "requesters": belongs(rule.requesters, ask.beneficiary),
        "requesters_for": not others or belongs(rule.requesters_for, ask.requester),
        "accounts": all(picks_account(scene, rule.accounts, one.account) for one in ask.targets),
        "permission_sets": all(
            picks_permission_set(rule.permission_sets, one.permission_set) for one in ask.targets
        ),
        "account_status": all(one.account.status == "ACTIVE" for one in ask.targets),
        "duration": lasting <= rule.duration.maximum,
        "minimum_duration": lasting >= BOUNDS.minimum_duration,
        "earliest_start": start >= NOW,
        "latest_start": start <= NOW + BOUNDS.maximum_start_ahead,
        "allowed_hours": rule.allowed_hours is None or rule.allowed_hours.cover(window),
        "justification": len(ask.justification.strip()) >= rule.justification_minimum_length,
        "ticket": bool(ask.ticket) or not rule.ticket.required,
        "maximum_concurrent": few_enough(rule, ask, window, history),
        "cool_down": long_enough_after(rule, window, history),
        "review": not (rule.break_glass and history.open_review),
        "approvers": owner_is_known(rule, ask),
    }
    return {name for name, passed in holds.items() if not passed}


def few_enough(rule: Entitlement, ask: Ask, window: Window, history: History) -> bool:
    """Count the grants in each half minute of the access."""
    if rule.maximum_concurrent is None:
        return True
    count = -(-(window.ends_at - window.starts_at) // (MINUTE / 2))
    instants = [window.starts_at + step * MINUTE / 2 for step in range(count)]
    most = max(sum(one.contains(instant) for one in history.windows) for instant in instants)
    return most + len(ask.targets) <= rule.maximum_concurrent


def long_enough_after(rule: Entitlement, window: Window, history: History) -> bool:
    if rule.cool_down is None:
        return True
    if history.last_over_at and window.starts_at - history.last_over_at < rule.cool_down:
        return False
    gaps = [window.starts_at - one.ends_at for one in history.windows]
    gaps += [one.starts_at - window.ends_at for one in history.windows]
    return all(gap >= rule.cool_down for gap in gaps if gap >= timedelta())


def concerns(step: ApprovalStep, target: Target, lasting: timedelta) -> list[When] | None:
    """Return the conditions that hold for a target, whatever the hour; None where the step has none."""
    if not step.when:
        return []
    holding = [
        when
        for when in step.when
        if (when.duration_over is None or lasting > when.duration_over)
        and has_tags(target.account.tags, when.account_tags)
        and (
            when.permission_sets is None or picks_permission_set(when.permission_sets, target.permission_set)
        )
    ]
    return holding or None


def must_agree(rule: Entitlement, ask: Ask, window: Window, people: Sequence[Person]) -> Iterator[Seats]:
    """Yield, for each step that access during ``window`` needs, who could serve it and how many must."""
    lasting = ask.duration or rule.duration.default
    for step in rule.approval.steps if rule.approval else ():
        groups: dict[str, list[Target]] = {}
        for target in ask.targets:
            if (found := concerns(step, target, lasting)) is None:
                continue
            if found and all(when.outside and when.outside.cover(window) for when in found):
                continue
            tag = step.approvers.owner_tag
            groups.setdefault(dict(target.account.tags)[tag] if tag else "", []).append(target)
        for owner in groups:
            able = replace(
                step.approvers,
                users=(*step.approvers.users, *([owner] if owner else [])),
                groups=(*step.approvers.groups, *([owner] if owner else [])),
            )
            yield frozenset(one.id for one in people if belongs(able, one)), step.required
