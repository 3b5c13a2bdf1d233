"""The reconciler with everything round it but the callers: a store, the sandbox, and one clock."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property, partial
from random import Random

import boto3
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from protem.broker.activation import Obstacle
from protem.db.models import (
    Assignment,
    AuditEvent,
    EntitlementVersion,
    Grant,
    Instance,
    Principal,
    Request,
    new_id,
)
from protem.db.store import Store
from protem.domain.lifecycle import EndReason, GrantState, RequestState
from protem.identity_center.aws import AwsAssignments, connect, sessions
from protem.identity_center.budget import CallBudget
from protem.reconciler.lease import Lease
from protem.reconciler.runner import Runner
from protem.reconciler.steps import Guard
from protem.sandbox import Sandbox
from protem.sandbox.mounts import hook
from protem.sandbox.wire import messages
from tests.clocks import ManualClock

ACCOUNT = "111122223333"
OTHER_ACCOUNT = "111122224444"
MOST_TICKS_AT_ONCE = 50


class Stage:
    """One session for all worlds of a test run, answered by the sandbox of the latest: making one is slow."""

    def __init__(self) -> None:
        self.sandbox: Sandbox | None = None

    @cached_property
    def session(self) -> boto3.Session:
        return sessions.answered_by(partial(hook.mount, self._reply))

    def _reply(self, request: messages.Request) -> messages.Reply | None:
        assert self.sandbox is not None
        return self.sandbox.reply(request)


stage = Stage()


def allow(session: Session, grant: Grant, now: datetime) -> Obstacle | None:
    """Let every grant begin."""
    return None


def lost(sentence: str) -> Obstacle:
    """Return why access that was approved is allowed no longer."""
    return Obstacle(EndReason.ELIGIBILITY_LOST, sentence)


@dataclass
class World:
    """One organization, one store; ``start`` gives a reconciler with an empty memory."""

    url: str
    clock: ManualClock = field(default_factory=ManualClock)
    creation_seconds: float = 3.0
    deletion_seconds: float = 12.0
    lease_seconds: float = 6.0
    date_skew_seconds: float = 0.0
    delete_of_absent: str = "failed"
    watch: timedelta = timedelta(minutes=10)

    def __post_init__(self) -> None:
        self.sandbox = Sandbox(
            clock=self.clock,
            creation_seconds=self.creation_seconds,
            deletion_seconds=self.deletion_seconds,
            date_skew_seconds=self.date_skew_seconds,
            delete_of_absent=self.delete_of_absent,
        )
        self.sandbox.organization.add_account(ACCOUNT, name="alpha", email="alpha@example.com")
        self.sandbox.organization.add_account(OTHER_ACCOUNT, name="beta", email="beta@example.com")
        self.alice = self.sandbox.directory.add_user(
            user_name="alice@example.com", display_name="Alice", email="alice@example.com"
        )
        self.permission_set = self.sandbox.permission_sets.add("AdministratorAccess")
        self.store = Store(self.url, clock=self.clock, agreed_time=False)
        with self.store.writing() as session:
            self._catalogue(session)
        self.why_not: Callable[[Session, Grant, datetime], Obstacle | None] = allow
        self.budget = CallBudget(clock=self.clock)
        self.assignments = self._connect()
        self.runner = self.start()

    def _connect(self) -> AwsAssignments:
        stage.sandbox = self.sandbox
        guard = Guard(held=self._held, clock=self.clock)
        return connect(stage.session, budget=self.budget, guard=guard, clock=self.clock).assignments

    def _catalogue(self, session: Session) -> None:
        session.add(Instance(arn=self.sandbox.instance_arn, identity_store_id="d-1", owner_account_id="1"))
        session.add(
            Principal(id=self.alice, user_name="alice", user_name_key="alice", display_name="A", email=None)
        )
        session.flush()
        session.add(
            EntitlementVersion(
                version=1, digest="", document={}, source="", applied_at=self.clock.now(), applied_by="test"
            )
        )

    def start(self, *, exclusive: bool = True) -> Runner:
        """Return a reconciler that remembers nothing, as after a crash."""
        lease = Lease(
            store=self.store,
            clock=self.clock,
            duration=timedelta(seconds=self.lease_seconds),
            exclusive=exclusive,
        )
        self.lease = lease
        return Runner(
            store=self.store,
            assignments=self.assignments,
            budget=self.budget,
            lease=lease,
            dispatch=lambda work: work(),
            clock=self.clock,
            watch=self.watch,
            why_not=self._why_not,
            threads=8,
            done=self._note,
            randomness=Random(7),
        )

    def slow_down(self, *, rate: float) -> None:
        """Allow so many calls a second from now on."""
        self.budget = CallBudget(clock=self.clock, rate=rate)
        self.assignments = self._connect()
        self.runner = self.start()

    def _held(self) -> bool:
        return self.lease.held()

    def _why_not(self, session: Session, grant: Grant, now: datetime) -> Obstacle | None:
        return self.why_not(session, grant, now)

    def grant(
        self,
        *,
        minutes: float = 10,
        starts_in: float = 0,
        account: str = ACCOUNT,
        principal: str | None = None,
        renews: bool = False,
    ) -> uuid.UUID:
        """Owe access as an approval does, and return the grant's id."""
        now = self.clock.now()
        with self.store.writing() as session:
            request = self._approved(session)
            row = self._assignment(session, account, principal or self.alice)
            starts_at = now + timedelta(minutes=starts_in)
            grant = Grant(
                id=new_id(),
                request_id=request.id,
                position=0,
                assignment_id=row.id,
                principal_id=self.alice,
                account_id=account,
                permission_set_arn=self.permission_set,
                session_duration=timedelta(hours=1),
                created_at=now,
                starts_at=starts_at,
                ends_at=starts_at + timedelta(minutes=minutes),
                renews=renews,
                state=GrantState.SCHEDULED,
            )
            session.add(grant)
            self._wake(session, row, starts_at)
        return grant.id

    def _approved(self, session: Session) -> Request:
        now = self.clock.now()
        request = Request(
            id=new_id(),
            state=RequestState.PENDING,
            requester_id=self.alice,
            beneficiary_id=self.alice,
            entitlement="test",
            entitlement_version=1,
            digest="",
            duration=timedelta(minutes=10),
            justification="",
            created_at=now,
            expires_at=now + timedelta(hours=1),
        )
        session.add(request)
        session.flush()
        request.state, request.answered_at = RequestState.APPROVED, now
        return request

    def _assignment(self, session: Session, account: str, principal: str) -> Assignment:
        found = session.scalars(
            select(Assignment).where(Assignment.account_id == account, Assignment.principal_id == principal)
        ).one_or_none()
        if found is not None:
            return found
        row = Assignment(
            id=new_id(),
            instance_arn=self.sandbox.instance_arn,
            account_id=account,
            permission_set_arn=self.permission_set,
            principal_id=principal,
            created_at=self.clock.now(),
        )
        session.add(row)
        session.flush()
        return row

    @staticmethod
    def _wake(session: Session, row: Assignment, at: datetime) -> None:
        soonest = at if row.next_attempt_at is None else min(row.next_attempt_at, at)
        session.execute(
            update(Assignment)
            .where(Assignment.id == row.id)
            .values(next_attempt_at=soonest, version=Assignment.version + 1)
        )

    def revoke(self, grant_id: uuid.UUID) -> None:
        """Take a grant back, as the broker does."""
        with self.store.writing() as session:
            grant = session.get_one(Grant, grant_id)
            self._wake(session, session.get_one(Assignment, grant.assignment_id), self.clock.now())
            grant.revoked_at, grant.revoke_reason = self.clock.now(), EndReason.REVOKED

    def run(self, seconds: float, *, step: float = 0.5, longest: float = 5.0) -> None:
        """Let time go by, with a tick of the reconciler whenever something is due, and now and then."""
        until = self.clock.now() + timedelta(seconds=seconds)
        while self.clock.now() < until:
            wait = self.tick()
            pause = longest if wait is None else min(max(wait.total_seconds(), step), longest)
            self.clock.advance(min(pause, max((until - self.clock.now()).total_seconds(), 0.001)))
        self.tick()

    def tick(self) -> timedelta | None:
        """Tick until nothing is to be done at this instant, as wake-ups make the real one do."""
        for _ in range(MOST_TICKS_AT_ONCE):
            self._done = False
            wait = self.runner.tick()
            if not self._done:
                return wait
        message = "the reconciler is going round in circles"
        raise AssertionError(message)

    def _note(self) -> None:
        self._done = True

    def read(self, grant_id: uuid.UUID) -> Grant:
        with self.store.reading() as session:
            return session.get_one(Grant, grant_id)

    def row(self, account: str = ACCOUNT) -> Assignment:
        with self.store.reading() as session:
            return session.scalars(select(Assignment).where(Assignment.account_id == account)).one()

    def events(self) -> list[str]:
        with self.store.reading() as session:
            return list(session.scalars(select(AuditEvent.type).order_by(AuditEvent.id)))

    def holds(self, account: str = ACCOUNT, *, principal: str | None = None) -> bool:
        """Whether AWS holds the assignment now."""
        return self.sandbox.assignments.holds(
            account_id=account,
            permission_set_arn=self.permission_set,
            principal_id=principal or self.alice,
        )

    def calls(self, operation: str) -> int:
        return self.sandbox.calls.count(operation)

    def close(self) -> None:
        self.store.close()
