"""A store with an organization in its catalogue, and people, bots and admins who call the broker."""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from protem.broker import catalogue, decisions, documents, extensions, grants, repeats, requests
from protem.broker.callers import Caller
from protem.broker.extensions import Extension
from protem.broker.requests import Submission
from protem.db.models import (
    Account,
    Assignment,
    AuditEvent,
    EntitlementVersion,
    Grant,
    Group,
    Membership,
    Observed,
    PermissionSet,
    Principal,
    Provenance,
    Request,
    Table,
    Token,
    TokenRole,
    new_id,
)
from protem.db.store import Store
from protem.domain.approvals import Answer
from protem.domain.authority import Scope
from protem.domain.eligibility import Bounds
from protem.domain.errors import Refusal
from tests.broker import organization
from tests.broker.organization import (
    ALPHA,
    BETA,
    GONE,
    GROUPS,
    INSTANCE,
    MANAGEMENT,
    POLICY,
    SUSPENDED,
    arn,
    group_id,
    person_id,
    user_name,
)
from tests.clocks import ManualClock

__all__ = [
    "ADMIN",
    "ALPHA",
    "AUDITOR",
    "BETA",
    "BOUNDS",
    "GONE",
    "GROUPS",
    "INSTANCE",
    "MANAGEMENT",
    "POLICY",
    "SUSPENDED",
    "World",
    "arn",
    "asking",
    "group_id",
    "person_id",
    "user_name",
]

BOUNDS = Bounds(minimum_duration=timedelta(minutes=1), maximum_start_ahead=timedelta(days=7))


CHATTING = (Scope.READ, Scope.ACT_AS_REQUEST, Scope.ACT_AS_DECIDE)
"""What a chat bot's token is for."""


@dataclass
class World:
    """Everything is committed: each call of a method is one transaction, as at the edge."""

    url: str
    clock: ManualClock = field(default_factory=ManualClock)

    def __post_init__(self) -> None:
        self.store = Store(self.url, clock=self.clock, agreed_time=False)
        with self.store.writing() as session:
            organization.fill(session, now=self.clock.now())
        self.tokens: dict[str, uuid.UUID] = {}
        self.apply(POLICY)

    def apply(self, source: str) -> None:
        """Put entitlements in force."""
        document = documents.parse(source, file="entitlements.yaml")
        self.apply_document(document.normal, digest=document.digest)

    def apply_document(self, document: dict[str, Any], *, digest: str) -> None:
        """Put a document in force that nobody has checked."""
        with self.store.writing() as session:
            latest = session.scalars(select(func.max(EntitlementVersion.version))).one()
            session.add(
                EntitlementVersion(
                    version=(latest or 0) + 1,
                    digest=digest,
                    document=document,
                    source="",
                    applied_at=self.clock.now(),
                    applied_by="test",
                )
            )

    def person(self, name: str) -> Caller:
        """Return somebody who calls with a token of their own."""
        with self.store.reading() as session:
            found = catalogue.person(session, person_id(name))
        return Caller(
            name=f"{name}-laptop", role=TokenRole.PERSONAL, token_id=self._token(name), person=found
        )

    def bot(
        self, name: str = "slack", *, acting: str | None = None, scopes: Iterable[Scope] = CHATTING
    ) -> Caller:
        """Return a service, which perhaps acts as somebody."""
        with self.store.reading() as session:
            found = catalogue.person(session, person_id(acting)) if acting else None
        return Caller(
            name=name,
            role=TokenRole.SERVICE,
            token_id=self._token(name, service=True),
            person=found,
            scopes=frozenset(scopes),
        )

    def _token(self, name: str, *, service: bool = False) -> uuid.UUID:
        if name not in self.tokens:
            self.tokens[name] = new_id()
            with self.store.writing() as session:
                session.add(
                    Token(
                        id=self.tokens[name],
                        name=name,
                        role=TokenRole.SERVICE if service else TokenRole.PERSONAL,
                        secret_hash=f"of {name}",
                        principal_id=None if service else person_id(name),
                        scopes=[],
                        created_at=self.clock.now(),
                        created_by="test",
                        expires_at=self.clock.now() + timedelta(days=90),
                    )
                )
        return self.tokens[name]

    def submit(self, caller: Caller, submission: Submission | None = None) -> Request:
        """Ask; for administrator access to alpha if nothing else is said."""
        with self.store.writing() as session:
            return requests.submit(
                session, caller, submission or asking(), bounds=BOUNDS, now=self.clock.now()
            )

    def decide(
        self,
        caller: Caller,
        request: Request,
        answer: Answer = Answer.APPROVE,
        *,
        duration: timedelta | None = None,
        digest: str | None = None,
        comment: str = "fine",
    ) -> Request:
        """Answer a request, having seen what it carries."""
        with self.store.writing() as session:
            return decisions.decide(
                session,
                caller,
                request.id,
                answer=answer,
                comment=comment,
                duration=duration,
                digest=request.digest if digest is None else digest,
                now=self.clock.now(),
            )

    def withdraw(self, caller: Caller, request: Request) -> Request:
        """Take a request back."""
        with self.store.writing() as session:
            return requests.withdraw(session, caller, request.id, now=self.clock.now())

    def revoke(self, caller: Caller, grant: Grant, *, comment: str = "done") -> Grant:
        """Press the red button."""
        with self.store.writing() as session:
            return grants.revoke(session, caller, grant.id, comment=comment, now=self.clock.now())

    def extend(
        self,
        caller: Caller,
        grant: Grant,
        duration: timedelta = timedelta(minutes=30),
        *,
        justification: str = "it takes longer",
        ticket: str | None = None,
    ) -> Grant:
        """Ask for a grant to last longer."""
        wish = Extension(duration=duration, justification=justification, ticket=ticket)
        with self.store.writing() as session:
            return extensions.extend(session, caller, grant.id, wish, bounds=BOUNDS, now=self.clock.now())

    def repeat(self, caller: Caller, request: Request) -> Request:
        """Ask again for what was asked for before."""
        with self.store.writing() as session:
            return repeats.repeat(session, caller, request.id, bounds=BOUNDS, now=self.clock.now())

    def granted(self, request: Request) -> tuple[Grant, ...]:
        """Return what a request led to."""
        with self.store.reading() as session:
            return grants.of_requests(session, [request.id]).get(request.id, ())

    def approved(self, *, by: str = "carol", submission: Submission | None = None) -> Grant:
        """Return a grant that alice asked for and somebody approved."""
        request = self.submit(self.person("alice"), submission)
        self.decide(self.person(by), request)
        return self.granted(request)[0]

    def grant(self, grant: Grant) -> Grant:
        """Return a grant as it is now."""
        with self.store.reading() as session:
            return session.get_one(Grant, grant.id)

    def request(self, request: Request) -> Request:
        """Return a request as it is now."""
        with self.store.reading() as session:
            return session.get_one(Request, request.id)

    def assignments(self) -> Sequence[Assignment]:
        """Return every row of assignments."""
        with self.store.reading() as session:
            return session.scalars(select(Assignment).order_by(Assignment.id)).all()

    def hold_standing(self, holder: str, *, account: str = ALPHA) -> None:
        """Let AWS be seen to give a person or a group administrator access that nobody asked Protem for."""
        by_group = holder in GROUPS
        with self.store.writing() as session:
            session.add(
                Assignment(
                    instance_arn=INSTANCE,
                    account_id=account,
                    permission_set_arn=arn("AdministratorAccess"),
                    principal_type="GROUP" if by_group else "USER",
                    principal_id=group_id(holder) if by_group else person_id(holder),
                    provenance=Provenance.STANDING,
                    observed=Observed.PRESENT,
                    created_at=self.clock.now(),
                )
            )

    def change(self, row: Table, **values: Any) -> None:
        """Have something come about that no command of the broker does."""
        with self.store.writing() as session:
            changed = session.merge(row)
            for column, value in values.items():
                setattr(changed, column, value)

    def remove(self, kind: type[Account | PermissionSet | Principal | Group], identifier: str) -> None:
        """Have the next synchronisation find something gone."""
        with self.store.writing() as session:
            row: Any = session.get_one(kind, identifier)
            row.removed_at = self.clock.now()

    def leave(self, name: str, *, group: str) -> None:
        """Take somebody out of a group."""
        with self.store.writing() as session:
            session.delete(session.get_one(Membership, (group_id(group), person_id(name))))

    def events(self) -> list[str]:
        """Return the types of everything on record, in order."""
        with self.store.reading() as session:
            return list(session.scalars(select(AuditEvent.type).order_by(AuditEvent.id)))

    @contextmanager
    def refusing(self, kind: type[Refusal]) -> Iterator[pytest.ExceptionInfo[Any]]:
        """Expect a refusal, after which every row is as it was before."""
        before = self.contents()
        with pytest.raises(kind) as caught:
            yield caught
        assert type(caught.value) is kind
        assert self.contents() == before

    def contents(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return every row there is, to see that nothing has changed."""
        with self.store.reading() as session:
            return {
                table.name: sorted((tuple(row) for row in session.execute(select(table))), key=repr)
                for table in Table.metadata.sorted_tables
            }


ADMIN = Caller(name="root", role=TokenRole.ADMIN)
AUDITOR = Caller(name="audit", role=TokenRole.AUDITOR)


def asking(
    *targets: tuple[str, str],
    duration: timedelta | None = timedelta(hours=1),
    justification: str = "the pager went off",
    **others: Any,
) -> Submission:
    """Return a submission; for administrator access to alpha if no targets are given."""
    return Submission(
        targets=targets or ((ALPHA, "AdministratorAccess"),),
        duration=duration,
        justification=justification,
        **others,
    )
