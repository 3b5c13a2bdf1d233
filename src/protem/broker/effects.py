"""What a change of entitlements means for people: who gains and loses what, by name."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from protem.broker.ground import Block, Ground, Some
from protem.domain import leeway, names
from protem.domain.effects import NOWHERE, Reach, gained
from protem.domain.entitlements import NOBODY, Entitlement
from protem.domain.leeway import Leeway

_NAMED = 20
"""People, accounts and permission sets that are named in one block; the rest is counted."""

_NAMED_IN_ALL = 2_000
_NAMED_AT_LEAST = 1


class Direction(StrEnum):
    """Whether more, less, or both, can be asked for, or more easily, than before."""

    WIDENS = "widens"
    NARROWS = "narrows"
    BOTH = "both"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True)
class Effect:
    """What one entitlement's change means; speakers are those who may ask for others."""

    gains: tuple[Block, ...]
    losses: tuple[Block, ...]
    speakers_gained: Some
    speakers_lost: Some
    leeway: Leeway

    @property
    def direction(self) -> Direction:
        wider = bool(self.gains or self.speakers_gained.count or self.leeway.widens)
        narrower = bool(self.losses or self.speakers_lost.count or self.leeway.narrows)
        if wider and narrower:
            return Direction.BOTH
        if wider or narrower:
            return Direction.WIDENS if wider else Direction.NARROWS
        return Direction.NEITHER


NONE = Effect((), (), Some(0, ()), Some(0, ()), Leeway())


@dataclass(frozen=True, slots=True)
class _Shift:
    """The same with every id."""

    gains: tuple[Reach, ...]
    losses: tuple[Reach, ...]
    speakers_gained: frozenset[str]
    speakers_lost: frozenset[str]
    leeway: Leeway


def between(
    before: Iterable[Entitlement], after: Iterable[Entitlement], ground: Ground
) -> Mapping[str, Effect]:
    """Return the effect of every entitlement that was added, removed or changed, by the key of its name."""
    old, new = ({names.key(rule.name): rule for rule in rules} for rules in (before, after))
    shifts = {
        key: _shift(old.get(key), new.get(key), ground)
        for key in {**old, **new}
        if old.get(key) != new.get(key)
    }
    blocks = sum(len(shift.gains) + len(shift.losses) for shift in shifts.values())
    named = max(_NAMED_AT_LEAST, min(_NAMED, _NAMED_IN_ALL // max(blocks, 1)))
    return {key: _shown(shift, ground, named=named) for key, shift in shifts.items()}


def _shift(before: Entitlement | None, after: Entitlement | None, ground: Ground) -> _Shift:
    told = leeway.between(before, after) if before and after else Leeway()
    old, new = (ground.reach(rule) if rule else NOWHERE for rule in (before, after))
    spoke, speak = (ground.members(rule.requesters_for if rule else NOBODY) for rule in (before, after))
    return _Shift(gained(old, new), gained(new, old), speak - spoke, spoke - speak, told)


def _shown(shift: _Shift, ground: Ground, *, named: int) -> Effect:
    return Effect(
        gains=tuple(ground.shown(part, named=named) for part in shift.gains),
        losses=tuple(ground.shown(part, named=named) for part in shift.losses),
        speakers_gained=ground.people(shift.speakers_gained, named=named),
        speakers_lost=ground.people(shift.speakers_lost, named=named),
        leeway=shift.leeway,
    )
