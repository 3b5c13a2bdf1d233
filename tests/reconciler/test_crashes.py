"""Whatever the moment of death, the world is afterwards what the grants say, and on time."""

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from protem.db.models import Assignment, Grant, Observed
from protem.domain.lifecycle import EndReason, GrantState
from tests.reconciler.crashes import Crash, Moments, MortalAssignments, MortalStore
from tests.reconciler.world import ACCOUNT, World

RECOVERY_SECONDS = 120
"""How much later than without a crash an ending may be confirmed here: back-off and polls included."""


class MortalWorld(World):
    """A world whose reconciler dies at one moment, and is started again without its memory."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.store.close()
        self.store = MortalStore(self.url, clock=self.clock, agreed_time=False)
        self.store.moments = self.moments = Moments()
        self.familiar = 0
        """How many of the first moments another life has as well, and is interrupted at."""
        self.bystander = self.sandbox.directory.add_user(
            user_name="bob@example.com", display_name="Bob", email="bob@example.com"
        )
        self.sandbox.assignments.put(ACCOUNT, self.permission_set, self.bystander)

    def restart(self) -> None:
        self.runner = self.start()
        self.runner.assignments = MortalAssignments(self.runner.assignments, self.moments)

    def survive(self, seconds: float) -> None:
        """Let time go by; the process that dies meanwhile is started again a moment later."""
        until = self.clock.now() + timedelta(seconds=seconds)
        self.moments.counting = True
        while (left := (until - self.clock.now()).total_seconds()) > 0:
            try:
                self.run(left, step=1, longest=15)
            except Crash:
                self.clock.advance(1)
                self.restart()
        self.moments.counting = False


def elapse(world: MortalWorld) -> list[uuid.UUID]:
    grants = [world.grant(minutes=1)]
    world.survive(100)
    return grants


def revoke_while_creating(world: MortalWorld) -> list[uuid.UUID]:
    grants = [world.grant(minutes=10)]
    world.survive(1)
    world.revoke(grants[0])
    world.survive(60)
    return grants


def overlap(world: MortalWorld) -> list[uuid.UUID]:
    grants = [world.grant(minutes=0.5), world.grant(minutes=1, starts_in=0.25)]
    world.survive(110)
    return grants


def removed_and_renewed(world: MortalWorld) -> list[uuid.UUID]:
    world.watch = timedelta(seconds=10)
    world.restart()
    grants = [world.grant(minutes=0.6, renews=True)]
    world.survive(6)
    world.familiar = len(world.moments.passed)
    world.sandbox.assignments.remove(ACCOUNT, world.permission_set, world.alice)
    world.survive(50)
    assert world.events().count("assignment.removed_outside") <= 1
    return grants


PARTS = 4
"""Into how many tests the moments of one life are dealt, so that workers share them."""
LIVES = [elapse, revoke_while_creating, overlap, removed_and_renewed]


def live(life: Callable[[MortalWorld], list[uuid.UUID]], url: str, *, fatal: int) -> MortalWorld:
    """Live one life, with a death at the fatal moment of it, and see that the world is right afterwards."""
    world = MortalWorld(url, lease_seconds=60, creation_seconds=1.5, deletion_seconds=1)
    world.moments.fatal = fatal
    world.restart()
    grants = life(world)
    world.survive(RECOVERY_SECONDS)
    check(world, grants, f"death {fatal}: {world.moments.passed[fatal - 1]}")
    world.close()
    return world


@pytest.mark.parametrize("life", LIVES, ids=lambda life: life.__name__)
@pytest.mark.parametrize("part", range(PARTS))
def test_a_crash_at_any_moment_leaves_the_world_right(
    life: Callable[[MortalWorld], list[uuid.UUID]], part: int, fresh_url: Callable[[], str]
) -> None:
    whole = live(life, fresh_url(), fatal=0)
    moments = whole.moments.passed
    assert {"before create", "after create", "before delete", "after delete"} <= set(moments)
    # Where a process dies does not depend on the database: there, every third moment will do.
    every = 1 if whole.store.is_sqlite else 3
    for fatal in range(whole.familiar + 1 + part, len(moments) + 1, PARTS * every):
        live(life, fresh_url(), fatal=fatal)


def check(world: MortalWorld, grants: list[uuid.UUID], death: str) -> None:
    assert not world.holds(), death
    assert world.holds(principal=world.bystander), death
    with world.store.reading() as session:
        for grant_id in grants:
            grant = session.get_one(Grant, grant_id)
            assert grant.state is GrantState.ENDED, death
            assert grant.end_reason in {EndReason.ELAPSED, EndReason.REVOKED}, death
        row = session.scalars(select(Assignment)).one()
        assert (row.claim, row.operation_kind) == (None, None), death
        assert row.observed is not Observed.PRESENT, death
