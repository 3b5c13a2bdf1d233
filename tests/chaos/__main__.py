"""`make chaos`: rounds of real processes and real troubles, some side by side."""

import argparse
import logging
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue
from typing import Self

import structlog

from tests import postgres
from tests.chaos import figures, rounds, weather
from tests.chaos.rounds import Outcome
from tests.chaos.template import Template, prepared

DURABLE = {"fsync": "off", "full_page_writes": "off", "autovacuum": "off"}
"""What has been committed outlives the server; that it outlives the machine, too, nobody here tests."""
DATABASES = ("postgresql", "sqlite")


class Places:
    """Where rounds run side by side: each place has a PostgreSQL of its own, since rounds restart it."""

    def __init__(self, home: Path, databases: Sequence[str], *, count: int) -> None:
        self._home, self._databases, self._count = home, databases, count
        self._free = SimpleQueue[dict[str, Template]]()
        self._alive = ExitStack()

    def __enter__(self) -> Self:
        with ThreadPoolExecutor(self._count) as pool:
            for place in pool.map(self._prepare, range(self._count)):
                self._free.put(place)
        return self

    def __exit__(self, *_: object) -> None:
        self._alive.close()

    def run(self, seed: int) -> Outcome:
        """Run the round of a seed wherever there is room; keep its files if it fails."""
        drawn = weather.draw(seed, tuple(self._databases))
        place = self._free.get()
        home = self._home / f"seed-{seed}"
        try:
            outcome = rounds.run(drawn, place[drawn.database], home)
        finally:
            self._free.put(place)
        if not outcome.faults:
            shutil.rmtree(home)
        return outcome

    def _prepare(self, number: int) -> dict[str, Template]:
        made = {}
        for database in self._databases:
            server = None
            if database == "postgresql":
                server = self._alive.enter_context(postgres.kept(DURABLE))
            made[database] = prepared(self._home / f"place-{number}" / database, server)
        return made


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0, help="of the first round; each next one has the next")
    parser.add_argument("--beside", type=int, default=3, help="how many rounds run side by side")
    parser.add_argument("--database", choices=(*DATABASES, "both"), default="both")
    chosen = parser.parse_args(arguments)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    databases = DATABASES if chosen.database == "both" else (chosen.database,)
    home = Path(tempfile.mkdtemp(prefix="protem-chaos-"))
    outcomes = list(campaign(home, databases, chosen))
    say("", *figures.summary(outcomes))
    if any(outcome.faults for outcome in outcomes):
        return 1
    shutil.rmtree(home)
    return 0


def campaign(home: Path, databases: Sequence[str], chosen: argparse.Namespace) -> Iterator[Outcome]:
    """Yield the outcome of each round once it is over, in the order of their seeds."""
    seeds = range(chosen.seed, chosen.seed + chosen.rounds)
    with (
        Places(home, databases, count=min(chosen.beside, chosen.rounds)) as places,
        ThreadPoolExecutor(chosen.beside) as pool,
    ):
        for outcome in pool.map(places.run, seeds):
            say(*figures.lines(outcome, home / f"seed-{outcome.weather.seed}", chosen.database))
            yield outcome


def say(*lines: str) -> None:
    for line in lines:
        sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
