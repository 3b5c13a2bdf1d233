"""A copy of the record that proves itself, written page by page: no memory, and no open transaction."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from protem.broker import audit
from protem.broker.callers import Caller
from protem.broker.record import documents, lines, ranges
from protem.broker.record.signing import SigningKey
from protem.db.models import AuditEvent, Chain, DroppedSegment, Seal
from protem.domain.authority import Verb
from protem.domain.errors import SigningKeyMissing
from protem.domain.events import EventType

PAGE = 500
"""Events that one transaction reads."""

_log = structlog.get_logger("protem.audit")


@dataclass
class Export:
    """An export on its way: ``page`` until ``is_whole``, then ``trailer``."""

    log: str
    first: int
    last: int
    sequence: int
    """The last number written."""
    hash: str
    header: bytes
    key: SigningKey
    begun_at: datetime
    """No later than when the end of the chain was read, so that no later checkpoint contradicts it."""
    count: int = 0
    _content: Any = field(default_factory=hashlib.sha256)

    def __post_init__(self) -> None:
        self._content.update(self.header)

    @property
    def is_whole(self) -> bool:
        return self.sequence >= self.last

    def page(self, session: Session, *, limit: int = PAGE) -> bytes:
        """Return the next lines, some at most; the session is needed for no longer than this call."""
        written = b"".join(self._more(session, limit))
        if not written:
            # Somebody has made away with seals. Whoever verifies the file is told which are missing.
            _log.error("audit.seals_missing", first_sequence=self.sequence + 1, last_sequence=self.last)
            self.sequence = self.last
        self._content.update(written)
        return written

    def trailer(self) -> bytes:
        """Return the last line, which vouches for all the others."""
        return lines.written(
            self.key.sign(
                {
                    "kind": lines.TRAILER,
                    "version": lines.VERSION,
                    "log": self.log,
                    "count": self.count,
                    "first_sequence": self.first,
                    "last_sequence": self.sequence,
                    "hash": self.hash,
                    "header_hash": hashlib.sha256(self.header).hexdigest(),
                    "content_hash": self._content.hexdigest(),
                    "exported_at": documents.instant(self.begun_at),
                }
            )
        )

    def _more(self, session: Session, limit: int) -> Iterator[bytes]:
        # Before it is read what was dropped: what is deleted in between is dropped by then.
        sealed = _sealed(session, self.sequence, self.last, limit)
        segment = session.scalars(
            select(DroppedSegment)
            .where(DroppedSegment.last_sequence > self.sequence)
            .order_by(DroppedSegment.first_sequence)
            .limit(1)
        ).first()
        if segment is not None and segment.first_sequence <= self.sequence + 1:
            yield lines.dropped(segment, first=self.sequence + 1, previous=self.hash)
            self.sequence, self.hash = segment.last_sequence, segment.last_hash
            return
        for seal, event in sealed:
            if segment is not None and seal.sequence >= segment.first_sequence:
                return
            yield lines.entry(seal.sequence, self.hash, documents.sealed(seal.event_id, event), seal.hash)
            self.sequence, self.hash, self.count = seal.sequence, seal.hash, self.count + 1


def begin(
    session: Session,
    caller: Caller,
    *,
    key: SigningKey | None,
    since: datetime | None = None,
    until: datetime | None = None,
    after_sequence: int | None = None,
    now: datetime,
) -> Export:
    """Put on record who takes a copy of what, and return the export of what is sealed by now.

    Raises ``SigningKeyMissing``.
    """
    caller.require(Verb.AUDIT_EVENTS_EXPORT)
    if key is None:
        raise SigningKeyMissing("this installation has no key, so nobody could tell an export from a forgery")
    chain = session.scalars(select(Chain)).one()
    wanted = ranges.stretch(session, chain, since=since, until=until, after_sequence=after_sequence)
    facts = {
        "first_sequence": wanted.first,
        "last_sequence": wanted.last,
        "since": None if since is None else documents.instant(since),
        "until": None if until is None else documents.instant(until),
    }
    audit.record(session, EventType.AUDIT_EXPORTED, now=now, caller=caller, facts=facts)
    header = lines.header(
        chain.log,
        first=wanted.first,
        previous=wanted.previous,
        sealed=chain.sequence,
        since=since,
        until=until,
    )
    return Export(
        str(chain.log), wanted.first, wanted.last, wanted.first - 1, wanted.previous, header, key, now
    )


def _sealed(session: Session, after: int, last: int, limit: int) -> Sequence[tuple[Seal, AuditEvent | None]]:
    found: Sequence[Any] = session.execute(
        select(Seal, AuditEvent)
        .outerjoin(AuditEvent, AuditEvent.id == Seal.event_id)
        .where(Seal.sequence > after, Seal.sequence <= last)
        .order_by(Seal.sequence)
        .limit(limit)
    ).all()
    return found
