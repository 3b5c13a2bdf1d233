"""Every call of a run, one a line, with how many operations were under way when it left."""

from benchmarks.reconciler import figures
from benchmarks.reconciler.estate import Estate


def print_calls(estate: Estate) -> None:
    """Print what reached the sandbox: when, what, for whom, with what outcome."""
    done = figures.ran(estate)
    print("     time  creates deletes  operation                                  account       outcome")
    for call in estate.sent():
        under_way = [
            sum(one.kind == kind and one.began <= call.at < one.finished for one in done)
            for kind in ("creation", "deletion")
        ]
        counts = f"{under_way[0]:7} {under_way[1]:7}"
        print(f"{call.at:9.2f}  {counts}  {call.operation:<42} {call.account:<13} {call.outcome}")
