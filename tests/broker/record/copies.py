"""Exports made by hand, and what can be done to them."""

import hashlib
import json
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from io import BytesIO
from typing import Any, NamedTuple

from protem.broker.record import documents, lines
from protem.broker.record.faults import Damage
from protem.broker.record.lines import Entry
from protem.broker.record.sealing import NOTHING, link
from protem.broker.record.signing import SigningKey, known
from protem.broker.record.verifying import Report, split, verify
from tests.clocks import START

KEY = SigningKey.make()
LOG = uuid.UUID("6f1b7c3e-0d7e-4f0e-9d55-0a6c6f6f0001")
NOW = documents.instant(START)


def chained(events: Iterable[dict[str, Any]], *, first: int = 1, previous: str = NOTHING) -> Iterator[Entry]:
    for sequence, event in enumerate(events, start=first):
        hash_ = link(sequence, previous, event)
        yield Entry(sequence, previous, event, hash_)
        previous = hash_


def written(entry: Entry) -> bytes:
    return lines.entry(entry.sequence, entry.previous, entry.event, entry.hash)


def event(number: int) -> dict[str, Any]:
    return {"id": f"e{number}", "type": "grant.ended", "facts": {"note": f"ünï {number}", "part": number / 4}}


def head(*, first: int = 1, previous: str = NOTHING, sealed: int = 6) -> bytes:
    return lines.header(LOG, first=first, previous=previous, sealed=sealed, since=None, until=None)


def trailer(above: Sequence[bytes], *, key: SigningKey = KEY, **changes: Any) -> bytes:
    """Return the trailer of a header and lines about events, signed after the changes."""
    opening = json.loads(above[0])
    last = json.loads(above[-1])
    statement = {
        "kind": lines.TRAILER,
        "version": 1,
        "log": opening["log"],
        "count": sum(b'"event":' in line for line in above),
        "first_sequence": opening["first_sequence"],
        "last_sequence": last.get("sequence", opening["first_sequence"] - 1),
        "hash": last.get("hash", opening["previous"]),
        "header_hash": hashlib.sha256(above[0]).hexdigest(),
        "content_hash": hashlib.sha256(b"".join(above)).hexdigest(),
        "exported_at": NOW,
    }
    return lines.written(key.sign({**statement, **changes}))


def export(count: int = 6, *, first: int = 1, previous: str = NOTHING) -> list[bytes]:
    """Return the lines of an export of so many events, in order."""
    entries = chained(map(event, range(first, first + count)), first=first, previous=previous)
    above = [head(first=first, previous=previous), *map(written, entries)]
    return [*above, trailer(above)]


def checked(raw: Iterable[bytes], *, keys: Iterable[SigningKey] = (KEY,), **others: Any) -> Report:
    return verify(raw, keys=known(key.public for key in keys), **others)


def damage(raw: Iterable[bytes], **others: Any) -> Damage | None:
    fault = checked(raw, **others).fault
    return None if fault is None else fault.damage


class Case(NamedTuple):
    """A damaged export, and how it has to be named: the kind, the line and the number of the event."""

    name: str
    raw: list[bytes]
    damage: Damage
    line: int | None
    sequence: int | None = None


def deletions(whole: list[bytes]) -> Iterator[Case]:
    last = len(whole) - 1
    for place in range(1, last):
        line, sequence = place + 1, place
        yield Case(f"delete {line}", _without(whole, place), Damage.MISSING, line, sequence)
    yield Case("delete the header", whole[1:], Damage.NOT_AN_EXPORT, 1)
    yield Case("delete the trailer", whole[:-1], Damage.TRUNCATED, last, last - 1)


def duplications(whole: list[bytes]) -> Iterator[Case]:
    last = len(whole) - 1
    for place in range(1, last):
        for to in range(place + 1, last + 1):
            raw = [*whole[:to], whole[place], *whole[to:]]
            yield Case(f"repeat {place + 1} before {to + 1}", raw, Damage.INSERTED, to + 1, place)
    for place in range(1, last):
        for to in range(1, place):
            raw = [*whole[:to], whole[place], *whole[to:]]
            yield Case(f"put {place + 1} also before {to + 1}", raw, Damage.INSERTED, to + 1, place)
    yield Case("repeat the trailer", [*whole, whole[-1]], Damage.INSERTED, last + 2)
    for to in range(1, last + 1):
        raw = [*whole[:to], whole[0], *whole[to:]]
        yield Case(f"put the header also before {to + 1}", raw, Damage.INSERTED, to + 1)
    yield Case("repeat an event after the trailer", [*whole, whole[1]], Damage.INSERTED, last + 2)


def insertions(whole: list[bytes]) -> Iterator[Case]:
    """Put in an event that has the number, the link and the hash that it needs there."""
    entries = _entries(whole)
    for entry in entries:
        own = next(chained([event(99)], first=entry.sequence, previous=entry.previous))
        raw = [*whole[: entry.sequence], written(own), *whole[entry.sequence :]]
        yield Case(f"insert at {entry.sequence}", raw, Damage.INSERTED, entry.sequence + 1, entry.sequence)
    last = entries[-1]
    own = next(chained([event(99)], first=last.sequence + 1, previous=last.hash))
    yield Case(
        "insert at the end", [*whole[:-1], written(own), whole[-1]], Damage.INSERTED, len(whole), own.sequence
    )


def swaps(whole: list[bytes]) -> Iterator[Case]:
    for one in range(1, len(whole)):
        for other in range(one + 1, len(whole)):
            raw = [*whole]
            raw[one], raw[other] = raw[other], raw[one]
            sequence = None if other == len(whole) - 1 else other
            yield Case(f"swap {one + 1} and {other + 1}", raw, Damage.REORDERED, one + 1, sequence)
    for other in range(1, len(whole)):
        raw = [whole[other], *whole[1:other], whole[0], *whole[other + 1 :]]
        yield Case(f"swap the header and {other + 1}", raw, Damage.NOT_AN_EXPORT, 1)


def truncations(whole: list[bytes]) -> Iterator[Case]:
    text = b"".join(whole)
    for length in range(len(text)):
        raw = list(split(BytesIO(text[:length])))
        cut = not raw or not raw[-1].endswith(b"\n")
        line = max(len(raw), 1)
        sequence = None if cut else line - 1
        yield Case(f"cut to {length} bytes", raw, Damage.TRUNCATED, line, sequence)


def alterations(whole: list[bytes]) -> Iterator[Case]:
    """Change one event, its hash or its place; what has a right own hash shows in the next line."""
    for entry in _entries(whole):
        line, sequence = entry.sequence + 1, entry.sequence
        other = {**entry.event, "type": "grant.revoked"}
        for name, changed, kind in (
            ("the event", replace(entry, event=other), Damage.ALTERED_EVENT),
            ("the hash", replace(entry, hash="0" * 64), Damage.ALTERED_HASH),
            ("the link", replace(entry, previous="f" * 64), Damage.ALTERED_PLACE),
            ("the number", replace(entry, sequence=sequence + 100), Damage.ALTERED_PLACE),
        ):
            raw = _with(whole, sequence, written(changed))
            yield Case(f"alter {name} of {sequence}", raw, kind, line, sequence)
        own = next(chained([other], first=sequence, previous=entry.previous))
        is_last = sequence == len(whole) - 2
        kind = Damage.REWRITTEN if is_last else Damage.ALTERED_EVENT
        at = line + 1 if is_last else line
        yield Case(f"replace {sequence}", _with(whole, sequence, written(own)), kind, at, sequence)


def rewritings(whole: list[bytes]) -> Iterator[Case]:
    """Change or leave out an event, and work out the chain anew from there."""
    entries = _entries(whole)
    last = len(whole)
    for entry in entries:
        events = [other.event for other in entries]
        events[entry.sequence - 1] = {"id": "another"}
        raw = [whole[0], *map(written, chained(events)), whole[-1]]
        name = f"rewrite from {entry.sequence}"
        yield Case(name, raw, Damage.REWRITTEN, last, entries[-1].sequence)
        del events[entry.sequence - 1]
        raw = [whole[0], *map(written, chained(events)), whole[-1]]
        name = f"rewrite without {entry.sequence}"
        yield Case(name, raw, Damage.MISSING, last - 1, entries[-1].sequence)


def endings(whole: list[bytes]) -> Iterator[Case]:
    for place, line in enumerate(whole):
        for name, changed in (
            ("CRLF", line[:-1] + b"\r\n"),
            ("a space", line[:-1] + b" \n"),
            ("a byte order mark", b"\xef\xbb\xbf" + line),
            ("garbage", b"\xff\xfe\n"),
            ("nothing", b"\n"),
            ("a list", b"[]\n"),
            ("depth", b"[" * 100_000 + b"\n"),
        ):
            yield Case(f"{name} in {place + 1}", _with(whole, place, changed), Damage.GARBLED, place + 1)


LINE_LEVEL = (
    deletions,
    duplications,
    insertions,
    swaps,
    truncations,
    alterations,
    rewritings,
    endings,
)


def flipped(whole: list[bytes], byte: int, bit: int) -> list[bytes]:
    """Return the export with one bit of it turned over."""
    text = bytearray(b"".join(whole))
    text[byte] ^= 1 << bit
    return list(split(BytesIO(text)))


def _entries(whole: list[bytes]) -> list[Entry]:
    found = [lines.read(raw) for raw in whole[1:-1]]
    return [entry for entry in found if isinstance(entry, Entry)]


def _without(whole: list[bytes], place: int) -> list[bytes]:
    return [*whole[:place], *whole[place + 1 :]]


def _with(whole: list[bytes], place: int, line: bytes) -> list[bytes]:
    return [*whole[:place], line, *whole[place + 1 :]]
