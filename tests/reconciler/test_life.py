"""The life of one assignment, from what is owed to what AWS holds."""

from protem.domain.lifecycle import EndReason, GrantState
from tests.reconciler.world import World


def test_access_begins_and_ends_when_the_window_does(world: World) -> None:
    grant_id = world.grant(minutes=10)
    world.run(10)
    assert world.read(grant_id).state is GrantState.ACTIVE
    assert world.holds()
    world.run(10 * 60 - 11)
    assert world.holds()
    world.run(20)
    grant = world.read(grant_id)
    assert (grant.state, grant.end_reason) == (GrantState.ENDED, EndReason.ELAPSED)
    assert not world.holds()
