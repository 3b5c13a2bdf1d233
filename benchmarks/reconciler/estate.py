"""An organization in the sandbox, a store, and a reconciler at work on both, all in simulated time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from benchmarks.reconciler.ticking import Ticking
from protem.broker.activation import Obstacle
from protem.db.models import EntitlementVersion, Grant, Instance, Principal
from protem.db.store import Store
from protem.identity_center.aws import connect, sessions
from protem.identity_center.budget import CallBudget
from protem.reconciler.lease import Lease
from protem.reconciler.runner import Runner
from protem.reconciler.steps import Guard
from protem.sandbox import Sandbox
from protem.sandbox.mounts import hook
from protem.sandbox.settings import Span
from protem.sandbox.wire import messages
from tests.simulated_time import SimulatedTime

LATENCY = 0.2
"""Seconds from a call to its answer; a call takes effect as it leaves."""
THREADS, WATCH, TICKS = 16, timedelta(minutes=10), timedelta(seconds=1)
"""The defaults of PROTEM_CALL_THREADS, PROTEM_WATCH_INTERVAL and PROTEM_TICK_INTERVAL."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How long the operations take that AWS carries out, in seconds."""

    name: str
    creation: Span
    deletion: Span

    @property
    def slowest_mean(self) -> float:
        return max(_mean(self.creation), _mean(self.deletion))


QUICK = Pace("creating takes 2–6 s, deleting 10–15 s", (2.0, 6.0), (10.0, 15.0))
SLOW = Pace("creating and deleting take 24–36 s", (24.0, 36.0), (24.0, 36.0))
PACES = {"quick": QUICK, "slow": SLOW}


@dataclass(frozen=True, slots=True)
class Sent:
    """One attempt that reached the sandbox, ``at`` seconds after the start."""

    at: float
    operation: str
    account: str
    permission_set: str
    principal: str
    outcome: str


class Estate:
    """A reconciler as the runtime puts it together, but on one simulated clock; begins with ``start``."""

    def __init__(
        self, url: str, *, pace: Pace, accounts: int, users: int, seed: int = 1, jitter: float = 0.0
    ) -> None:
        self.time = SimulatedTime(seed=seed)
        self.began = self.time.now()
        self.pace = pace
        self.clock = self.time.clock()
        self.sandbox = Sandbox(
            clock=self.clock,
            seed=seed,
            creation_seconds=pace.creation,
            deletion_seconds=pace.deletion,
            latency_seconds=LATENCY,
            calls_kept=None,
        )
        self._jitter, self._chance = jitter, Random(seed)
        self.session = sessions.answered_by(partial(hook.mount, self._reply))
        self.accounts = [self._account(number) for number in range(accounts)]
        self.users = [self._user(number) for number in range(users)]
        self.permission_set = self.sandbox.permission_sets.add("AdministratorAccess")
        self.store = Store(url, clock=self.clock, agreed_time=False)
        if self.store.is_sqlite:
            event.listen(self.store.engine, "connect", _hurry)
        with self.store.writing() as session:
            self._catalogue(session)
        self.budget = CallBudget(clock=self.clock)
        self.runner = self._runner(seed)
        self.ticking = Ticking(self.time, self.runner.tick, interval=TICKS)
        self.runner.done = self.ticking.wake
        self._sent: list[Sent] = []

    def _reply(self, request: messages.Request) -> messages.Reply | None:
        """Have calls arrive up to ``jitter`` seconds after they left, so that who is first is open."""
        if self._jitter:
            self.clock.sleep(self._chance.uniform(0.0, self._jitter))
        return self.sandbox.reply(request)

    def start(self) -> None:
        self.ticking.wake()

    def at(self, seconds: float) -> datetime:
        """Return the instant so many seconds after the start."""
        return self.began + timedelta(seconds=seconds)

    def sent(self) -> Sequence[Sent]:
        """Return what reached the sandbox so far; call it now and then on long runs, to save memory."""
        for call in self.sandbox.calls.all():
            given = call.parameters
            self._sent.append(
                Sent(
                    (call.time - self.began).total_seconds(),
                    call.operation,
                    str(given.get("TargetId") or given.get("AccountId") or ""),
                    str(given.get("PermissionSetArn", "")),
                    str(given.get("PrincipalId", "")),
                    call.outcome,
                )
            )
        self.sandbox.calls.clear()
        return self._sent

    def close(self) -> None:
        self.time.close()
        self.store.close()

    def _runner(self, seed: int) -> Runner:
        lease = Lease(
            store=self.store,
            clock=self.clock,
            duration=timedelta(seconds=6),
            exclusive=self.store.is_sqlite,
        )
        guard = Guard(held=lease.held, clock=self.clock)
        connection = connect(self.session, budget=self.budget, guard=guard, clock=self.clock)
        return Runner(
            store=self.store,
            assignments=connection.assignments,
            budget=self.budget,
            lease=lease,
            dispatch=lambda work: self.time.spawn(work, name="call"),
            clock=self.clock,
            watch=WATCH,
            why_not=_allow,
            threads=THREADS,
            randomness=Random(seed),
        )

    def _account(self, number: int) -> str:
        name = f"account-{number}"
        return self.sandbox.organization.add_account(f"{100_000_000_000 + number}", name=name)

    def _user(self, number: int) -> str:
        return self.sandbox.directory.add_user(user_name=f"user-{number}@example.com")

    def _catalogue(self, session: Session) -> None:
        session.add(Instance(arn=self.sandbox.instance_arn, identity_store_id="d-1", owner_account_id="1"))
        for number, user in enumerate(self.users):
            name = f"user-{number}"
            session.add(Principal(id=user, user_name=name, user_name_key=name, display_name=name, email=None))
        session.add(
            EntitlementVersion(
                version=1, digest="", document={}, source="", applied_at=self.began, applied_by="benchmark"
            )
        )


def _allow(session: Session, grant: Grant, now: datetime) -> Obstacle | None:
    return None


def _mean(span: Span) -> float:
    return sum(span) / 2 if isinstance(span, tuple) else span


def _hurry(connection: Any, _: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")
