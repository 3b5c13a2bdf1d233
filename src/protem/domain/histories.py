"""What somebody has had under an entitlement so far, and the rules that count it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate

from protem.domain import durations
from protem.domain.decisions import Check, check
from protem.domain.entitlements import Entitlement
from protem.domain.windows import Window


@dataclass(frozen=True, slots=True)
class History:
    """What the beneficiary has had under one entitlement so far."""

    windows: tuple[Window, ...] = ()
    """Of the grants that owe access, or will; of the one that is to last longer as well."""
    last_over_at: datetime | None = None
    """When the latest of the others was over."""
    extensions: int = 0
    """How often the grant that is to last longer has been extended before."""
    open_review: bool = False
    """Whether the beneficiary broke glass, under whatever entitlement, and nobody has reviewed that yet."""


NO_HISTORY = History()


def rules(
    entitlement: Entitlement, history: History, window: Window, *, targets: int, extends: Window | None
) -> Iterator[Check]:
    """Say, rule by rule, whether access to so many targets during ``window`` goes with what there is.

    ``extends`` is the window of the grant that is to last longer.
    """
    others = list(history.windows)
    added = window
    if extends is not None:
        added = Window(extends.ends_at, window.ends_at)
        if extends in others:
            others.remove(extends)
    if (most := entitlement.maximum_concurrent) is not None:
        beside = most_at_once(others, during=added)
        yield check(
            "maximum_concurrent",
            passed=beside + targets <= most,
            satisfied=f"grants at a time under {entitlement.name}: at most {most}, already there: {beside}",
            explanation=f"grants at a time under {entitlement.name}: at most {most}, already there: {beside}",
            field="duration" if extends else "targets",
        )
    if (wait := entitlement.cool_down) is not None:
        yield _cool_down(entitlement.name, wait, window, others, None if extends else history.last_over_at)
    if entitlement.break_glass and extends is None:
        yield check(
            "review",
            passed=not history.open_review,
            satisfied="no broken glass waits for its review",
            explanation="glass was broken for the same person before, and nobody has reviewed it yet",
        )


def most_at_once(windows: Sequence[Window], *, during: Window) -> int:
    """Return how many of these windows share one instant of another at most."""
    beside = [one for one in windows if one.starts_at < during.ends_at and one.ends_at > during.starts_at]
    # At one instant ends come before starts: windows are half-open.
    changes = [(max(one.starts_at, during.starts_at), 1) for one in beside]
    changes += [(one.ends_at, -1) for one in beside]
    return max(accumulate((change for _, change in sorted(changes)), initial=0))


def _cool_down(
    name: str, wait: timedelta, window: Window, others: Sequence[Window], over_at: datetime | None
) -> Check:
    """Say whether there is time enough between this access and what is before and after it."""
    before = [one.ends_at for one in others if one.ends_at <= window.starts_at]
    after = [one.starts_at for one in others if one.starts_at >= window.ends_at]
    again_at = max([*before, *([over_at] if over_at else [])], default=window.starts_at - wait) + wait
    explanation = f"{name} gives access again from {again_at:%Y-%m-%d %H:%M:%S} UTC on"
    if again_at <= window.starts_at and after:
        explanation = (
            f"{name} wants {durations.text(wait)} without access before the grant that begins"
            f" at {min(after):%Y-%m-%d %H:%M:%S} UTC"
        )
    passed = again_at <= window.starts_at and all(start - window.ends_at >= wait for start in after)
    return check(
        "cool_down",
        passed=passed,
        satisfied=f"there are {durations.text(wait)} or more between this and other access",
        explanation=explanation,
        field="starts_at",
    )
