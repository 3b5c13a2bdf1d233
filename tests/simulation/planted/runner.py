"""Find every planted bug: ``python -m tests.simulation.planted.runner`` copies, spoils, and simulates."""

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import protem
from tests.simulation.campaign import SEEDS, STEPS
from tests.simulation.planted.bugs import BUGS, Bug

SOURCE = Path(protem.__file__).parent
TESTS = Path(__file__).parents[3]
_ORIGIN = (
    "import protem, sys; from tests.simulation import campaign; print(protem.__file__, file=sys.stderr); "
)


class Unplantable(Exception):
    """The line that a bug spoils is not there, or is there more than once."""


@dataclass(frozen=True, slots=True)
class Hunt:
    """What became of the search for one bug."""

    bug: Bug
    found_by: str | None
    """The invariant that broke, or None if the bug survived."""
    seeds: int
    seconds: float


def spoil(source: str, bug: Bug) -> str:
    """Return a file's text with the bug in it. Raises ``Unplantable``."""
    if source.count(bug.right) != 1:
        message = f"{bug.name}: {bug.file} holds its line {source.count(bug.right)} times"
        raise Unplantable(message)
    return source.replace(bug.right, bug.wrong)


@contextmanager
def spoiled(bug: Bug | None) -> Iterator[Path]:
    """Yield a directory with a copy of the product that has the bug."""
    with TemporaryDirectory(prefix="protem-planted-") as home:
        copy = Path(home) / "src" / "protem"
        (Path(home) / "migrations").symlink_to(SOURCE.parents[1] / "migrations")
        shutil.copytree(SOURCE, copy, ignore=shutil.ignore_patterns("__pycache__"))
        if bug is not None:
            file = copy / bug.file
            file.write_text(spoil(file.read_text(), bug))
        yield Path(home)


def simulate(
    home: Path, *, seeds: int, first: int = 1, steps: int = STEPS
) -> subprocess.CompletedProcess[str]:
    """Run the campaign on the copy in ``home`` until it fails."""
    arguments = ["--seeds", seeds, "--first", first, "--steps", steps, "--workers", 1]
    told = [*map(str, arguments), "--until-failure", "--whole"]
    program = f"{_ORIGIN}sys.argv[1:] = {told}; sys.exit(campaign.main())"
    ran = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(home / "src"), str(TESTS)])},
        capture_output=True,
        text=True,
        check=False,
    )
    if not ran.stderr.startswith(str(home)):
        message = f"the copy was not what ran: {ran.stderr}"
        raise RuntimeError(message)
    return ran


def hunt(bug: Bug, *, seeds: int) -> Hunt:
    """Look for one bug within so many seeds."""
    begun = time.monotonic()
    with spoiled(bug) as home:
        ran = simulate(home, seeds=seeds)
    seconds = time.monotonic() - begun
    if ran.returncode == 0:
        return Hunt(bug, None, seeds, seconds)
    told = [line for line in ran.stdout.splitlines() if line.startswith("seed ")]
    if not told:
        message = f"{bug.name}: the simulation itself broke: {ran.stderr}"
        raise RuntimeError(message)
    seed, invariant = told[0].removeprefix("seed ").split(": ")[:2]
    return Hunt(bug, invariant, int(seed), seconds)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", default="", help="part of the name of those to look for")
    asked = parser.parse_args()
    wanted = [bug for bug in BUGS if asked.only in bug.name]
    survivors = 0
    with ThreadPoolExecutor(asked.workers) as pool:
        for found in pool.map(lambda bug: hunt(bug, seeds=asked.seeds), wanted):
            survivors += found.found_by is None
            by = found.found_by or "NOT FOUND"
            sys.stdout.write(f"{found.bug.name:<62}{by:<34}{found.seeds:>6} seeds{found.seconds:>8.0f} s\n")
            sys.stdout.flush()
    sys.stdout.write(f"{len(wanted)} planted, {survivors} not found\n")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
