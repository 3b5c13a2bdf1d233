"""What a campaign has shown, in a few lines."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from tests.chaos.rounds import Outcome

_MOST_SHOWN = 8


def lines(outcome: Outcome, home: Path, database: str) -> Iterator[str]:
    """Yield what is printed of one round: a line, and if it failed, why and how to see that again."""
    yield _line(outcome)
    yield from (f"       {fault}" for fault in outcome.faults)
    if outcome.faults:
        again = f"make chaos ROUNDS=1 SEED={outcome.weather.seed} DATABASE={database}"
        yield f"       logs: {home}; again: {again}"


def _line(outcome: Outcome) -> str:
    word = "FAILED" if outcome.faults else "ok"
    late = max((seconds for _, seconds in outcome.lateness), default=0.0)
    return (
        f"{word:6} seed {outcome.weather.seed:<5} {outcome.weather.database:10} {outcome.seconds:5.1f}s "
        f"{outcome.grants:3} grants, {sum(outcome.calls.values()):4} calls, latest delete {late:5.2f}s: "
        f"{outcome.weather}"
    )


def summary(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Yield the distributions over all rounds."""
    failed = sum(bool(one.faults) for one in outcomes)
    grants, asked = sum(one.grants for one in outcomes), sum(one.asked for one in outcomes)
    yield f"{len(outcomes)} rounds, {failed} failed; {asked} requests answered, {grants} grants"
    yield f"troubles: {_counted(str(p.trouble) for one in outcomes for p in one.weather.planned)}"
    yield from _table("takeover, seconds after the leader was lost", (one.takeovers for one in outcomes))
    yield from _table("first delete call, seconds after access was over", (one.lateness for one in outcomes))
    overstays = ([("all", seconds) for seconds in one.overstay] for one in outcomes)
    yield from _table("gone from AWS, seconds after access was over", overstays)
    calls = sum((one.calls for one in outcomes), Counter[str]())
    yield f"calls: {_counted(calls.elements())}; throttled: {sum(one.throttled for one in outcomes)}"


def _table(title: str, found: Iterable[Iterable[tuple[str, float]]]) -> Iterator[str]:
    kinds = defaultdict[str, list[float]](list)
    for outcome in found:
        for kind, seconds in outcome:
            kinds[kind].append(seconds)
    if not kinds:
        return
    yield f"{title}:"
    yield f"  {'':20} {'count':>6} {'50%':>7} {'90%':>7} {'99%':>7} {'most':>7}"
    for kind, values in sorted(kinds.items()):
        values.sort()
        shares = " ".join(
            f"{values[min(int(len(values) * share), len(values) - 1)]:7.2f}" for share in (0.5, 0.9, 0.99)
        )
        yield f"  {kind:20} {len(values):6} {shares} {values[-1]:7.2f}"


def _counted(names: Iterable[str]) -> str:
    counts = Counter(names).most_common(_MOST_SHOWN)
    return ", ".join(f"{count} {name}" for name, count in counts) or "none"
