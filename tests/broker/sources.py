"""What `tests.policies` draws, as people write it: a document, and the words of a submission."""

import json
from typing import Any

from protem.broker.requests import Submission
from protem.domain import durations, names
from protem.domain.eligibility import Ask
from protem.domain.entitlements import ApprovalStep, Entitlement, Policy, When
from protem.domain.hours import Hours
from protem.domain.selectors import Accounts, People, PermissionSets, Wanted
from tests.policies import TAGS

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def words(ask: Ask, *, entitlement: str | None) -> Submission:
    """Return an ask as people write it."""
    return Submission(
        targets=tuple((target.account.id, target.permission_set.name.upper()) for target in ask.targets),
        justification=ask.justification,
        entitlement=entitlement,
        duration=ask.duration,
        ticket=ask.ticket,
        starts_at=ask.starts_at,
        beneficiary=None if ask.beneficiary is ask.requester else ask.beneficiary.user_name,
    )


def written(policy: Policy) -> str:
    """Return a document of those entitlements that the language lets one write."""
    rules = [_rule(rule) for rule in policy.entitlements if _writable(rule)]
    return json.dumps({"trusted_tags": [*TAGS, "risk"], "entitlements": rules})


def _writable(rule: Entitlement) -> bool:
    accounts, sets = rule.accounts, rule.permission_sets
    return bool(
        (rule.requesters.users or rule.requesters.groups)
        and (accounts.all or accounts.named or accounts.units or accounts.tags)
        and (sets.names or sets.patterns or sets.tags)
        and not (rule.break_glass and rule.approval)
    )


def _rule(rule: Entitlement) -> dict[str, Any]:
    text = durations.text
    found: dict[str, Any] = {
        "name": rule.name,
        "requesters": _people(rule.requesters),
        "requesters_for": _people(rule.requesters_for),
        "permission_sets": _permission_sets(rule.permission_sets),
        "accounts": _accounts(rule.accounts),
        "duration": {"default": text(rule.duration.default), "maximum": text(rule.duration.maximum)},
        "justification": {"minimum_length": rule.justification_minimum_length},
        "ticket": {"required": True} if rule.ticket.required else None,
        "allowed_hours": _hours(rule.allowed_hours) if rule.allowed_hours else None,
        "maximum_concurrent": rule.maximum_concurrent,
        "cool_down": text(rule.cool_down) if rule.cool_down else None,
        "approval": {"steps": [_step(step) for step in rule.approval.steps]} if rule.approval else None,
        "break_glass": rule.break_glass or None,
        "notify": {"groups": ["security"]} if rule.break_glass else None,
    }
    return _said(found)


def _said(part: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in part.items() if value not in (None, [], {})}


def _people(people: People) -> dict[str, Any]:
    return _said({"users": list(people.users), "groups": list(people.groups)})


def _tags(wanted: Wanted) -> dict[str, Any]:
    return {name: sorted(values) for name, values in wanted}


def _permission_sets(sets: PermissionSets) -> dict[str, Any]:
    return _said(
        {
            "names": list(sets.names),
            "patterns": list(sets.patterns),
            "tags": _tags(sets.tags),
            "except": list(sets.excluded),
        }
    )


def _accounts(accounts: Accounts) -> dict[str, Any]:
    if accounts.all:
        return _said({"all": True, "except": list(accounts.excluded)})
    return _said(
        {
            "ids": [one for one in accounts.named if names.is_identifier(one)],
            "names": [one for one in accounts.named if not names.is_identifier(one)],
            "organizational_units": list(accounts.units),
            "tags": _tags(accounts.tags),
            "except": list(accounts.excluded),
        }
    )


def _hours(hours: Hours) -> dict[str, Any]:
    windows = [
        {
            "days": [_DAYS[day] for day in sorted(span.days)],
            "from": span.opens.isoformat("minutes"),
            "to": "24:00" if span.closes == span.opens else span.closes.isoformat("minutes"),
        }
        for span in hours.spans
    ]
    return {"time_zone": hours.time_zone, "windows": windows}


def _step(step: ApprovalStep) -> dict[str, Any]:
    approvers = _people(step.approvers) | ({"owner_tag": "owner"} if step.approvers.owner_tag else {})
    alternatives = [when for when in map(_when, step.when) if when]
    return _said(
        {
            "name": step.name,
            "approvers": approvers or {"groups": ["leads"]},
            "required": step.required if step.approvers.groups or step.approvers.owner_tag else 1,
            "when": alternatives,
        }
    )


def _when(when: When) -> dict[str, Any]:
    sets = _permission_sets(when.permission_sets) if when.permission_sets else {}
    return _said(
        {
            "duration_over": durations.text(when.duration_over) if when.duration_over else None,
            "account_tags": _tags(when.account_tags),
            "permission_sets": sets if sets.keys() - {"except"} else None,
            "outside_hours": _hours(when.outside) if when.outside else None,
        }
    )
