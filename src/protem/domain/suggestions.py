"""The smallest changes that would make an ask pass; nothing is suggested that was not tried."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from protem.domain import remedies
from protem.domain.eligibility import Ask, matching
from protem.domain.entitlements import Entitlement, Policy
from protem.domain.remedies import Attempt, Situation

MOST = 5
_JOIN, _OTHER = "join_group", "other_permission_set"
_CHANGES = 4
"""How many things may have to be changed at once; more is another ask."""
_TRIES = 60

Judge = Callable[[Entitlement, Ask], Sequence[str]]
"""Says what refuses an ask under an entitlement: rules and codes, what is most worth knowing first."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What to do so that asking again passes; without a change where a person has to do something else."""

    code: str
    sentence: str
    change: Mapping[str, Any] | None = None


def suggest(
    ask: Ask,
    rules: Policy,
    tried: Sequence[Entitlement],
    *,
    named: str | None,
    judge: Judge,
    about: Situation,
) -> tuple[Suggestion, ...]:
    """Return the best few ways to have what ``ask`` wants, or something close to it, the best first.

    ``tried`` are the entitlements that may be tried, the one that decides first, if one does.
    """
    passing = _closest([found for _, found in sorted(_search(ask, tried, judge, about), key=_cost)], ask)
    found: dict[str, Suggestion] = {}
    for attempt in (_naming(passed, rules, named) for passed in passing):
        sentence = "; ".join(attempt.sentences)
        if attempt.codes and sentence not in found:
            change = None if attempt.advice else dict(attempt.change)
            found[sentence] = Suggestion(attempt.codes[0], sentence, change)
    return tuple(found.values())[:MOST]


def _closest(passing: Sequence[Attempt], ask: Ask) -> Sequence[Attempt]:
    """Return no other permission sets where there is a way to what was asked for."""
    there = any(attempt.ask.targets == ask.targets and _JOIN not in attempt.codes for attempt in passing)
    return [attempt for attempt in passing if not there or _OTHER not in attempt.codes]


def _search(
    ask: Ask, tried: Iterable[Entitlement], judge: Judge, about: Situation
) -> Iterator[tuple[int, Attempt]]:
    """Yield what passes, with the place of its entitlement, fewer changes before more."""
    waiting = deque((place, Attempt(rule, ask)) for place, rule in enumerate(tried))
    for _ in range(_TRIES):
        if not waiting:
            return
        place, attempt = waiting.popleft()
        refused = judge(attempt.rule, attempt.ask)
        if not refused:
            yield place, attempt
        elif len(attempt.codes) < _CHANGES:
            waiting.extend((place, further) for further in remedies.for_rule(refused[0], attempt, about))


def _cost(found: tuple[int, Attempt]) -> tuple[bool, int, bool, int]:
    """Return what makes one way worse than another: to depend on others, to change much, to name another."""
    place, attempt = found
    return _JOIN in attempt.codes, len(attempt.codes), attempt.advice, place


def _naming(attempt: Attempt, rules: Policy, named: str | None) -> Attempt:
    """Have the change name its entitlement, where another one, or none, would decide without."""
    ask, name = attempt.ask, attempt.rule.name
    if named is None:
        deciding = matching(rules, ask.requester, ask.targets, beneficiary=ask.beneficiary)
    else:
        deciding = tuple(rule for rule in (rules.named(named),) if rule is not None)
    if [rule.name for rule in deciding] == [name]:
        return attempt
    return replace(
        attempt,
        codes=("name_entitlement", *attempt.codes),
        sentences=(f"name the entitlement {name}", *attempt.sentences),
        change={**attempt.change, "entitlement": name},
    )
