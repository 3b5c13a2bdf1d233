"""Tables of what was measured, for people to read."""

from collections.abc import Sequence

from benchmarks.http.crowd import Flood, Waiting
from benchmarks.http.stages import Result
from benchmarks.http.wire import Load
from benchmarks.timing import table

_TIMES = ("p50", "p95", "p99", "max")
_COMPARED = {"submit": "submit", "read": "read", "list, as an auditor": "list"}


def stages(title: str, results: Sequence[Result]) -> str:
    """Return a line for each stage; the last columns say who used how much of a processor."""
    columns = ("", "connections", "calls/s", *_TIMES, "server", "load")
    rows = [
        (
            result.name,
            str(result.connections),
            f"{result.load.rate:,.0f}",
            *times(result.load),
            _share(result.share),
            _share(result.load.share),
        )
        for result in results
    ]
    return table(title, columns, rows)


def ratios(title: str, ours: Sequence[Result], theirs: Sequence[Result]) -> str:
    """Return how many calls a second we take for each that the service to compare with takes."""
    rows = []
    for result in ours:
        for other in theirs:
            if (_COMPARED.get(result.name), result.connections) == (other.name, other.connections):
                rate = f"× {result.load.rate / other.load.rate:.2f}"
                tail = f"× {result.load.percentile(99) / other.load.percentile(99):.2f}"
                rows.append((result.name, str(result.connections), rate, tail))
    return table(title, ("", "connections", "calls/s", "p99"), rows)


def crowd(title: str, flood: Flood, waiting: Waiting) -> str:
    """Return what was answered in a flood, and beside those who wait."""
    rows = [
        _row("submissions", flood.submitted),
        _row("  health meanwhile", flood.health),
        _row("  revoking meanwhile", flood.revoked),
        _row("submissions, nobody waits", waiting.alone),
        _row(f"submissions, {len(waiting.held.times)} wait", waiting.beside),
    ]
    return table(title, ("", "calls/s", *_TIMES, "unanswered"), rows)


def times(load: Load) -> tuple[str, ...]:
    return tuple(f"{load.percentile(hundredth) * 1_000:,.1f} ms" for hundredth in (50, 95, 99, 100))


def _row(name: str, load: Load) -> tuple[str, ...]:
    return (name.ljust(30), f"{load.rate:,.0f}", *times(load), str(load.unanswered))


def _share(of_a_processor: float) -> str:
    return f"{of_a_processor:.0%}"
