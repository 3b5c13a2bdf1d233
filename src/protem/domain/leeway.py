"""What a change of a rule makes easier and what harder, besides whom it reaches."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from protem.domain import durations
from protem.domain.entitlements import (
    Approval,
    ApprovalStep,
    Entitlement,
    Extension,
    OnEligibilityLost,
    WhenRemovedOutside,
)
from protem.domain.selectors import People


@dataclass(frozen=True, slots=True)
class Leeway:
    """Sentences; what can be told neither way, such as another ticket pattern, is in neither."""

    widens: tuple[str, ...] = ()
    narrows: tuple[str, ...] = ()


_Told = Iterator[tuple[bool, str]]
"""Whether it widens, and what it is."""


def between(before: Entitlement, after: Entitlement) -> Leeway:
    """Return what is easier and what is harder under ``after``."""
    found = tuple(_all(before, after))
    return Leeway(
        widens=tuple(sentence for widens, sentence in found if widens),
        narrows=tuple(sentence for widens, sentence in found if not widens),
    )


def _all(before: Entitlement, after: Entitlement) -> _Told:
    yield from _approval(before.approval, after.approval)
    yield from _length("access", before.duration.maximum, after.duration.maximum)
    yield from _extension(before.extension, after.extension)
    yield from _demands(before, after)
    yield from _limits(before, after)
    yield from _endings(before, after)


def _approval(before: Approval | None, after: Approval | None) -> _Told:
    if before is None or after is None:
        if before is not after:
            yield after is None, f"approval is {'no longer' if after is None else 'now'} needed"
        return
    old, new = ({step.name: step for step in one.steps} for one in (before, after))
    yield from ((True, f"step {name} is no longer needed") for name in old if name not in new)
    yield from ((False, f"step {name} is now needed") for name in new if name not in old)
    for name in new:
        if name in old:
            yield from _step(old[name], new[name])
    if trusted := _listed(after.through, before.through):
        yield True, f"{trusted} may now relay decisions"
    if distrusted := _listed(before.through, after.through):
        yield False, f"{distrusted} may no longer relay decisions"


def _step(before: ApprovalStep, after: ApprovalStep) -> _Told:
    step = f"step {before.name}"
    if before.required != after.required:
        yield after.required < before.required, f"{step} needs {after.required} instead of {before.required}"
    if not before.when and after.when:
        yield True, f"{step} is needed under conditions only"
    if before.when and not after.when:
        yield False, f"{step} is needed always"
    if new := _listed(_people(after.approvers), _people(before.approvers)):
        yield True, f"{step} may be served by {new}"
    if old := _listed(_people(before.approvers), _people(after.approvers)):
        yield False, f"{step} may no longer be served by {old}"


def _people(people: People) -> set[str]:
    owner = {f"the owner by tag {people.owner_tag}"} if people.owner_tag else set[str]()
    return {*people.users, *people.groups} | owner


def _extension(before: Extension | None, after: Extension | None) -> _Told:
    if before is None or after is None:
        if before is not after:
            yield before is None, f"access can {'now' if before is None else 'no longer'} be extended"
        return
    if before.maximum_count != after.maximum_count:
        more = after.maximum_count > before.maximum_count
        yield more, f"extensions: {after.maximum_count} instead of {before.maximum_count}"
    yield from _length("one extension", before.maximum, after.maximum)


def _demands(before: Entitlement, after: Entitlement) -> _Told:
    """Yield what somebody who asks has to bring."""
    old, new = before.justification_minimum_length, after.justification_minimum_length
    if old != new:
        yield new < old, f"the shortest justification has {new} characters instead of {old}"
    if before.ticket.required != after.ticket.required:
        yield before.ticket.required, f"a ticket is {'no longer' if before.ticket.required else 'now'} needed"
    if (before.ticket.pattern is None) != (after.ticket.pattern is None):
        free = after.ticket.pattern is None
        yield free, f"tickets {'no longer' if free else 'now'} have to look a certain way"
    yield from _bound("the hours of access are", before.allowed_hours, after.allowed_hours)


def _limits(before: Entitlement, after: Entitlement) -> _Told:
    most, more = before.maximum_concurrent, after.maximum_concurrent
    yield from _bound("grants at a time are", most, more)
    if most is not None and more is not None and most != more:
        yield more > most, f"grants at a time: {more} instead of {most}"
    wait, longer = before.cool_down, after.cool_down
    yield from _bound("how soon access is given again is", wait, longer)
    if wait is not None and longer is not None and wait != longer:
        yield longer < wait, f"cool-down: {durations.text(longer)} instead of {durations.text(wait)}"
    if before.break_glass != after.break_glass:
        glass = "is break-glass now" if after.break_glass else "is break-glass no longer"
        yield before.break_glass, f"it {glass}: access is {'' if after.break_glass else 'not '}reviewed"


def _endings(before: Entitlement, after: Entitlement) -> _Told:
    if before.on_eligibility_lost is not after.on_eligibility_lost:
        keeps = after.on_eligibility_lost is OnEligibilityLost.KEEP
        yield keeps, f"who loses eligibility {'keeps' if keeps else 'loses'} live access"
    if before.when_removed_outside is not after.when_removed_outside:
        anew = after.when_removed_outside is WhenRemovedOutside.RENEW
        yield anew, f"access that is removed outside is {'made anew' if anew else 'over'}"


def _bound(what: str, before: object | None, after: object | None) -> _Told:
    if (before is None) != (after is None):
        yield after is None, f"{what} {'no longer' if after is None else 'now'} limited"


def _length(what: str, before: timedelta, after: timedelta) -> _Told:
    if before != after:
        yield after > before, f"{what} may last {durations.text(after)} instead of {durations.text(before)}"


def _listed(these: Iterable[str], without: Iterable[str]) -> str:
    return ", ".join(sorted(set(these) - set(without)))
