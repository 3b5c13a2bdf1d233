"""How many calls the API takes, and how long they take: `make bench-http [DATABASE=…] [CONNECTIONS=…]`."""

import argparse
import logging
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.http import crowd, estate, results, servers, stages
from benchmarks.http.estate import Estate
from benchmarks.http.servers import Server
from benchmarks.http.stages import Result
from benchmarks.organization import Size
from protem import logs

KINDS = ("sqlite", "postgresql")


def measure(kind: str, given: argparse.Namespace, *, size: Size, count: int, people: int) -> None:
    """Print what one database makes of it."""
    with (
        tempfile.TemporaryDirectory(prefix="protem-http-") as logged,
        servers.databases(kind, given.directory) as (url, plain),
    ):
        filled = estate.filled(url, size=size, count=count, people=people)
        log = Path(logged) / "server.log"
        with servers.protem(url, log) as server:
            ours, crowded = _protem(server, filled, given)
        with servers.flask(plain, log) as server:
            theirs = stages.flask(server, filled, connections=given.connections, seconds=given.seconds)
    print(results.stages(f"Protem on {kind}", ours))
    print(crowded)
    print(results.stages(f"Flask and SQLAlchemy, which validate and insert, on {kind}", theirs.results))
    print(results.ratios(f"Protem beside Flask on {kind}", ours, theirs.results), flush=True)


def _protem(server: Server, filled: Estate, given: argparse.Namespace) -> tuple[list[Result], str]:
    """Return the stages, and what is printed of the crowd."""
    connections, seconds = given.connections, given.seconds
    ours, at_once = stages.protem(server, filled, connections=connections, seconds=seconds)
    flooded = crowd.flood(server, filled, at_once, seconds=seconds)
    waited = crowd.waiting(server, filled, at_once, connections=connections, seconds=seconds)
    return ours.results, results.crowd(f"{stages.CROWD} connections", flooded, waited)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables of each database."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--on", choices=(*KINDS, "both"), default="both")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=1.5, help="how long each stage lasts")
    parser.add_argument("--directory", type=Path, help="where the databases are made, and removed again")
    parser.add_argument("--tiny", action="store_true", help="only show that it runs")
    given = parser.parse_args(arguments)
    logs.configure("json", level=logging.ERROR)
    size, count, people = (estate.TINY, 3, 16) if given.tiny else (estate.SIZE, estate.RULES, 256)
    for kind in KINDS if given.on == "both" else (given.on,):
        measure(kind, given, size=size, count=count, people=people)


if __name__ == "__main__":
    main()
