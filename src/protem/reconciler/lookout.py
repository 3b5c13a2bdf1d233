"""What to ask AWS about operations that run, and when; all that is remembered here may be lost.

What is forgotten costs a call that was not necessary, and no more.
"""

import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from protem.db.models import Act
from protem.reconciler.records import PATIENCE
from protem.reconciler.surveys import Person, Subject, best_about, broadest
from protem.reconciler.tempo import Age, Tempo
from protem.reconciler.traffic import MOST_OUTSTANDING, WRITES, Running, Traffic

_SOON = timedelta(seconds=0.5)
"""How long something that left waits for its evidence, when nothing else is likely to come along."""
_TOGETHER = {Act.CREATE: timedelta(seconds=8), Act.DELETE: timedelta(seconds=12)}
"""How long while more of its kind wait, so that one listing tells of many."""
_REFUSED = timedelta(hours=1)
"""How long AWS is not asked again what it refuses to list."""
_UNKNOWN = timedelta(minutes=10)
_FOREIGN = timedelta(seconds=30)
"""How long operations of others are taken to run on, since they were listed."""
_LONGEST_REST = timedelta(seconds=30)
_SLOW = 1.25
"""By how much an operation must outlast every one that was seen for a listing not to be waited for."""
_TWO = 2
_MOST_OF_IT = 0.7
"""The share of what is expected to be over that a listing has to tell of, which is evidence and no hint."""
_HELD_UP = 2.0
"""Seconds after which to ask again about an operation whose account an ending waits for."""
_INSTANT = 0.001
"""Seconds that are not worth another tick."""


@dataclass(frozen=True, slots=True)
class Hint:
    """List all operations of a kind that run."""

    kind: Act
    instance_arn: str
    running: tuple[Running, ...]


@dataclass(frozen=True, slots=True)
class Describe:
    """Ask about one operation."""

    running: Running


@dataclass(frozen=True, slots=True)
class List:
    """See what operations brought about, by one listing."""

    subject: Subject
    running: tuple[Running, ...]


Question = Hint | Describe | List


@dataclass
class Lookout:
    """The memory of one process; used by the tick and by what it has started, at the same time."""

    tempos: Mapping[Act, Tempo] = field(default_factory=lambda: {kind: Tempo(kind) for kind in WRITES})
    _seen: dict[str, datetime] = field(default_factory=dict)
    _out: set[str] = field(default_factory=set)
    _shy: dict[str, tuple[datetime, int]] = field(default_factory=dict)
    _foreign: dict[Act, tuple[datetime, int]] = field(default_factory=dict)
    _unsure: set[Act] = field(default_factory=set)
    """Kinds of which AWS has refused one, because so many run: how many has to be listed."""
    _rests: dict[str, tuple[datetime, int]] = field(default_factory=dict)
    _unlisted: dict[Person | Act | None, datetime] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def limit(self, room: Traffic, now: datetime) -> None:
        """Note what others have under way, and which operations are gone, whoever told."""
        with self._lock:
            ours = {one.operation_id for one in room.running}
            for memory in (self._seen, self._shy):
                for gone in memory.keys() - ours:
                    del memory[gone]
            for kind, (at, count) in self._foreign.items():
                if now - at <= _FOREIGN:
                    room.outstanding[kind] += self._taken(kind, count, room)
            room.resting |= {account for account, (until, _) in self._rests.items() if until > now}

    def questions(
        self, room: Traffic, now: datetime, *, wanted: Mapping[Act, bool]
    ) -> tuple[list[Question], timedelta | None]:
        """Return what to ask now, and how long until there is more to ask."""
        asked: list[Question] = []
        waits: list[timedelta] = []
        held_up = room.ending if room.has_slot(Act.DELETE) else set()
        with self._lock:
            free = [one for one in room.running if self._may_be_asked_about(one, now)]
            for kind in (Act.DELETE, Act.CREATE):
                going = [one for one in free if one.kind is kind and one.left_at is None]
                left = [one for one in free if one.kind is kind and one.left_at is not None]
                for found, wait in (
                    self._polls(going, left, now, wanted=wanted[kind], held_up=held_up),
                    self._evidence(left, going, now, more=wanted[kind] and not room.has_slot(kind)),
                ):
                    asked += found
                    waits += [] if wait is None else [wait]
                    if any(isinstance(question, List) for question in found):
                        break
            self._out |= {one.operation_id for question in asked for one in concerned(question)}
        return asked, min(waits, default=None)

    def along(self, subject: Subject, running: Iterable[Running]) -> list[Running]:
        """Return the operations of which a listing tells that is made anyway, and take note of that."""
        with self._lock:
            told = [one for one in running if subject.covers(one.key) and one.operation_id not in self._out]
            self._out |= {one.operation_id for one in told}
        return told

    def freed(self, kind: Act, room: Traffic, within: timedelta) -> int:
        """Return how many slots are there, or will be before long."""
        slots = MOST_OUTSTANDING[kind]
        soon = slots * within.total_seconds() / self.tempos[kind].mean
        return max(slots - room.outstanding[kind], 0) + int(min(soon, slots * 3))

    def lists(self, person: Person, now: datetime) -> bool:
        """Tell whether AWS may be asked what this principal holds."""
        with self._lock:
            return self._lists(person, now)

    def refused(self, person: Person, now: datetime, *, all_of_them: bool) -> None:
        """Note that AWS does not say what somebody holds, or what anybody does."""
        with self._lock:
            self._unlisted[None if all_of_them else person] = now + (_REFUSED if all_of_them else _UNKNOWN)

    def unhinted(self, kind: Act, now: datetime) -> None:
        """Note that AWS does not list operations of a kind."""
        with self._lock:
            self._unlisted[kind] = now + _REFUSED

    def answered(self, running: Iterable[Running]) -> None:
        """Let these be asked about again."""
        with self._lock:
            self._out -= {one.operation_id for one in running}

    def failed(self, running: Iterable[Running], now: datetime) -> None:
        """Let these be asked about again after a while, and after a longer one the next time."""
        with self._lock:
            for one in running:
                count = self._shy.get(one.operation_id, (now, 0))[1] + 1
                self._shy[one.operation_id] = (now + _doubling(count), count)

    def runs(self, running: Iterable[Running], at: datetime) -> None:
        """Note that these were seen to run."""
        with self._lock:
            for one in running:
                self._seen[one.operation_id] = max(at, self._seen.get(one.operation_id, at))
                self._shy.pop(one.operation_id, None)

    def over(self, one: Running, at: datetime) -> None:
        """Note that one was seen to be over, and learn from it."""
        with self._lock:
            if one.left_at is None:
                self.tempos[one.kind].learn(*_span(one, self._seen.get(one.operation_id), at))

    def others(self, kind: Act, count: int, now: datetime) -> None:
        """Note how many operations of others AWS listed."""
        with self._lock:
            self._foreign[kind] = (now, count)
            self._unsure.discard(kind)

    def full(self, kind: Act, now: datetime) -> None:
        """Note that AWS takes no more of a kind, though we have left room: others have some."""
        with self._lock:
            self._foreign[kind] = (now, MOST_OUTSTANDING[kind])
            self._unsure.add(kind)

    def conflict(self, account_id: str, now: datetime) -> None:
        """Leave an account alone for a while in which somebody else writes."""
        with self._lock:
            count = self._rests.get(account_id, (now, 0))[1] + 1
            self._rests[account_id] = (now + _doubling(count), count)

    def accepted(self, account_id: str) -> None:
        with self._lock:
            self._rests.pop(account_id, None)

    def _taken(self, kind: Act, count: int, room: Traffic) -> int:
        """Return how many slots others have; one is always tried, unless it will be known before long."""
        free = MOST_OUTSTANDING[kind] - room.outstanding[kind]
        known_soon = kind in self._unsure and room.outstanding[kind] > 0
        return min(count, max(free if known_soon else free - 1, 0))

    def _may_be_asked_about(self, one: Running, now: datetime) -> bool:
        shy = self._shy.get(one.operation_id)
        return one.operation_id not in self._out and (shy is None or shy[0] <= now)

    def _evidence(
        self, left: Sequence[Running], going: Sequence[Running], now: datetime, *, more: bool
    ) -> tuple[list[Question], timedelta | None]:
        """See what became of what left, for all at once that one listing tells of."""
        if not left:
            return [], None
        first = min(left, key=_evidence_due_since)
        hold = _TOGETHER[first.kind] if more else _SOON
        wait = _evidence_due_since(first) + hold - now
        if wait > timedelta():
            return [], wait
        person = self._lists(Person(first.key.instance_arn, first.key.holder), now)
        subject = best_about(first.key, (one.key for one in left), person=person)
        told = [one for one in (*left, *going) if subject.covers(one.key)]
        if len(told) == 1:
            return [Describe(first)], None
        return [List(subject, tuple(told))], None

    def _polls(
        self,
        going: Sequence[Running],
        left: Sequence[Running],
        now: datetime,
        *,
        wanted: bool,
        held_up: Collection[str],
    ) -> tuple[list[Question], timedelta | None]:
        if not going:
            return [], None
        tempo = self.tempos[going[0].kind]
        ages = [self._age(one, now) for one in going]
        wait = tempo.wait(ages, wanted=wanted)
        # An ending for which there is a slot, but whose account is busy, waits for these alone.
        awaited = [age for one, age in zip(going, ages, strict=True) if one.holds_up(held_up)]
        wait = min([wait, *(_HELD_UP - (age.now - age.seen) for age in awaited)])
        if wait > _INSTANT:
            return [], timedelta(seconds=wait)
        slow = any(age.now > _SLOW * tempo.longest for age in ages)
        over = {one.operation_id: tempo.over(age) for one, age in zip(going, ages, strict=True)}
        asked = self._question(going, now, over=over, slow=slow)
        return [_with(question, left) for question in asked], None

    def _question(
        self, going: Sequence[Running], now: datetime, *, over: Mapping[str, float], slow: bool
    ) -> list[Question]:
        old = [one for one in going if now - one.started_at > PATIENCE]
        kind, instance_arn = going[0].kind, going[0].key.instance_arn
        hint = Hint(kind, instance_arn, tuple(one for one in going if one.key.instance_arn == instance_arn))
        if kind in self._unsure and not self._is_refused(kind, now):
            return [hint]
        if old or len(going) == 1:
            return [Describe(one) for one in old or going]
        subject = broadest(going, over, person=lambda whole: self._lists(whole, now))
        told = tuple(one for one in going if subject.covers(one.key))
        expected = sum(over[one.operation_id] for one in told)
        if not slow and 0 < expected >= _MOST_OF_IT * sum(over.values()):
            return [List(subject, told)]
        if len(going) == _TWO or self._is_refused(kind, now):
            return [Describe(one) for one in going]
        return [hint]

    def _age(self, one: Running, now: datetime) -> Age:
        seen = self._seen.get(one.operation_id, one.started_at)
        return Age(seen=(seen - one.started_at).total_seconds(), now=(now - one.started_at).total_seconds())

    def _lists(self, person: Person, now: datetime) -> bool:
        return not self._is_refused(None, now) and not self._is_refused(person, now)

    def _is_refused(self, what: Person | Act | None, now: datetime) -> bool:
        until = self._unlisted.get(what)
        return until is not None and until > now


def concerned(question: Question) -> Sequence[Running]:
    """Return the operations that a question is about."""
    return (question.running,) if isinstance(question, Describe) else question.running


def _with(question: Question, left: Sequence[Running]) -> Question:
    """Have a listing tell also of what left before."""
    if not isinstance(question, List):
        return question
    told = [one for one in left if question.subject.covers(one.key)]
    return List(question.subject, (*question.running, *told))


def _evidence_due_since(one: Running) -> datetime:
    """Return when it left; something that left before, and ran after all, is asked about more seldom."""
    return one.left_at or one.started_at


def _span(one: Running, seen: datetime | None, at: datetime) -> tuple[float, float]:
    at_least = (seen - one.started_at).total_seconds() if seen else 0.0
    return max(at_least, 0.0), max((at - one.started_at).total_seconds(), at_least, 0.0)


def _doubling(count: int) -> timedelta:
    return min(timedelta(seconds=1 << min(count - 1, 12)), _LONGEST_REST)
