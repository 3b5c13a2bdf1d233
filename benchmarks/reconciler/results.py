"""What a scenario has to say: lines to read, and aims that were met or not."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.reconciler import figures
from benchmarks.reconciler.bounds import (
    CALLS_PER_SECOND,
    LISTINGS,
    OUTSTANDING,
    Kind,
    Ran,
    bound,
    necessary_calls,
)
from benchmarks.reconciler.estate import Sent

_KINDS: tuple[Kind, ...] = ("creation", "deletion")


@dataclass(frozen=True, slots=True)
class Aim:
    """Something promised, and whether this run kept it."""

    sentence: str
    met: bool

    def __str__(self) -> str:
        return f"{'met' if self.met else 'NOT MET'}: {self.sentence}"


@dataclass
class Result:
    """The outcome of one scenario at one pace."""

    title: str
    lines: list[str] = field(default_factory=list)
    aims: list[Aim] = field(default_factory=list)

    def say(self, *lines: str) -> None:
        self.lines.extend(f"  {line}" for line in lines)

    def aim(self, sentence: str, *, met: bool) -> None:
        self.aims.append(Aim(sentence, met))

    def __str__(self) -> str:
        return "\n".join([self.title, *self.lines, *(f"  {aim}" for aim in self.aims), ""])


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of a run in which certain work was to be done, in seconds after the start."""

    name: str
    begin: float
    end: float
    sent: Sequence[Sent]
    ran: Sequence[Ran]

    @property
    def makespan(self) -> float:
        return self.end - self.begin


def timing(result: Result, phase: Phase, *, within: float | None = None) -> None:
    """Say how long a phase took, how long it had to, and where the rest went."""
    least = bound(phase.ran)
    ratio = phase.makespan / least.seconds
    result.say(
        f"{phase.name}: makespan {phase.makespan:.1f} s, bound {least.seconds:.1f} s, ratio {ratio:.3f}",
        f"  bound: the longest of {sum(necessary_calls(phase.ran).values())} necessary calls ÷ "
        f"{CALLS_PER_SECOND}/s = {least.calls:.1f} s, operation-seconds ÷ {OUTSTANDING} = "
        f"{least.outstanding:.1f} s, the busiest account's operations = {least.account:.1f} s",
    )
    for kind in _KINDS:
        slots = figures.slots(phase.ran, kind, begin=phase.begin)
        if slots is not None:
            result.say(
                f"  {kind}s: all slots first taken after {slots.first:.1f} s; a slot was taken again after "
                f"{slots.refills}; idle slots cost {slots.idle:.1f} s; the last began {slots.last:.1f} s "
                "before the end"
            )
    if within is not None:
        result.aim(f"{phase.name} within {within:.2f} of the bound ({ratio:.3f})", met=ratio <= within)


def calls(result: Result, phase: Phase, *, grants: int) -> float:
    """Say which calls a phase took, how many were needed, and what was refused; return calls per grant."""
    sent = figures.ours(phase.sent)
    needed = necessary_calls(phase.ran)
    each = sorted(figures.by_operation(sent).items(), key=lambda item: -item[1])
    listed = ", ".join(
        f"{operation} {count / grants:.2f}"
        + (f" (needed {needed[operation] / grants:.2f})" if operation in needed else "")
        for operation, count in each
    )
    result.say(
        f"{phase.name}: {len(sent) / grants:.2f} calls per grant: {listed}",
        f"  listings of any kind {_listings(sent) / grants:.2f} (needed {needed[LISTINGS] / grants:.2f}); "
        f"{len(sent) / phase.makespan:.1f} calls/s; throttled {figures.throttles(sent)}, conflicts "
        f"{figures.conflicts(sent)}, other errors {_other_errors(sent)}",
    )
    return len(sent) / grants


def _listings(sent: Sequence[Sent]) -> int:
    return sum(call.operation.startswith("ListAccountAssignments") for call in sent)


def _other_errors(sent: Sequence[Sent]) -> int:
    bad = sum(call.outcome != "ok" for call in sent)
    return bad - figures.throttles(sent) - figures.conflicts(sent)
