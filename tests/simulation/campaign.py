"""Play many simulations: ``python -m tests.simulation.campaign --seeds 200 --steps 40``."""

import argparse
import gc
import hashlib
import logging
import os
import sys
import time
import traceback
from collections.abc import Collection, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache, partial
from pathlib import Path
from random import Random

import structlog

from tests import dialects, postgres
from tests.simulation import actions, troubles
from tests.simulation.coverage import Coverage
from tests.simulation.estate import Template
from tests.simulation.invariants import Invariants
from tests.simulation.on_postgresql import Databases
from tests.simulation.processes import QUIET_POLL_SECONDS
from tests.simulation.world import Broken, World

SEEDS, STEPS = 200, 40
_QUIET_MINUTES = 240
_SHORTENED = 3
"""How many failures are shortened: that takes as long as a hundred simulations."""


@dataclass
class Failure:
    """An invariant that did not hold, and the story of how it came to that."""

    seed: int
    invariant: str
    sentence: str
    step: int
    story: list[str]


@dataclass
class Played:
    """What one simulation has come to."""

    seed: int
    failure: Failure | None
    coverage: Coverage
    story: list[str] = field(default_factory=list)
    digest: str = ""
    """Of everything that happened, each call to AWS included."""


@cache
def template(server: str | None = None) -> Template | Databases:
    """Return the beginning of every simulation, on a server of PostgreSQL or in a file of SQLite."""
    return Template() if server is None else Databases(server)


def run(seed: int, steps: int = STEPS) -> Failure | None:
    """Play one simulation; None if everything held."""
    return play(seed, steps).failure


def play(
    seed: int,
    steps: int,
    *,
    without: Collection[int] = (),
    act: actions.Action = actions.act,
    server: str | None = None,
) -> Played:
    """Play one simulation, perhaps leaving out some of its steps."""
    world = World(template(server).copy(), seed)
    invariants, step, failure = Invariants(world), -1, None
    try:
        for step in range(steps):
            if step not in without:
                _step(world, Random(f"{seed} step {step}"), act)
                world.hear()
                invariants.check()
        step = steps
        _come_to_rest(world, invariants)
    except Broken as broken:
        world.tell(str(broken))
        failure = Failure(seed, broken.invariant, broken.sentence, step, world.story)
    except Exception as error:  # noqa: BLE001 - whatever nobody has thought of is a failure, too
        failure = Failure(seed, "nothing breaks", f"{type(error).__name__}: {error}", step, world.story)
        world.story += traceback.format_exception(error)
    finally:
        world.close()
    return Played(seed, failure, world.coverage, world.story, _digest(world))


def _digest(world: World) -> str:
    calls = [f"{call.time} {call.operation} {call.outcome} {call.fault}" for call in world.calls.all()]
    return hashlib.sha256("\n".join([*world.story, *calls]).encode()).hexdigest()


def _step(world: World, draw: Random, act: actions.Action) -> None:
    if not world.calm and draw.random() < 0.3:
        troubles.strike(world, draw)
    else:
        act(world, draw)
    world.time.run(_pause(world, draw))


def _pause(world: World, draw: Random) -> float:
    """Return how long until the next step: mostly moments, at times until something is due."""
    kind = draw.random()
    if kind < 0.4:
        return draw.uniform(0, 0.7)
    if kind < 0.6:
        return draw.uniform(0.7, 12)
    if kind < 0.8:
        now = world.now()
        ends = [end for grant in world.grants() for end in (grant.starts_at, grant.ends_at) if end > now]
        if ends:
            return max((min(ends) - now).total_seconds() + draw.uniform(-1.5, 2.0), 0.0)
    return draw.uniform(12, 70) if kind < 0.97 else draw.uniform(70, 900)


def _come_to_rest(world: World, invariants: Invariants) -> None:
    if not world.calm:
        troubles.heal(world)
    world.poll_seconds = QUIET_POLL_SECONDS
    for minute in range(0, _QUIET_MINUTES, 5):
        world.time.run(300.0)
        world.hear()
        invariants.check()
        if minute >= 10 and invariants.settled():
            break
    invariants.finish()


def shrink(failure: Failure, steps: int, *, server: str | None = None) -> Failure:
    """Return the same failure with the fewest steps that leaving out others finds."""
    steps = min(steps, failure.step + 1)
    without: set[int] = set()
    size = max(steps // 2, 1)
    while size >= 1:
        for start in range(0, steps, size):
            tried = without | set(range(start, start + size))
            if tried == without:
                continue
            again = play(failure.seed, steps, without=tried, server=server).failure
            if again and again.invariant == failure.invariant:
                without, failure = tried, again
        size = size // 2
    return failure


def _all(asked: argparse.Namespace) -> Iterator[Played]:
    wanted = range(asked.first, asked.first + asked.seeds)
    one = partial(play, steps=asked.steps, server=asked.server)
    if asked.workers == 1:
        yield from map(one, wanted)
        return
    with ProcessPoolExecutor(asked.workers, initializer=_quieten, initargs=(asked.server,)) as pool:
        yield from pool.map(one, wanted, chunksize=4)


def _quieten(server: str | None) -> None:
    """Prepare for many simulations: what they say to operators is nobody's, and little of them stays."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    dialects.install()
    template(server).copy()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--until-failure", action="store_true", help="stop at the first that fails")
    parser.add_argument("--whole", action="store_true", help="tell the story as it was, not shortened")
    parser.add_argument("--failures", type=Path, help="a file to which failures are added as they come")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    asked = parser.parse_args()
    with postgres.server() if asked.database == "postgresql" else nullcontext() as asked.server:
        _quieten(asked.server)
        return _campaign(asked)


def _campaign(asked: argparse.Namespace) -> int:
    coverage, failed, begun = Coverage(), 0, time.monotonic()
    for played, one in enumerate(_all(asked), 1):
        coverage.add(one.coverage)
        if one.failure is not None:
            failed += 1
            _tell(one.failure, asked, shortened=failed <= _SHORTENED and not asked.whole)
            if asked.until_failure:
                break
        if played % 100 == 0:
            rate = played / (time.monotonic() - begun)
            left = timedelta(seconds=round((asked.seeds - played) / rate))
            _say(f"{played} of {asked.seeds} seeds, {failed} failed, {rate:.1f} a second, {left} to go")
    _say(coverage.table(troubles.KINDS))
    _say(f"{asked.seeds} seeds of {asked.steps} steps, {failed} failed")
    return 1 if failed else 0


def _tell(failure: Failure, asked: argparse.Namespace, *, shortened: bool) -> None:
    """Say at once what failed, and how it came to that; also where it is to be kept."""
    _say(f"seed {failure.seed}: {failure.invariant}: {failure.sentence}")
    told = shrink(failure, asked.steps, server=asked.server) if shortened else failure
    told_of = "\n  ".join([f"  step {told.step}: {told.sentence}", *told.story])
    _say(told_of)
    if asked.failures is not None:
        with asked.failures.open("a") as file:
            file.write(f"seed {failure.seed}: {failure.invariant}\n{told_of}\n")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
