"""What the words of a document mean to the rules."""

from collections.abc import Mapping, Sequence
from datetime import time

from protem.broker.documents import approval, hours, language, limits, people, places
from protem.broker.patterns import LinearPattern
from protem.domain.entitlements import (
    NO_TICKET,
    NOBODY,
    Approval,
    ApprovalStep,
    DurationLimits,
    Entitlement,
    Extension,
    OnEligibilityLost,
    Ticket,
    When,
    WhenRemovedOutside,
)
from protem.domain.hours import Hours, Span
from protem.domain.selectors import Accounts, People, PermissionSets, Wanted


def entitlement(rule: language.Entitlement) -> Entitlement:
    """Return the rule that an author wrote."""
    return Entitlement(
        name=rule.name,
        description=rule.description,
        requesters=_people(rule.requesters),
        requesters_for=_people(rule.requesters_for) if rule.requesters_for else NOBODY,
        permission_sets=_permission_sets(rule.permission_sets),
        accounts=_accounts(rule.accounts),
        duration=DurationLimits(default=rule.duration.default, maximum=rule.duration.maximum),
        justification_minimum_length=rule.justification.minimum_length,
        ticket=_ticket(rule.ticket) if rule.ticket else NO_TICKET,
        allowed_hours=_hours(rule.allowed_hours) if rule.allowed_hours else None,
        maximum_concurrent=rule.maximum_concurrent,
        cool_down=rule.cool_down,
        approval=_approval(rule.approval) if rule.approval else None,
        break_glass=rule.break_glass,
        notify=_people(rule.notify) if rule.notify else NOBODY,
        extension=_extension(rule.extension) if rule.extension else None,
        on_eligibility_lost=OnEligibilityLost(rule.on_eligibility_lost),
        when_removed_outside=WhenRemovedOutside(rule.when_removed_outside),
    )


def _people(wanted: people.People) -> People:
    owner_tag = wanted.owner_tag if isinstance(wanted, people.Approvers) else None
    return People(users=tuple(wanted.users), groups=tuple(wanted.groups), owner_tag=owner_tag)


def _permission_sets(wanted: places.PermissionSets) -> PermissionSets:
    return PermissionSets(
        names=tuple(wanted.names),
        patterns=tuple(wanted.patterns),
        tags=_tags(wanted.tags),
        excluded=tuple(wanted.excluded),
    )


def _accounts(wanted: places.Accounts) -> Accounts:
    return Accounts(
        named=(*wanted.ids, *wanted.names),
        units=tuple(wanted.organizational_units),
        tags=_tags(wanted.tags),
        all=wanted.all,
        excluded=tuple(wanted.excluded),
    )


def _tags(wanted: Mapping[str, Sequence[str]]) -> Wanted:
    return tuple((name, frozenset(values)) for name, values in wanted.items())


def _ticket(ticket: limits.Ticket) -> Ticket:
    pattern = LinearPattern(ticket.pattern) if ticket.pattern else None
    return Ticket(required=ticket.required, pattern=pattern)


def _extension(extension: limits.Extension) -> Extension:
    return Extension(maximum_count=extension.maximum_count, maximum=extension.maximum)


def _hours(wanted: hours.Hours) -> Hours:
    return Hours(wanted.time_zone, tuple(_span(span) for span in wanted.windows))


def _span(span: hours.Span) -> Span:
    # A span that ends at the midnight after it began runs into the next day, to its very first moment.
    closes = "00:00" if span.closes == hours.MIDNIGHT else span.closes
    days = frozenset(hours.DAYS.index(day) for day in span.days)
    return Span(days=days, opens=time.fromisoformat(span.opens), closes=time.fromisoformat(closes))


def _approval(wanted: approval.Approval) -> Approval:
    return Approval(
        steps=tuple(_step(step) for step in wanted.steps),
        expires_after=wanted.expires_after,
        through=tuple(wanted.through),
    )


def _step(step: approval.Step) -> ApprovalStep:
    return ApprovalStep(
        name=step.name,
        approvers=_people(step.approvers),
        required=step.required,
        when=tuple(_when(when) for when in step.when),
    )


def _when(when: approval.When) -> When:
    return When(
        duration_over=when.duration_over,
        account_tags=_tags(when.account_tags),
        permission_sets=_permission_sets(when.permission_sets) if when.permission_sets else None,
        outside=_hours(when.outside_hours) if when.outside_hours else None,
    )
