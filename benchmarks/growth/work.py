"""What happens all the time: ticks, jobs, scrapes, and people who ask."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count, product

from prometheus_client import CollectorRegistry, generate_latest
from sqlalchemy import select

from benchmarks.growth import estate
from protem.broker import activation, catalogue, deliveries, requests
from protem.broker.callers import Caller
from protem.broker.requests import Submission
from protem.clock import SystemClock
from protem.db.models import Assignment, TokenRole
from protem.db.store import Store
from protem.domain.eligibility import Bounds
from protem.identity_center.budget import CallBudget
from protem.identity_center.values import AssignmentKey, Holder, Operation, OperationKind, PrincipalType
from protem.jobs import Jobs
from protem.notifications import claims
from protem.notifications.metrics import Outbox
from protem.notifications.reminding import Reminding
from protem.reconciler.lease import Lease
from protem.reconciler.runner import Runner
from protem.reconciler.stock import Stock
from protem.recording import Proof, Recording

_BOUNDS = Bounds(minimum_duration=timedelta(minutes=1), maximum_start_ahead=timedelta(days=7))
_DUE = 20
"""Assignments that want to be looked at in a tick with some due."""
_ACCOUNTS = [account.id for account in estate.ORGANIZATION.accounts]
_SETS = [one.arn for one in estate.ORGANIZATION.permission_sets]
_NUMBERS = count()
_EVERYBODY = frozenset(Holder(PrincipalType.USER, person.id) for person in estate.ORGANIZATION.people)


class Undisturbed:
    """An AWS that answers at once, and in which everybody has what they have."""

    def holders(self, *, instance_arn: str, account_id: str, permission_set_arn: str) -> frozenset[Holder]:
        return _EVERYBODY

    def held_by(self, holder: Holder, *, instance_arn: str) -> frozenset[AssignmentKey]:
        return frozenset(
            AssignmentKey(instance_arn, account_id, arn, holder.principal_id)
            for account_id, arn in product(_ACCOUNTS, _SETS)
        )

    def running(self, kind: OperationKind, *, instance_arn: str) -> frozenset[str]:
        return frozenset()

    def create(self, key: AssignmentKey) -> Operation:
        raise NotImplementedError

    def delete(self, key: AssignmentKey) -> Operation:
        raise NotImplementedError

    def describe(self, kind: OperationKind, *, instance_arn: str, operation_id: str) -> Operation:
        raise NotImplementedError

    def clock_offset(self) -> timedelta | None:
        return None


def acts(store: Store) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield everything that is done again and again, each with its name."""
    runner = _runner(store)
    runner.tick()
    yield "a tick with nothing due", runner.tick
    yield f"a tick with {_DUE} due", lambda: _tick_with_some(store, runner)
    yield from _jobs(store)
    yield "a scrape of the metrics", _scrape(store)
    yield "asking for what needs approval", lambda: _ask(store, estate.OFTEN, next(_NUMBERS))
    yield "asking for what is given at once", lambda: _ask(store, estate.AT_ONCE, next(_NUMBERS))


def _jobs(store: Store) -> Iterator[tuple[str, Callable[[], object]]]:
    jobs = Jobs(store, idempotency_retention=timedelta(days=1), going_on=lambda: True)
    recording = Recording(store, key=None, metrics=CollectorRegistry(), going_on=lambda: True)
    yield "what expires", jobs.expire
    yield "what locks end", jobs.enforce_locks
    yield "what loses its eligibility", jobs.end_lost
    yield "housekeeping", jobs.tidy
    yield "sealing", recording.seal
    yield "reminders", Reminding(store, timedelta(days=1)).remind
    yield "what the outbox has to send", lambda: _outbox(store)
    yield "housekeeping of the outbox", lambda: _forget(store)


def _runner(store: Store) -> Runner:
    clock = SystemClock()
    return Runner(
        store=store,
        assignments=Undisturbed(),
        budget=CallBudget(clock=clock, rate=1_000_000.0),
        lease=Lease(store=store, clock=clock, duration=timedelta(minutes=10), exclusive=True),
        dispatch=lambda work: work(),
        clock=clock,
        watch=timedelta(minutes=10),
        why_not=activation.why_not,
        threads=64,
    )


def _tick_with_some(store: Store, runner: Runner) -> None:
    with store.writing() as session:
        some = select(Assignment.id).where(Assignment.next_attempt_at.is_not(None))
        ids = session.scalars(some.order_by(Assignment.next_attempt_at).limit(_DUE)).all()
        for row in session.scalars(select(Assignment).where(Assignment.id.in_(ids))):
            row.next_attempt_at = store.now(session)
    runner.tick()


def _outbox(store: Store) -> None:
    with store.reading() as session:
        now = store.now(session)
        claims.receivers(session, now=now)
        claims.due(session, estate.WEBHOOK, now=now, limit=2)


def _forget(store: Store) -> None:
    with store.writing() as session:
        deliveries.purge(session, before=store.now(session) - timedelta(days=31))


def _scrape(store: Store) -> Callable[[], object]:
    registry = CollectorRegistry(auto_describe=False)
    for collector in (Stock(store), Proof(store), Outbox(store, None)):
        registry.register(collector)
    return lambda: generate_latest(registry)


def _ask(store: Store, entitlement: str, number: int) -> None:
    person = estate.ORGANIZATION.people[number * 13 % len(estate.ORGANIZATION.people)]
    account = estate.ORGANIZATION.accounts[number * 7 % len(estate.ORGANIZATION.accounts)]
    wish = Submission(
        targets=((account.id, estate.ORGANIZATION.permission_sets[number % 20].name),),
        justification="the pager went off",
        entitlement=entitlement,
    )
    with store.writing() as session:
        caller = Caller(name="laptop", role=TokenRole.PERSONAL, person=catalogue.person(session, person.id))
        requests.submit(session, caller, wish, bounds=_BOUNDS, now=store.now(session))
