"""Which steps one request needs: those of its entitlement, with conditions and owners worked out."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from protem.domain import names
from protem.domain.catalogue import Account, Target
from protem.domain.entitlements import Approval, ApprovalStep, When
from protem.domain.hours import Hours
from protem.domain.selectors import People, tagged
from protem.domain.windows import Window


@dataclass(frozen=True, slots=True)
class Step:
    """A step of one request; nothing about it depends on tags or targets any more."""

    name: str
    approvers: People
    required: int = 1
    outside: tuple[Hours, ...] = ()
    """Needed only for access that lies outside any one of these; needed always where there are none."""

    def needed(self, window: Window) -> bool:
        return not self.outside or any(not hours.cover(window) for hours in self.outside)


class OwnerUnknownError(Exception):
    """A step asks the owner of an account, and no trusted tag says who that is."""

    def __init__(self, step: str, account: Account, tag: str) -> None:
        super().__init__(
            f"step {step} asks the owner of {account.name} ({account.id}), which has no tag {tag}"
        )
        self.step, self.account, self.tag = step, account, tag


def steps_for(
    approval: Approval | None, targets: Sequence[Target], *, duration: timedelta
) -> tuple[Step, ...]:
    """Return the steps that asking for these targets, for so long, may need.

    Raises ``OwnerUnknownError``: nobody could serve such a step.
    """
    if approval is None:
        return ()
    return tuple(step for rule in approval.steps for step in _steps(rule, targets, duration))


def needed(steps: Iterable[Step], window: Window) -> tuple[Step, ...]:
    """Return the steps that access during ``window`` needs."""
    return tuple(step for step in steps if step.needed(window))


def _conditions(
    alternatives: Sequence[When], targets: Sequence[Target], duration: timedelta
) -> tuple[Hours, ...] | None:
    """Return the hours outside of which the step is needed: none means always, None means never."""
    if not alternatives:
        return ()
    holding = [when for when in alternatives if _holds(when, targets, duration)]
    if not holding:
        return None
    hours = [when.outside for when in holding if when.outside is not None]
    return tuple(hours) if len(hours) == len(holding) else ()


def _holds(when: When, targets: Sequence[Target], duration: timedelta) -> bool:
    """Tell whether everything but the hours holds."""
    long_enough = when.duration_over is None or duration > when.duration_over
    return long_enough and any(_concerns(when, target) for target in targets)


def _concerns(when: When, target: Target) -> bool:
    chosen = when.permission_sets is None or when.permission_sets.include(target.permission_set)
    return chosen and tagged(target.account.tags, when.account_tags)


def _steps(rule: ApprovalStep, targets: Sequence[Target], duration: timedelta) -> Iterator[Step]:
    """Yield the step, or one for each owner: whoever owns one account decides about no other."""
    tag = rule.approvers.owner_tag
    if tag is None:
        if (outside := _conditions(rule.when, targets, duration)) is not None:
            yield Step(rule.name, rule.approvers, rule.required, outside)
        return
    owned = _owned(rule, tag, targets, duration)
    for owner, theirs in owned.items():
        outside = _conditions(rule.when, theirs, duration)
        name = rule.name if len(owned) == 1 else f"{rule.name}:{owner}"
        yield Step(name, _with_owner(rule.approvers, owner), rule.required, outside or ())


def _owned(
    rule: ApprovalStep, tag: str, targets: Sequence[Target], duration: timedelta
) -> Mapping[str, Sequence[Target]]:
    """Return the targets that the step is about, by the owner of their accounts.

    Raises ``OwnerUnknownError`` for an account without one; where the step is not needed there, it
    needs none.
    """
    owned: defaultdict[str, list[Target]] = defaultdict(list)
    spellings: dict[str, str] = {}
    for target in targets:
        if _conditions(rule.when, [target], duration) is None:
            continue
        owner = target.account.tag(tag)
        if not owner:
            raise OwnerUnknownError(rule.name, target.account, tag)
        owned[spellings.setdefault(names.handle("owner", owner), owner)].append(target)
    return owned


def _with_owner(people: People, owner: str) -> People:
    return replace(people, users=(*people.users, owner), groups=(*people.groups, owner), owner_tag=None)
