"""A world that lets go of its history at every moment owes and decides what one does that keeps all of it."""

from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy.exc import NoResultFound

from protem.db.models import Grant
from protem.domain.approvals import Answer
from protem.domain.errors import Refusal
from tests.history.pasts import everything, files, let_go
from tests.reconciler.lives import Lives
from tests.reconciler.world import stage

ACTS = ("ask", "ask", "glass", "look", "longer", "back", "run", "run", "wait")


@pytest.mark.parametrize("seed", [1])
def test_letting_go_at_any_moment_changes_nothing_that_is_owed_or_decided(
    alone: Lives, directory: Path, fresh_sqlite_url: str, seed: int
) -> None:
    other = Lives(fresh_sqlite_url)
    script = Random(seed)
    for _ in range(20):
        act, minutes = script.choice(ACTS), script.randint(1, 40)
        told = [perform(world, act, minutes) for world in (alone, other)]
        let_go(alone, directory, kept=timedelta(hours=1))
        assert told[0] == told[1], act
        assert standing(alone) == standing(other), act
    assert files(directory)
    for operation in ("CreateAccountAssignment", "DeleteAccountAssignment"):
        assert alone.calls(operation) == other.calls(operation) > 0
    other.close()


def perform(lives: Lives, act: str, minutes: int) -> str:
    """Return what became of it: the code of the refusal, if it was one."""
    stage.sandbox = lives.sandbox
    live = [grant for grant in everything(lives, Grant) if grant.owing.live]
    try:
        match act:
            case "ask":
                lives.given(minutes=minutes)
            case "glass":
                lives.given(minutes=minutes, entitlement="glass")
            case "look":
                lives.look_back()
            case "longer" if live:
                lives.lengthen(live[-1].id, answer=Answer.APPROVE if minutes % 3 else Answer.DENY)
            case "back" if live:
                lives.take_back(live[0].id, "alice")
            case "run":
                lives.run(minutes * 60, longest=120)
            case "wait":
                lives.clock.advance(minutes * 3)
                lives.tick()
    except Refusal as refusal:
        return refusal.code
    except NoResultFound:
        return "none"
    return "done"


def standing(lives: Lives) -> list[tuple[object, ...]]:
    """Return what is owed, as it can be compared with another world."""
    live = [grant for grant in everything(lives, Grant) if grant.owing.live]
    return [
        (lives.clock.now(), lives.holds()),
        *sorted((one.created_at, one.state, one.ends_at, one.extensions, one.revoked_at) for one in live),
    ]
