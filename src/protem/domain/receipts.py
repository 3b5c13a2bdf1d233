"""What became of one grant, told from what is on record about it and from nothing else.

Whoever issues a receipt and whoever checks one derive the same summary by the same function.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from protem.domain import durations, owing

Event = Mapping[str, Any]
"""A document of the record."""

OVER = frozenset({"grant.ended", "grant.failed"})
"""The last that happens to a grant itself."""
_CREATING = frozenset(
    {
        "grant.active",
        "assignment.create_intended",
        "assignment.create_accepted",
        "assignment.created",
        "assignment.outcome_unknown",
    }
)


class Untold(ValueError):
    """The events do not tell a life from its beginning to its end; says what is missing."""


@dataclass(frozen=True, slots=True)
class _Life:
    grant_id: str
    events: Sequence[Event]

    def of(self, *types: str, request_id: str | None = None) -> Iterator[Event]:
        """Yield the events of these types, about this grant unless about this request."""
        for event in self.events:
            about = event["request_id"] == request_id if request_id else event["grant_id"] == self.grant_id
            if event["type"] in types and about:
                yield event

    def one(self, *types: str, request_id: str | None = None) -> Event:
        for event in self.of(*types, request_id=request_id):
            return event
        raise Untold(f"there is no {' or '.join(types)} among the events")

    def assignment(self, *types: str) -> list[Event]:
        """Return the events of these types about the assignment alone, up to the end of the grant."""
        end = self.events.index(self.one(*OVER))
        return [event for event in self.events[:end] if event["type"] in types]


def summary(grant_id: str, events: Sequence[Event]) -> dict[str, Any]:
    """Return what a receipt says in few words; ``events`` are in the order of the record.

    Raises ``Untold`` if they do not reach from the question to the end.
    """
    try:
        return _summary(_Life(grant_id, events))
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
        raise Untold(f"the events do not tell it: {error}") from None


def _summary(life: _Life) -> dict[str, Any]:
    created, over = life.one("grant.created"), life.one(*OVER)
    request_id = created["request_id"]
    return {
        "grant_id": life.grant_id,
        "request_id": request_id,
        "principal_id": created["principal_id"],
        **_target(life, created),
        "asked": _asked(life, request_id),
        "decided": _decided(life, request_id),
        "owed": _owed(life, created),
        "extensions": _extensions(life),
        "revoked": _revoked(life),
        "created_at": _last(life.assignment("assignment.created")),
        "active_at": _last(list(life.of("grant.active"))),
        "deleted_at": _last(life.assignment("assignment.deleted")),
        "over": _over(life, over),
        "access_over_at": _access_over_at(created, over),
        "reviews": _reviews(life, request_id),
        "afterwards": _afterwards(life, over),
    }


def _target(life: _Life, created: Event) -> dict[str, Any]:
    names = ("account_id", "permission_set_arn")
    known = life.one("request.submitted", request_id=created["request_id"])["facts"]["targets"]
    meant = [target for target in known if all(target[name] == created[name] for name in names)]
    return dict(meant[0]) if meant else {name: created[name] for name in names}


def _who(event: Event) -> dict[str, Any]:
    """Return the person, or what else called, and the service through which they did."""
    relayed = event["acting_as"] is not None
    return {
        "at": event["occurred_at"],
        "by": event["acting_as"] if relayed else event["caller"],
        "relayed_by": event["caller"] if relayed else None,
    }


def _asked(life: _Life, request_id: str) -> dict[str, Any]:
    asked = life.one("request.submitted", request_id=request_id)
    names = ("requester_id", "entitlement", "entitlement_version", "digest", "duration", "starts_at")
    said = {name: asked["facts"][name] for name in (*names, "justification", "ticket")}
    return {**_who(asked), "for": asked["principal_id"], **said}


def _decided(life: _Life, request_id: str) -> list[dict[str, Any]]:
    names = ("answer", "approver_id", "steps", "comment", "duration")
    return [
        {**_who(event), **{name: event["facts"][name] for name in names}}
        for event in life.of("decision.recorded", request_id=request_id)
    ]


def _owed(life: _Life, created: Event) -> dict[str, Any]:
    ends = [created, *life.of("grant.extended")]
    return {
        "since": created["occurred_at"],
        "starts_at": _iso(_instant(created["facts"]["starts_at"])),
        "ends_at": _iso(_instant(ends[-1]["facts"]["ends_at"])),
    }


def _extensions(life: _Life) -> list[dict[str, Any]]:
    """Return every question whether it may last longer, and what came of it."""
    asked = [
        event["request_id"]
        for event in life.events
        if event["type"] == "request.submitted" and event["facts"]["extends_grant_id"] == life.grant_id
    ]
    moved = {event["facts"]["extension_request_id"]: event for event in life.of("grant.extended")}
    return [
        {
            "request_id": request_id,
            "asked": _asked(life, request_id),
            "decided": _decided(life, request_id),
            "ends_at": _iso(_instant(moved[request_id]["facts"]["ends_at"])) if request_id in moved else None,
        }
        for request_id in asked
    ]


def _revoked(life: _Life) -> dict[str, Any] | None:
    for event in life.of("grant.revoked"):
        facts = event["facts"]
        names = ("reason", "comment")
        return {**_who(event), **{name: facts[name] for name in names}, "lock_id": facts.get("lock_id")}
    return None


def _over(life: _Life, over: Event) -> dict[str, Any]:
    facts = over["facts"]
    absent_at = facts.get("absent_at")
    return {
        "at": over["occurred_at"],
        "state": over["type"].removeprefix("grant."),
        "reason": facts.get("end_reason"),
        "failure_code": facts.get("failure_code"),
        "outcome": _outcome(life, facts),
        "absent_at": None if absent_at is None else _iso(_instant(absent_at)),
        "provisional": bool(facts.get("provisional", False)),
        "owed_by": list(facts.get("owed_by", ())),
    }


def _outcome(life: _Life, facts: Mapping[str, Any]) -> str:
    if facts.get("end_reason") in {"force_closed", "removed_outside"}:
        return str(facts["end_reason"])
    if "owed_by" in facts:
        return "still_owed"
    if "held_by_others" in facts:
        return "held_by_others"
    if not life.assignment(*_CREATING):
        return "never_created"
    return "confirmed_absent" if "absent_at" in facts else "not_told"


def _access_over_at(created: Event, over: Event) -> str | None:
    """Return when the last role session could still sign a request, as the API tells it."""
    over_at, lasting = _instant(over["occurred_at"]), created["facts"].get("session_duration")
    if over_at <= _instant(created["facts"]["starts_at"]):
        return _iso(over_at)
    if lasting is None:
        return None
    return _iso(owing.access_over_at(over_at=over_at, session_duration=durations.parse(lasting)))


def _reviews(life: _Life, request_id: str) -> list[dict[str, Any]]:
    return [
        {
            **_who(event),
            "what": event["type"].removeprefix("review."),
            "comment": event["facts"].get("comment"),
        }
        for event in life.of("review.opened", "review.closed", request_id=request_id)
    ]


def _afterwards(life: _Life, over: Event) -> list[dict[str, Any]]:
    """Return what happened to the assignment when this grant had nothing to do with it any more."""
    later = life.events[life.events.index(over) + 1 :]
    return [
        {"at": event["occurred_at"], "type": event["type"]}
        for event in later
        if event["type"].startswith("assignment.")
    ]


def _last(events: Sequence[Event]) -> str | None:
    return str(events[-1]["occurred_at"]) if events else None


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return instant.astimezone(UTC)


def _iso(instant: datetime) -> str:
    return instant.isoformat(timespec="microseconds").replace("+00:00", "Z")
