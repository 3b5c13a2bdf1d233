"""The simulation is repeatable, it holds in short, and each of its invariants can fail."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from protem.sandbox.assignments import Assignment as Held
from tests.simulation import campaign
from tests.simulation.coverage import Coverage
from tests.simulation.estate import ACCOUNTS
from tests.simulation.invariants import Invariants
from tests.simulation.planted import runner
from tests.simulation.planted.bugs import BUGS, Bug
from tests.simulation.truth import Change
from tests.simulation.world import Broken, World


@pytest.mark.parametrize("seed", [1, 2, 5])
def test_everything_holds_in_a_few_histories(seed: int) -> None:
    failure = campaign.run(seed, steps=20)
    assert failure is None, "\n".join([failure.sentence, *failure.story])


def test_a_seed_tells_one_story_in_whichever_process() -> None:
    program = "from tests.simulation import campaign; print(campaign.play(3, 12).digest)"
    told = subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parents[2],
        env=os.environ | {"PYTHONHASHSEED": "7"},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert told.splitlines()[-1] == campaign.play(3, 12).digest


def test_what_nobody_has_thought_of_is_a_failure_with_a_seed() -> None:
    def stumble(*_: object) -> None:
        raise ZeroDivisionError

    failure = campaign.play(5, 1, act=stumble).failure
    assert failure is not None
    assert (failure.seed, failure.invariant) == (5, "nothing breaks")


def test_a_story_can_be_told_with_steps_left_out() -> None:
    whole, shorter = campaign.play(3, 12), campaign.play(3, 12, without=range(6))
    assert len(shorter.story) < len(whole.story)


@pytest.fixture
def world() -> Iterator[World]:
    made = World(campaign.template().copy(), 5)
    yield made
    made.close()


@pytest.fixture
def held(world: World) -> Held:
    return Held(ACCOUNTS["alpha"], world.estate.sets["AdministratorAccess"], world.estate.users["alice"])


def test_a_deletion_of_what_others_made_is_seen(world: World, held: Held) -> None:
    world.sandbox.assignments.include(held)
    world.truth.told(held, Change(world.now(), present=True, ours=False))
    world.time.run(30)
    world.sandbox.operations.begin("deletion", held, seconds=1)
    with pytest.raises(Broken, match="not ours, not touched"):
        Invariants(world).check()


def test_access_that_nobody_asked_for_is_seen(world: World, held: Held) -> None:
    world.sandbox.operations.begin("creation", held, seconds=1)
    with pytest.raises(Broken, match="nothing before its time"):
        Invariants(world).check()


def test_access_that_stays_is_seen(world: World, held: Held) -> None:
    invariants = Invariants(world)
    operation = world.sandbox.operations.begin("creation", held, seconds=1)
    invariants.excuse(operation.id)
    world.time.run(60)
    invariants.check()
    world.time.run(60)
    with pytest.raises(Broken, match="no overstay"):
        invariants.check()
    with pytest.raises(Broken, match="nothing left over"):
        invariants.finish()


def test_what_others_made_and_lost_is_seen(world: World, held: Held) -> None:
    world.truth.told(held, Change(world.now(), present=True, ours=False))
    with pytest.raises(Broken, match="not ours, not touched"):
        Invariants(world).finish()


def test_a_call_of_a_deposed_process_is_seen(world: World) -> None:
    world.time.run(5)
    deposed = next(name for name in world.processes if name != world.leader())
    world.see_write(deposed)
    with pytest.raises(Broken, match="a deposed process calls"):
        Invariants(world).check()


def test_what_was_not_tried_is_shown() -> None:
    coverage = Coverage()
    coverage.note("throttle", ["active"])
    never, once = sorted(coverage.table(["throttle", "conflict"]).splitlines()[1:])
    assert (never.split(), once.split()) == (["conflict", *"0000000"], ["throttle", *"0001000"])


@pytest.mark.parametrize("bug", BUGS, ids=str)
def test_each_planted_bug_has_its_place(bug: Bug) -> None:
    source = (runner.SOURCE / bug.file).read_text()
    assert runner.spoil(source, bug) != source
    compile(runner.spoil(source, bug), bug.file, "exec")


def test_a_bug_without_a_place_is_not_planted() -> None:
    bug = Bug("is nowhere", "reconciler/plan.py", "this line is nowhere", "")
    with pytest.raises(runner.Unplantable, match="holds its line 0 times"):
        runner.spoil((runner.SOURCE / bug.file).read_text(), bug)
