"""What has happened to an export, judged by the first line that does not fit and those around it."""

from collections.abc import Iterator
from dataclasses import dataclass

from protem.broker.record import lines
from protem.broker.record.faults import Damage, Faulty
from protem.broker.record.lines import Entry, Gap, Garbled, Line, Other


@dataclass(frozen=True, slots=True)
class Position:
    """What the next line has to follow; ``line`` is the number of the line before."""

    line: int
    sequence: int
    hash: str
    entry: Entry | None = None
    """The event before, if that line is one."""


@dataclass
class Rest:
    """The lines after the one that does not fit, looked through once."""

    following: Line | None = None
    finds_expected: bool = False
    """Whether the event that was expected comes later."""
    finds_again: bool = False
    """Whether another event has the number of the one that does not fit."""

    @property
    def previous(self) -> str | None:
        """The hash that the next line, or the trailer, says comes before it."""
        match self.following:
            case Entry() | Gap():
                return self.following.previous
            case Other():
                return str(self.following.members.get("hash"))
            case None:
                return None


def look(rest: Iterator[bytes], *, at: Position, misfit: Entry | Gap | None) -> Rest:
    """Look through the rest of an export; what cannot be read in it tells nothing."""
    found = Rest()
    for number, raw in enumerate(rest):
        try:
            line = lines.read(raw)
        except Garbled:
            continue
        if number == 0:
            found.following = line
        if isinstance(line, Entry | Gap):
            found.finds_expected = found.finds_expected or _is_expected(line, at)
            found.finds_again = found.finds_again or _is_again(line, misfit)
    return found


def _is_expected(line: Entry | Gap, at: Position) -> bool:
    follows = line.first_sequence == at.sequence + 1 and line.previous == at.hash
    return follows and (isinstance(line, Gap) or line.is_sound)


def _is_again(line: Entry | Gap, misfit: Entry | Gap | None) -> bool:
    return misfit is not None and line.first_sequence == misfit.first_sequence


def judge(misfit: Entry, rest: Rest, *, at: Position) -> Faulty:
    """Name what has happened, given the event that does not fit where it stands."""
    if not misfit.is_sound:
        return _judge_unsound(misfit, rest, at=at)
    expected = at.sequence + 1
    if misfit.sequence > expected:
        return _judge_early(misfit, rest, at=at)
    if misfit.sequence < expected:
        return _judge_late(misfit, rest, at=at)
    if rest.finds_expected or at.line == 1:
        return _inserted(misfit, line=at.line + 1)
    message = f"event {at.sequence} is another than the one that event {misfit.sequence} follows"
    return Faulty(Damage.ALTERED_EVENT, message, line=at.line, sequence=at.sequence)


def judge_gap(misfit: Gap, rest: Rest, *, at: Position) -> Faulty:
    """Name what has happened, given a line about dropped events that does not fit where it stands."""
    expected = at.sequence + 1
    if misfit.first_sequence > expected:
        return _judge_early(misfit, rest, at=at)
    if misfit.first_sequence < expected or rest.finds_expected:
        return _inserted(misfit, line=at.line + 1)
    message = "what it says of dropped events was altered"
    return Faulty(Damage.ALTERED_PLACE, message, line=at.line + 1, sequence=expected)


def _judge_unsound(misfit: Entry, rest: Rest, *, at: Position) -> Faulty:
    place = {"line": at.line + 1, "sequence": at.sequence + 1}
    fitting = misfit.hash_after(at.sequence + 1, at.hash)
    if fitting == misfit.hash:
        return Faulty(Damage.ALTERED_PLACE, "its number, or the hash before it, was altered", **place)
    following = rest.following
    if misfit.sequence > at.sequence + 1 and isinstance(following, Entry) and following.is_sound:
        return _judge_early(misfit, rest, at=at)
    if fitting == rest.previous and misfit.sequence == at.sequence + 1 and misfit.previous == at.hash:
        return Faulty(Damage.ALTERED_HASH, "the event is in order, its hash was altered", **place)
    return Faulty(Damage.ALTERED_EVENT, "the event was altered: it does not have its own hash", **place)


def _judge_early(misfit: Entry | Gap, rest: Rest, *, at: Position) -> Faulty:
    if not rest.finds_expected:
        return missing(at.sequence + 1, misfit.first_sequence - 1, line=at.line + 1)
    if rest.finds_again:
        return _inserted(misfit, line=at.line + 1)
    found, wanted = misfit.first_sequence, at.sequence + 1
    message = f"event {found} stands where event {wanted} belongs, which comes later"
    return Faulty(Damage.REORDERED, message, line=at.line + 1, sequence=found)


def _judge_late(misfit: Entry, rest: Rest, *, at: Position) -> Faulty:
    before = at.entry
    if before is not None and before.hash != misfit.hash == rest.previous:
        return _inserted(before, line=at.line)
    return _inserted(misfit, line=at.line + 1)


def missing(first: int, last: int, *, line: int) -> Faulty:
    """Return that these events are not there, before this line."""
    which = f"event {first} is" if first == last else f"events {first} to {last} are"
    return Faulty(Damage.MISSING, f"{which} missing", line=line, sequence=first)


def _inserted(what: Entry | Gap, *, line: int) -> Faulty:
    message = f"an event that calls itself {what.first_sequence} was inserted"
    return Faulty(Damage.INSERTED, message, line=line, sequence=what.first_sequence)
