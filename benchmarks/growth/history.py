"""A history of any length, the same at each run: what was asked for, given and taken back over five years."""

import hashlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from benchmarks.growth import estate
from protem.domain import names
from protem.domain.events import EventType

SPAN = timedelta(days=5 * 365)
ACTIVE = 10_000
PENDING = 300
TRIPLES_EACH = 40
"""How many different things one person asks for, again and again."""
_HOUR = timedelta(hours=1)
_LEADS, _SELDOM = (names.handle("group", group.name) for group in (estate.LEADS, estate.SELDOM))
_JUSTIFICATION = "the pager went off, and the runbook says to look at the database first"

Row = tuple[str, dict[str, Any]]
"""A table, and what one of its rows holds."""


@dataclass(frozen=True, slots=True)
class Life:
    """One request, and what became of it."""

    number: int
    asked_at: datetime
    state: str
    live: bool = False

    @property
    def person(self) -> int:
        return self.number * 7919 % len(estate.ORGANIZATION.people)

    @property
    def entitlement(self) -> str:
        if self.number < 20:
            return estate.RARE
        return estate.AT_ONCE if self.number % 5 < 2 else estate.OFTEN

    @property
    def bot(self) -> uuid.UUID | None:
        if self.number < 20:
            return estate.BOTS["old-bot"]
        return None if self.number % 5 else estate.BOTS["slack"]

    @property
    def triple(self) -> tuple[int, int]:
        """By whom, and which of theirs: what is active is none of what was."""
        own = self.number // len(estate.ORGANIZATION.people)
        return self.person, TRIPLES_EACH + own % 5 if self.live else own % TRIPLES_EACH


def identifier(at: datetime, kind: int, number: int) -> uuid.UUID:
    """Return a UUIDv7 of that millisecond, one for each number of a kind."""
    milliseconds = int(at.timestamp() * 1_000)
    return uuid.UUID(int=milliseconds << 80 | 7 << 76 | kind << 64 | 0b10 << 62 | number)


def past(grants: int, *, now: datetime) -> Iterator[Life]:
    """Yield lives that are over: so many grants, and one question in ten that came to nothing."""
    count, end = grants * 10 // 9, now - timedelta(days=1)
    unlucky = ("denied", "expired", "withdrawn")
    for number in range(count):
        state = unlucky[number // 10 % 3] if number % 10 == 9 else "approved"
        yield Life(number, end - SPAN * (1 - number / count), state)


def present(*, active: int, pending: int, now: datetime) -> Iterator[Life]:
    """Yield what is owed at this moment, and what waits for an answer."""
    for number in range(active):
        yield Life(number + 20, now - _HOUR, "approved", live=True)
    for number in range(pending):
        yield Life(number * 5 + 22, now - _HOUR / 2, "pending", live=True)


def rows(life: Life, *, now: datetime) -> Iterator[Row]:
    """Yield everything that one life has left in the store, but for its assignment and its events."""
    request_id = identifier(life.asked_at, 1 + life.live, life.number)
    yield "requests", _request(life, request_id)
    _, account_id, arn = estate.triple(*life.triple)
    yield "targets", _target(request_id, account_id, arn)
    if life.entitlement != estate.AT_ONCE:
        yield from _approval(life, request_id)
    if life.state == "approved":
        yield "grants", _grant(life, request_id, now)


def assignment(person: int, number: int, *, now: datetime, live: bool) -> Row:
    principal_id, account_id, arn = estate.triple(person, number)
    state: dict[str, Any] = {"provenance": "none", "observed": "absent", "next_attempt_at": None}
    if live:
        later = now + timedelta(hours=1, seconds=(person * 31 + number) % 36_000)
        state = {"provenance": "brokered", "observed": "present", "next_attempt_at": later}
    return "assignments", {
        "id": assignment_id(person, number),
        "instance_arn": estate.INSTANCE,
        "account_id": account_id,
        "permission_set_arn": arn,
        "principal_type": "USER",
        "principal_id": principal_id,
        "observed_at": now - timedelta(minutes=5),
        "observed_since": now - _HOUR,
        "attempts": 0,
        "version": 9,
        "created_at": now - SPAN,
        **state,
    }


def assignment_id(person: int, number: int) -> uuid.UUID:
    return uuid.UUID(int=7 << 76 | 0b10 << 62 | number << 32 | person)


def grant_id(life: Life) -> uuid.UUID:
    return identifier(life.asked_at + timedelta(minutes=10), 3 + life.live, life.number)


def events(life: Life) -> Iterator[dict[str, Any]]:
    """Yield a quarter of what a life leaves on record; that has a benchmark of its own."""
    request_id = identifier(life.asked_at, 1 + life.live, life.number)
    person, account_id, arn = estate.triple(*life.triple)
    name = estate.ORGANIZATION.people[life.person].user_name
    told: list[tuple[EventType, str, timedelta]] = [
        (EventType.REQUEST_SUBMITTED, f"user:{name}", timedelta())
    ]
    if life.state == "approved":
        told += [
            (EventType.GRANT_CREATED, "protem", timedelta(minutes=10)),
            (EventType.GRANT_ENDED, "protem", 2 * _HOUR),
        ][: 1 if life.live else 2]
    for step, (type_, caller, after) in enumerate(told):
        of_grant = {"grant_id": grant_id(life), "account_id": account_id, "permission_set_arn": arn}
        yield {
            "id": identifier(life.asked_at + after, 5 + step + 3 * life.live, life.number),
            "occurred_at": life.asked_at + after,
            "type": type_.value,
            "caller": caller,
            "request_id": request_id,
            "principal_id": person,
            "facts": '{"entitlement": "prod-admin", "justification": "the pager went off"}',
            **dict.fromkeys(("grant_id", "account_id", "permission_set_arn")),
            **(of_grant if step else {}),
        }


def seal(event_id: uuid.UUID, sequence: int) -> Row:
    digest = hashlib.sha256(event_id.bytes).hexdigest()
    return "seals", {"sequence": sequence, "event_id": event_id, "hash": digest}


def _request(life: Life, request_id: uuid.UUID) -> dict[str, Any]:
    beneficiary = estate.ORGANIZATION.people[life.person]
    people = estate.ORGANIZATION.people
    requester = people[(life.person + 1) % len(people)] if life.number % 20 == 1 else beneficiary
    answered = None if life.state == "pending" else life.asked_at + timedelta(minutes=10)
    return {
        "id": request_id,
        "state": life.state,
        "requester_id": requester.id,
        "beneficiary_id": beneficiary.id,
        "via_token_id": life.bot,
        "entitlement": life.entitlement,
        "entitlement_version": 1,
        "digest": f"sha256:{life.number:064}",
        "duration": 3_600,
        "justification": _JUSTIFICATION,
        "ticket": f"OPS-{life.number}",
        "steps": "[]",
        "created_at": life.asked_at,
        "expires_at": life.asked_at + timedelta(days=1),
        "answered_at": answered,
    }


def _target(request_id: uuid.UUID, account_id: str, arn: str) -> dict[str, Any]:
    return {
        "request_id": request_id,
        "position": 0,
        "account_id": account_id,
        "account_name": f"account-{int(account_id)}",
        "instance_arn": estate.INSTANCE,
        "permission_set_arn": arn,
        "permission_set_name": "ReadOnly",
        "policies_digest": "sha256:1",
        "session_duration": 3_600,
    }


def _approval(life: Life, request_id: uuid.UUID) -> Iterator[Row]:
    handle = _SELDOM if life.entitlement == estate.RARE else _LEADS
    yield "involved", {"request_id": request_id, "relation": "approver", "handle": handle}
    answer = {"approved": "approve", "denied": "deny"}.get(life.state)
    if answer:
        yield (
            "decisions",
            {
                "id": identifier(life.asked_at, 11 + life.live, life.number),
                "request_id": request_id,
                "approver_id": estate.ORGANIZATION.people[life.number % 40].id,
                "answer": answer,
                "comment": "",
                "digest": f"sha256:{life.number:064}",
                "steps": '["lead"]',
                "decided_at": life.asked_at + timedelta(minutes=10),
            },
        )


def _grant(life: Life, request_id: uuid.UUID, now: datetime) -> dict[str, Any]:
    begun = life.asked_at + timedelta(minutes=10)
    principal_id, account_id, arn = estate.triple(*life.triple)
    failed = life.number % 1_000 == 500
    over = {
        "ends_at": begun + _HOUR,
        "state": "failed" if failed else "ended",
        "ended_at": begun + _HOUR + timedelta(seconds=20),
        "end_reason": None if failed else "elapsed",
    }
    if life.live:
        ends_at = now + timedelta(hours=1, seconds=life.number % 36_000)
        over = {"ends_at": ends_at, "state": "active", "ended_at": None, "end_reason": None}
    return {
        "id": grant_id(life),
        "request_id": request_id,
        "position": 0,
        "assignment_id": assignment_id(*life.triple),
        "principal_id": principal_id,
        "account_id": account_id,
        "permission_set_arn": arn,
        "session_duration": 3_600,
        "created_at": begun,
        "starts_at": begun,
        "activated_at": begun + timedelta(seconds=5),
        **over,
    }
