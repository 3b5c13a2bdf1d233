"""What to change about an ask that one rule refuses; whether the change helps is for others to say."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from protem.domain import durations
from protem.domain.catalogue import Estate, Group, Person, Target
from protem.domain.eligibility import Ask, Bounds
from protem.domain.entitlements import NO_TICKET, Entitlement
from protem.domain.histories import History

_SETS = 3
"""How many other permission sets are tried for what an entitlement does not offer."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What must be known to change an ask sensibly."""

    bounds: Bounds
    now: datetime
    estate: Estate
    history: Callable[[Entitlement], History]
    standing: frozenset[Target] = frozenset()
    """What the beneficiary holds without asking."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """An ask as it would be after some changes, each with its words."""

    rule: Entitlement
    """Less strict than it is about what nobody but a person can mend, such as a justification."""
    ask: Ask
    codes: tuple[str, ...] = ()
    sentences: tuple[str, ...] = ()
    change: Mapping[str, Any] = field(default_factory=dict)
    """The fields of the request's body that change; null takes one out."""
    advice: bool = False
    """Whether somebody has to do what no field can say."""

    def with_(self, code: str, sentence: str, ask: Ask, **change: Any) -> "Attempt":
        return replace(
            self,
            ask=ask,
            codes=(*self.codes, code),
            sentences=(*self.sentences, sentence),
            change={**self.change, **change},
        )

    def advising(self, code: str, sentence: str, *, rule: Entitlement, ask: Ask | None = None) -> "Attempt":
        told = self.with_(code, sentence, ask or self.ask)
        return replace(told, rule=rule, advice=True)


def for_rule(rule: str, tried: Attempt, about: Situation) -> Iterator[Attempt]:
    """Yield changes that may satisfy a rule, or get round what else has this code; the smallest first."""
    remedy = _REMEDIES.get(rule)
    if remedy is not None:
        yield from remedy(tried, about)


def _longest(tried: Attempt, about: Situation) -> Iterator[Attempt]:
    yield from _lasting(tried, about, tried.rule.duration.maximum)


def _shortest(tried: Attempt, about: Situation) -> Iterator[Attempt]:
    least = about.bounds.minimum_duration
    sentence = f"ask for {durations.text(least)}, the least that there is"
    yield tried.with_(
        "longer_duration", sentence, replace(tried.ask, duration=least), duration=durations.text(least)
    )


def _lasting(tried: Attempt, about: Situation, duration: timedelta) -> Iterator[Attempt]:
    less = tried.ask.lasting(tried.rule) - duration
    if less <= timedelta() or duration < about.bounds.minimum_duration:
        return
    sentence = f"ask for {durations.text(duration)}, {durations.text(less)} less"
    shorter = replace(tried.ask, duration=duration)
    yield tried.with_("shorter_duration", sentence, shorter, duration=durations.text(duration))


def _without_start(tried: Attempt, about: Situation) -> Iterator[Attempt]:
    sentence = "leave the start out: access begins as soon as it is given"
    yield tried.with_("start_now", sentence, replace(tried.ask, starts_at=None), starts_at=None)


def _starting(tried: Attempt, at: datetime) -> Iterator[Attempt]:
    whole = at if not at.microsecond else at.replace(microsecond=0) + timedelta(seconds=1)
    sentence = f"begin at {whole:%Y-%m-%d %H:%M:%S} UTC"
    later = replace(tried.ask, starts_at=whole)
    written = whole.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    yield tried.with_("other_start", sentence, later, starts_at=written)


def _earlier(tried: Attempt, about: Situation) -> Iterator[Attempt]:
    yield from _starting(tried, (about.now + about.bounds.maximum_start_ahead).replace(microsecond=0))


def _in_hours(tried: Attempt, about: Situation) -> Iterator[Attempt]:
    hours = tried.rule.allowed_hours
    if hours is None:
        return
    start = max(tried.ask.starts_at or about.now, about.now)
    if closes := hours.closes_at(start):
        # Whole minutes, and one to spare: whoever follows the advice takes a moment to do it.
        minutes = (closes - start) // timedelta(minutes=1) - 1
        yield from _lasting(tried, about, minutes * timedelta(minutes=1))
        start = closes
    if opens := hours.opens_at(start):
        yield from _starting(tried, opens)


def _after_others(tried: Attempt, about: Situation) -> Iterator[Attempt]:
    past = about.history(tried.rule)
    wait = tried.rule.cool_down or timedelta()
    ends = {window.ends_at for window in past.windows} | ({past.last_over_at} if past.last_over_at else set())
    for end in sorted(ends):
        if end + wait > about.now:
            yield from _starting(tried, end + wait)


def _fewer(tried: Attempt, about: Situation) -> Iterator[Attempt]:
    for count in range(len(tried.ask.targets) - 1, 0, -1):
        yield from _keeping(tried, tried.ask.targets[:count])
    yield from _after_others(tried, about)


def _keeping(tried: Attempt, targets: Sequence[Target]) -> Iterator[Attempt]:
    left_out = [target for target in tried.ask.targets if target not in targets]
    if left_out and targets:
        listed = ", ".join(_called(target) for target in left_out)
        yield _asking_for(tried, "fewer_targets", f"leave out {listed}", targets)


def _asking_for(tried: Attempt, code: str, sentence: str, targets: Sequence[Target]) -> Attempt:
    body = [{"account": one.account.id, "permission_set": one.permission_set.arn} for one in targets]
    return tried.with_(code, sentence, replace(tried.ask, targets=tuple(targets)), targets=body)


def _covered(tried: Attempt, about: Situation) -> Iterator[Attempt]:
    rule, targets = tried.rule, tried.ask.targets
    yield from _keeping(tried, [target for target in targets if rule.covers(target)])
    for other in rule.permission_sets.pick(about.estate)[:_SETS]:
        instead = [target if rule.covers(target) else Target(target.account, other) for target in targets]
        if all(rule.covers(target) for target in instead):
            sentence = f"ask for {other.name} instead"
            yield _asking_for(tried, "other_permission_set", sentence, list(dict.fromkeys(instead)))


def _without_held(tried: Attempt, about: Situation) -> Iterator[Attempt]:
    yield from _keeping(tried, [one for one in tried.ask.targets if one not in about.standing])


def _without_one(tried: Attempt, about: Situation) -> Iterator[Attempt]:
    for place in range(len(tried.ask.targets)):
        yield from _keeping(tried, [*tried.ask.targets[:place], *tried.ask.targets[place + 1 :]])


def _with_owners(tried: Attempt, about: Situation) -> Iterator[Attempt]:
    steps = tried.rule.approval.steps if tried.rule.approval else ()
    tags = {step.approvers.owner_tag for step in steps if step.approvers.owner_tag}
    owned = [one for one in tried.ask.targets if all(one.account.tag(tag) for tag in tags)]
    yield from _keeping(tried, owned)
    yield from _fewer_steps(tried, about)


def _fewer_steps(tried: Attempt, about: Situation) -> Iterator[Attempt]:
    steps = tried.rule.approval.steps if tried.rule.approval else ()
    spared = {when.duration_over for step in steps for when in step.when if when.duration_over is not None}
    for duration in sorted(spared, reverse=True):
        yield from _lasting(tried, about, duration)


def _for_oneself(tried: Attempt, about: Situation) -> Iterator[Attempt]:
    ask = tried.ask
    if ask.requester.id != ask.beneficiary.id:
        own = replace(ask, beneficiary=ask.requester)
        yield tried.with_("ask_for_yourself", "ask for yourself", own, beneficiary=None)


def _as_member(tried: Attempt, about: Situation) -> Iterator[Attempt]:
    yield from _for_oneself(tried, about)
    rule, ask, groups = tried.rule, tried.ask, tried.rule.requesters.groups
    if not groups:
        return
    alone = ask.requester.id == ask.beneficiary.id
    who = "you are" if alone else f"{ask.beneficiary.user_name} is"
    others = f" (or any of {', '.join(groups[1:])})" if groups[1:] else ""
    sentence = f"{who} not in {groups[0]}{others}, which {rule.name} names: ask to be added"
    member = _joined(ask.beneficiary, groups[0])
    joined = replace(ask, beneficiary=member, requester=member if alone else ask.requester)
    yield tried.advising("join_group", sentence, rule=rule, ask=joined)


def _joined(person: Person, group: str) -> Person:
    return Person(person.id, person.user_name, person.groups | {Group(group, group)})


def _justified(tried: Attempt, about: Situation) -> Iterator[Attempt]:
    least = tried.rule.justification_minimum_length
    relaxed = replace(tried.rule, justification_minimum_length=0)
    sentence = f"say why in {least} characters or more"
    yield tried.advising("longer_justification", sentence, rule=relaxed)


def _with_ticket(tried: Attempt, about: Situation) -> Iterator[Attempt]:
    rule = tried.rule.ticket
    if tried.ask.ticket and not rule.required:
        without = replace(tried.ask, ticket=None)
        yield tried.with_("no_ticket", "leave the ticket out", without, ticket=None)
    looks = f" that looks like {rule.pattern.text}" if rule.pattern else ""
    relaxed = replace(tried.rule, ticket=NO_TICKET)
    yield tried.advising("other_ticket", f"name a ticket{looks}", rule=relaxed)


def _reviewed(tried: Attempt, about: Situation) -> Iterator[Attempt]:
    sentence = "wait until the glass that was broken before has been reviewed"
    yield tried.advising("review", sentence, rule=replace(tried.rule, break_glass=False))


def _called(target: Target) -> str:
    return f"{target.permission_set.name} in {target.account.name}"


_Remedy = Callable[[Attempt, Situation], Iterator[Attempt]]

_REMEDIES: Mapping[str, _Remedy] = {
    "requesters": _as_member,
    "requesters_for": _for_oneself,
    "accounts": _covered,
    "permission_sets": _covered,
    "duration": _longest,
    "minimum_duration": _shortest,
    "earliest_start": _without_start,
    "latest_start": _earlier,
    "allowed_hours": _in_hours,
    "maximum_concurrent": _fewer,
    "cool_down": _after_others,
    "justification": _justified,
    "ticket": _with_ticket,
    "ticket_pattern": _with_ticket,
    "review": _reviewed,
    "approvers": _with_owners,
    "no-approvers": _fewer_steps,
    "standing-access": _without_held,
    "locked": _without_one,
}
