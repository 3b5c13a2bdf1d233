"""What is odd about valid entitlements: what is not there, what picks nothing, who cannot be asked."""

from collections.abc import Iterable, Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from protem.broker.documents import picking, staffing
from protem.broker.documents.directory import Directory
from protem.db.models import CatalogueSync, Token, TokenRole
from protem.domain import durations
from protem.domain.authority import Scope
from protem.domain.entitlements import Approval, Entitlement
from protem.domain.selectors import People

_OWNERS_IN_ALL = 20_000
_OWNERS_AT_LEAST = 25
"""For how many owners it is worked out who else could approve: a second or two for the longest document."""


def warnings(session: Session, entitlements: tuple[Entitlement, ...]) -> tuple[str, ...]:
    """Return a sentence for everything that an author may want to know before applying."""
    synchronised = session.get(CatalogueSync, "catalogue")
    if synchronised is None or synchronised.completed_at is None:
        return ("the catalogue has not been synchronised yet: no name in the entitlements could be checked",)
    directory, services = Directory.load(session), _services(session)
    owners = max(_OWNERS_AT_LEAST, _OWNERS_IN_ALL // max(len(entitlements), 1))
    return tuple(
        f"{rule.name}: {sentence}"
        for rule in entitlements
        for sentence in (
            *_about(rule, directory, services),
            *_about_steps(rule, directory, owners_at_most=owners),
        )
    )


def _about(rule: Entitlement, directory: Directory, services: frozenset[str]) -> Iterator[str]:
    yield from _unknown_people("requesters", rule.requesters, directory)
    yield from _unknown_people("requesters_for", rule.requesters_for, directory)
    yield from picking.about_permission_sets(rule.permission_sets, directory)
    yield from picking.about_accounts(rule.accounts, directory)
    if rule.approval:
        yield from _about_approval(rule, rule.approval, directory, services)
    if rule.break_glass:
        yield from _unknown_people("notify", rule.notify, directory)
        yield from staffing.without_reviewers(rule, directory)


def _about_approval(
    rule: Entitlement, approval: Approval, directory: Directory, services: frozenset[str]
) -> Iterator[str]:
    for step in approval.steps:
        yield from _unknown_people(f"approvers of step {step.name}", step.approvers, directory)
    for service in approval.through:
        if service not in services:
            yield f"through names {service!r}, but no service of that name has a token that may decide"
    yield from _never_needed(rule, approval, directory)


def _about_steps(rule: Entitlement, directory: Directory, *, owners_at_most: int) -> Iterator[str]:
    if rule.approval:
        yield from staffing.without_owners(rule, rule.approval, directory)
        yield from staffing.without_people(rule, rule.approval, directory, owners_at_most=owners_at_most)


def _never_needed(rule: Entitlement, approval: Approval, directory: Directory) -> Iterator[str]:
    longest = rule.longest(extensions=rule.extension.maximum_count if rule.extension else 0)
    for step in approval.steps:
        for when in step.when:
            if when.duration_over is not None and when.duration_over >= longest:
                yield (
                    f"step {step.name} is needed over {durations.text(when.duration_over)},"
                    f" but nothing lasts longer than {durations.text(longest)}"
                )
            elif not picking.concerned(rule, when, directory.estate):
                yield f"a condition of step {step.name} concerns nothing that can be asked for"


def _unknown_people(where: str, people: People, directory: Directory) -> Iterator[str]:
    for user in people.users:
        if not directory.users.knows(user):
            yield f"{where} name the user {user!r}, whom the catalogue does not know"
    for group in people.groups:
        if not directory.groups.knows(group):
            yield f"{where} name the group {group!r}, which the catalogue does not know"


def _services(session: Session) -> frozenset[str]:
    live: Iterable[Token] = session.scalars(
        select(Token).where(Token.role == TokenRole.SERVICE, Token.revoked_at.is_(None))
    )
    return frozenset(token.name for token in live if Scope.ACT_AS_DECIDE in token.scopes)
