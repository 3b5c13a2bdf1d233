"""What holds whatever becomes of single rows, of the database, or of the lease."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from protem.broker.activation import Obstacle
from protem.db.models import Act, Assignment, Grant
from protem.db.store import Store
from protem.domain.lifecycle import GrantState
from protem.identity_center.values import AssignmentKey, Operation
from protem.reconciler.errands import RECORD_ATTEMPTS
from tests.reconciler.crashes import Moments, MortalAssignments
from tests.reconciler.world import ACCOUNT, OTHER_ACCOUNT, World


class FailingStore(Store):
    """A store whose next commits fail, as when the database restarts."""

    failures = 0

    @contextmanager
    def writing(self) -> Iterator[Session]:
        with super().writing() as session:
            yield session
            if self.failures:
                self.failures -= 1
                raise OperationalError("COMMIT", {}, Exception("the database went away"))


class Behind(Store):
    """A store whose time is not that of the process."""

    by = timedelta()

    def now(self, session: Session) -> datetime:
        return self.clock.now() - self.by


class Interrupting(MortalAssignments):
    """Lets something happen while a create is out."""

    def __init__(self, world: World, meanwhile: Callable[[], None]) -> None:
        super().__init__(world.runner.assignments, Moments())
        self._meanwhile = meanwhile

    def create(self, key: AssignmentKey) -> Operation:
        operation = super().create(key)
        self._meanwhile()
        return operation


def test_a_row_that_cannot_be_worked_on_is_put_aside_and_the_rest_go_on(world: World) -> None:
    bad = world.grant(minutes=5)
    good = world.grant(minutes=5, account=OTHER_ACCOUNT)

    def why_not(session: Session, grant: Grant, now: datetime) -> Obstacle | None:
        if grant.id == bad:
            message = "a poisoned row"
            raise RuntimeError(message)
        return None

    world.why_not = why_not
    world.run(20)
    assert world.read(good).state is GrantState.ACTIVE
    assert world.read(bad).state is GrantState.SCHEDULED
    row = world.row(ACCOUNT)
    assert (row.last_error_code, row.last_error) == ("internal_error", "RuntimeError: a poisoned row")
    assert world.runner.progress.poisoned == 1


def test_a_wake_up_that_comes_while_a_call_is_out_is_not_overwritten(world: World) -> None:
    grant_id = world.grant(minutes=60)
    world.runner.assignments = Interrupting(world, lambda: world.revoke(grant_id))
    world.runner.tick()
    world.runner.tick()
    assert world.row().operation_kind is Act.CREATE
    assert world.row().next_attempt_at == world.clock.now()
    world.run(30)
    assert world.read(grant_id).state is GrantState.ENDED
    assert not world.holds()


def test_an_answer_is_written_down_after_ten_seconds_without_a_database(world: World) -> None:
    """It would else stay claimed for minutes, and an ending with it, as long as nobody takes over."""
    store = FailingStore(world.url, clock=world.clock, agreed_time=False)
    world.store.close()
    world.store = store
    world.runner = world.start()

    def fail() -> None:
        store.failures = 9

    grant_id = world.grant(minutes=1)
    world.runner.assignments = Interrupting(world, fail)
    world.run(15)
    assert world.read(grant_id).state is GrantState.ACTIVE
    assert world.calls("CreateAccountAssignment") == 1
    world.run(90)
    assert not world.holds()


def test_an_answer_that_could_not_be_written_down_is_a_doubt_and_the_access_still_ends(
    world: World,
) -> None:
    store = FailingStore(world.url, clock=world.clock, agreed_time=False)
    world.store.close()
    world.store = store
    world.runner = world.start()

    def fail() -> None:
        store.failures = RECORD_ATTEMPTS

    grant_id = world.grant(minutes=1)
    world.runner.assignments = Interrupting(world, fail)
    world.run(300)
    assert world.runner.progress.unrecorded == 1
    assert "assignment.outcome_unknown" in world.events()
    assert world.read(grant_id).state is GrantState.ENDED
    assert not world.holds()


def test_a_deposed_reconciler_sends_nothing_and_writes_nothing(world: World) -> None:
    deposed = world.start(exclusive=False)
    world.runner = deposed
    world.grant(minutes=60)
    successors = []

    def depose() -> None:
        world.clock.advance(7)
        successors.append(world.start(exclusive=False))
        assert successors[0].lease.hold()

    deposed.assignments = Interrupting(world, depose)
    deposed.tick()
    deposed.tick()
    with world.store.reading() as session:
        row = session.scalars(select(Assignment)).one()
    assert (row.claim, row.operation_id, row.claim_fence) == (Act.CREATE, None, 1)
    assert deposed.tick() is None

    world.runner = successors[0]
    world.run(15)
    assert world.row().unconfirmed_create_at is not None
    with world.store.reading() as session:
        assert session.scalars(select(Grant.state)).one() is GrantState.ACTIVE


def test_a_create_that_waited_too_long_for_its_turn_does_not_leave(world: World) -> None:
    grant_id = world.grant(minutes=5)
    take = world.budget.take
    waits = iter([0, 11])

    def slow_turn() -> None:
        world.clock.advance(next(waits, 0))
        take()

    world.budget.take = slow_turn  # type: ignore[method-assign]
    world.runner.tick()
    world.runner.tick()
    assert world.calls("CreateAccountAssignment") == 0
    assert world.row().provenance == "none"
    world.run(10)
    assert world.read(grant_id).state is GrantState.ACTIVE


def test_more_than_fifteen_creates_are_never_outstanding(world: World) -> None:
    for number in range(20):
        account = f"{number:012d}"
        world.sandbox.organization.add_account(account, name=f"account-{number}")
        world.grant(minutes=30, account=account)
    most = 0
    for _ in range(30):
        world.run(0.5)
        most = max(most, len(world.sandbox.operations.in_progress()))
    assert most == 15
    world.run(20)
    outcomes = {call.outcome for call in world.sandbox.calls.of("CreateAccountAssignment")}
    assert outcomes == {"ok"}
    with world.store.reading() as session:
        assert set(session.scalars(select(Grant.state))) == {GrantState.ACTIVE}


def test_a_row_that_an_older_version_left_half_claimed_is_taken_up_again(world: World) -> None:
    grant_id = world.grant(minutes=5)
    world.run(1)
    with world.store.writing() as session:
        session.execute(update(Assignment).values(claim_fence=0, next_attempt_at=world.clock.now()))
    world.run(30)
    assert world.read(grant_id).state is GrantState.ACTIVE


def test_a_row_that_somebody_has_locked_holds_up_no_other(postgresql_url: str) -> None:
    world = World(postgresql_url)
    locked, free = world.grant(minutes=5), world.grant(minutes=5, account=OTHER_ACCOUNT)
    world.run(20)
    world.revoke(locked)
    world.revoke(free)
    with world.store.reading() as session:
        session.scalars(select(Assignment).where(Assignment.account_id == ACCOUNT).with_for_update()).one()
        world.run(20)
        assert not world.holds(OTHER_ACCOUNT)
        assert world.read(free).state is GrantState.ENDED
    world.run(20)
    assert world.read(locked).state is GrantState.ENDED
    world.close()


def test_more_beginnings_than_calls_leave_while_an_absence_is_fresh_all_begin(database_url: str) -> None:
    world = World(database_url)
    world.slow_down(rate=2)
    for number in range(30):
        account = f"{number:012d}"
        world.sandbox.organization.add_account(account, name=f"account-{number}")
        world.grant(minutes=300, account=account)
    for _ in range(60):
        world.runner.tick()
        world.clock.advance(0.5)
    with world.store.reading() as session:
        assert set(session.scalars(select(Grant.state))) == {GrantState.ACTIVE}
    assert world.calls("ListAccountAssignments") <= 3 * 30
    world.close()


def test_what_waits_for_its_turn_is_not_listed_again_and_again(database_url: str) -> None:
    world = World(database_url, date_skew_seconds=30)
    for number in range(3):
        account = f"{number:012d}"
        world.sandbox.organization.add_account(account, name=f"account-{number}")
        world.grant(minutes=300, account=account)
    world.run(300)
    assert world.calls("ListAccountAssignments") + world.calls("ListAccountAssignmentsForPrincipal") == 1
    world.close()


def test_a_database_whose_clock_is_a_little_behind_ours_keeps_no_create_back(database_url: str) -> None:
    world = World(database_url)
    world.store.close()
    world.store = store = Behind(database_url, clock=world.clock, agreed_time=False)
    store.by = timedelta(seconds=1.5)
    world.runner = world.start()
    grant_id = world.grant(minutes=5)
    take, waits = world.budget.take, iter([0, 9])

    def slow_turn() -> None:
        world.clock.advance(next(waits, 0))
        take()

    world.budget.take = slow_turn  # type: ignore[method-assign]
    world.run(20)
    assert world.calls("CreateAccountAssignment") == 1
    assert world.read(grant_id).state is GrantState.ACTIVE
    world.close()


def test_nothing_new_begins_while_the_clock_of_the_database_is_off(database_url: str) -> None:
    world = World(database_url)
    world.store.close()
    world.store = store = Behind(database_url, clock=world.clock, agreed_time=False)
    store.by = timedelta(seconds=30)
    world.runner = world.start()
    grant_id = world.grant(minutes=5, starts_in=-1)
    world.run(30)
    assert world.read(grant_id).state is GrantState.ACTIVATING
    assert world.calls("CreateAccountAssignment") == 0
    assert world.runner.progress.clock_offset > timedelta(seconds=29)
    world.close()
