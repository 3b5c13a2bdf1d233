"""The reconciler at AWS's limits, in simulated time: how near it comes to the best that they allow."""

import argparse
import logging
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial

import structlog

from benchmarks.reconciler import broken, creating_and_ending, day, rush
from benchmarks.reconciler.estate import PACES, Pace
from benchmarks.reconciler.results import Result
from benchmarks.reconciler.stages import Stages

Scenario = Callable[[Stages, Pace], Result]

SCENARIOS: dict[str, Scenario] = {
    "a": creating_and_ending.run,
    "b": rush.run,
    "c": broken.run,
    "d": day.run,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print each scenario at each pace; return 0 if every aim was met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenario", choices=sorted(SCENARIOS), action="append", help="all unless told")
    parser.add_argument("--pace", choices=sorted(PACES), action="append", help="both unless told")
    parser.add_argument("--hours", type=float, default=day.HOURS, help="how long scenario d lasts")
    parser.add_argument("--others", type=float, default=0, help="calls/s of somebody else during scenario a")
    parser.add_argument("--database", help="the URL of an empty database; SQLite unless told")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--trace", action="store_true", help="print every call, too")
    given = parser.parse_args(arguments)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    stages = Stages(seed=given.seed, database=given.database, trace=given.trace)
    scenarios: dict[str, Scenario] = {
        **SCENARIOS,
        "a": partial(creating_and_ending.run, others=given.others),
        "d": partial(day.run, hours=given.hours),
    }
    met = True
    for scenario in given.scenario or sorted(SCENARIOS):
        for pace in given.pace or PACES:
            before = time.perf_counter()
            result = scenarios[scenario](stages, PACES[pace])
            print(result)
            print(f"  ({time.perf_counter() - before:.0f} s of real time)\n", flush=True)
            met = met and all(aim.met for aim in result.aims)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
