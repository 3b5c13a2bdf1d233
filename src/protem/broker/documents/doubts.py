"""What is odd about valid entitlements: names the catalogue lacks, steps that nobody could fill."""

from collections.abc import Iterator
from itertools import islice

from sqlalchemy import select
from sqlalchemy.orm import Session

from protem.broker.documents.directory import Directory
from protem.db.models import CatalogueSync, Token, TokenRole
from protem.domain.approvals import Answer, Cast, unmet
from protem.domain.authority import Scope
from protem.domain.entitlements import Approval, Entitlement
from protem.domain.selectors import People
from protem.domain.steps import Step

_NAMED_AT_MOST = 3


def warnings(session: Session, entitlements: tuple[Entitlement, ...]) -> tuple[str, ...]:
    """Return a sentence for everything that an author may want to know before applying."""
    synchronised = session.get(CatalogueSync, "catalogue")
    if synchronised is None or synchronised.completed_at is None:
        return ("the catalogue has not been synchronised yet: no name in the entitlements could be checked",)
    directory, services = Directory.load(session), _services(session)
    return tuple(
        f"{rule.name}: {sentence}" for rule in entitlements for sentence in _about(rule, directory, services)
    )


def _about(rule: Entitlement, directory: Directory, services: frozenset[str]) -> Iterator[str]:
    yield from _unknown_people("requesters", rule.requesters, directory)
    for name in rule.permission_sets.names:
        if not directory.permission_sets.knows(name):
            yield f"the catalogue knows no permission set {name!r}"
    for account in (*rule.accounts.named, *rule.accounts.excluded):
        if account not in directory.accounts:
            yield f"the catalogue knows no account {account}"
    if rule.approval:
        for step in rule.approval.steps:
            yield from _unknown_people(f"approvers of step {step.name}", step.approvers, directory)
        for service in rule.approval.through:
            if service not in services:
                yield f"through names {service!r}, but no service of that name has a token that may decide"
        yield from _steps_without_people(rule, rule.approval, directory)


def _unknown_people(where: str, people: People, directory: Directory) -> Iterator[str]:
    for user in people.users:
        if not directory.users.knows(user):
            yield f"{where} name the user {user!r}, whom the catalogue does not know"
    for group in people.groups:
        if not directory.groups.knows(group):
            yield f"{where} name the group {group!r}, which the catalogue does not know"


def _steps_without_people(rule: Entitlement, approval: Approval, directory: Directory) -> Iterator[str]:
    """Yield a warning when nobody, or nobody but the requester, could fill the steps."""
    seats = sum(step.required for step in approval.steps)
    able = {step.name: directory.members(step.approvers) for step in approval.steps}
    if missing := _unfilled(approval, able, without=None):
        yield f"too few people can serve {missing}; its requests will expire"
        return
    # A step with more people than there are seats can spare anybody.
    scarce = {person for people in able.values() if len(people) <= seats for person in people}
    stranded = (
        f"{directory.user_names[person]} ({missing})"
        for person in sorted(scarce & directory.members(rule.requesters))
        if (missing := _unfilled(approval, able, without=person))
    )
    if named := list(islice(stranded, _NAMED_AT_MOST)):
        yield f"too few people could approve besides the requester for {', '.join(named)}"


def _unfilled(approval: Approval, able: dict[str, frozenset[str]], *, without: str | None) -> str:
    seats = sum(step.required for step in approval.steps)
    candidates = {
        person for people in able.values() for person in islice(sorted(people - {without}), seats + 1)
    }
    casts = [
        Cast(person, Answer.APPROVE, tuple(name for name, people in able.items() if person in people))
        for person in sorted(candidates)
    ]
    steps = [Step(step.name, step.approvers, step.required) for step in approval.steps]
    return ", ".join(f"step {step.name}" for step in unmet(steps, casts))


def _services(session: Session) -> frozenset[str]:
    live = select(Token).where(Token.role == TokenRole.SERVICE, Token.revoked_at.is_(None))
    return frozenset(token.name for token in session.scalars(live) if Scope.ACT_AS_DECIDE in token.scopes)
