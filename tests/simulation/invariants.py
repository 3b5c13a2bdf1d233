"""What must hold after every step, seen from AWS's side, and what must be true in the end."""

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select

from protem.db.models import AuditEvent, Grant, Request
from protem.domain.events import EventType
from protem.domain.lifecycle import GRANT_TRANSITIONS, GrantState, RequestState
from protem.sandbox.assignments import Assignment as Held
from tests.simulation import record
from tests.simulation.truth import Hand
from tests.simulation.world import Broken, World

PROMPTLY = timedelta(seconds=75)
"""Within which access is gone when nothing goes wrong: polls, operations, and a neighbour's before it."""
RECOVERED = timedelta(minutes=11)
"""Within which it is gone after the last trouble: a takeover, the longest back-off, and all of the above."""
LANDED_LATE = timedelta(minutes=40)
"""Within which what landed late is seen and gone."""
UNBLOCKED = timedelta(minutes=70)
"""Within which it is gone after AWS was able to work in its account again: blocked endings wait an hour."""
SETTLED = timedelta(seconds=15)
"""How long a neighbour has to have been owed for a deletion to have known of it."""
ARRIVED = timedelta(minutes=16)
"""How much later than it was sent a call may arrive."""
FROZEN = timedelta(seconds=160)
GIVEN = timedelta(seconds=150)
"""Within which access begins when nothing goes wrong: after others in its account."""
ONCE = (
    EventType.GRANT_CREATED,
    EventType.GRANT_REVOKED,
    EventType.GRANT_ACTIVE,
    EventType.GRANT_ENDED,
    EventType.GRANT_FAILED,
)


def owed_until(grant: Grant) -> datetime:
    """Return when a grant ceases to owe access, by what is written of it."""
    ends = [grant.ends_at, grant.revoked_at, grant.ended_at]
    return min(end for end in ends if end is not None)


def owes(grant: Grant, at: datetime) -> bool:
    return grant.starts_at <= at < owed_until(grant) and grant.failure_code is None


@dataclass
class Invariants:
    """Looks at the world after each step, and remembers what it saw."""

    world: World
    _deletions: set[str] = field(default_factory=set)
    _creations: set[str] = field(default_factory=set)
    _grants: dict[uuid.UUID, Grant] = field(default_factory=dict)

    def excuse(self, operation_id: str) -> None:
        """Take it that somebody is owed what this operation makes."""
        self._creations.add(operation_id)

    def check(self) -> None:
        """Raise ``Broken`` unless everything is as it has to be at any moment."""
        world = self.world
        if world.broken:
            raise world.broken
        rows = {row.id: row for row in world.rows()}
        grants = world.grants()
        self._spec(grants)
        by_held = {
            world.held(row): [one for one in grants if one.assignment_id == row.id] for row in rows.values()
        }
        self._deletions_are_ours(by_held)
        self._creations_are_owed(by_held)
        self._nothing_outlives(by_held)
        self._what_is_owed_is_given(by_held)
        self._locks_hold(by_held)

    def finish(self) -> None:
        """Raise ``Broken`` unless the world has come to rest as it has to."""
        self._at_rest()
        self._events_agree()
        if complaint := record.verified(self.world.store):
            raise Broken("the record is whole", complaint)

    def _at_rest(self) -> None:
        world = self.world
        for held in world.sandbox.assignments.all():
            if world.truth.holder(held) is Hand.OURS and not self._beyond_reach(held):
                raise Broken("nothing left over", f"{held} is ours and still there")
        for held in world.truth.known():
            gone = held not in world.sandbox.assignments.all()
            if world.truth.holder(held) is Hand.THEIRS and gone and not self._vanished(held):
                raise Broken("not ours, not touched", f"{held} was made by others and is gone")
        for grant in world.grants():
            if GRANT_TRANSITIONS[grant.state] and not self._beyond_reach_of(grant):
                raise Broken("everything comes to its end", f"grant {grant.id} is {grant.state.value}")
        for request in world.requests():
            if request.state is RequestState.PENDING:
                raise Broken("everything comes to its end", f"request {request.id} is still pending")

    def settled(self) -> bool:
        """Tell whether the reconciler has nothing left to do but to look again now and then."""
        try:
            self._at_rest()
        except Broken:
            return False
        return all(row.claim is None and row.operation_kind is None for row in self.world.rows())

    def _spec(self, grants: Sequence[Grant]) -> None:
        for grant in grants:
            before = self._grants.get(grant.id)
            self._grants[grant.id] = grant
            if before is None:
                continue
            if before.revoked_at is not None and grant.revoked_at != before.revoked_at:
                raise Broken("ends are never cleared", f"revoked_at of {grant.id} has changed")
            if grant.ends_at < before.ends_at:
                raise Broken("ends are never cleared", f"ends_at of {grant.id} went back")
            if grant.ends_at > before.ends_at and not self._was_extended(grant, before):
                raise Broken(
                    "ends are never cleared", f"ends_at of {grant.id} moved without anybody's asking"
                )
            if grant.state is not before.state and not _reachable(before.state, grant.state):
                raise Broken("states follow the table", f"{before.state.value} became {grant.state.value}")

    def _was_extended(self, grant: Grant, before: Grant) -> bool:
        if before.owing.over(self.world.now() - timedelta(hours=1)):
            return False
        with self.world.store.reading() as session:
            asked = session.scalars(
                select(Request.id).where(
                    Request.extends_grant_id == grant.id, Request.state == RequestState.APPROVED
                )
            ).all()
        return bool(asked)

    def _deletions_are_ours(self, by_held: dict[Held, list[Grant]]) -> None:
        world = self.world
        for operation in world.sandbox.operations.all():
            if operation.kind != "deletion" or operation.id in self._deletions:
                continue
            self._deletions.add(operation.id)
            held, at = operation.assignment, operation.created_at
            if world.truth.holder(held, at=at) is Hand.THEIRS:
                raise Broken("not ours, not touched", f"{held} was made by others; we deleted it")
            if world.truth.arrived_late(operation):
                continue
            margin = FROZEN if at - world.frozen_at < timedelta(minutes=6) else SETTLED
            for grant in by_held.get(held, []):
                if owes(grant, at) and owes(grant, at - margin):
                    raise Broken("neighbours live", f"{held} was deleted while grant {grant.id} owed it")

    def _creations_are_owed(self, by_held: dict[Held, list[Grant]]) -> None:
        for operation in self.world.sandbox.operations.all():
            if operation.kind != "creation" or operation.id in self._creations:
                continue
            self._creations.add(operation.id)
            at = operation.created_at
            grants = by_held.get(operation.assignment, [])
            # What arrives late was owed when it left.
            if not any(grant.starts_at <= at and at - owed_until(grant) < ARRIVED for grant in grants):
                raise Broken("nothing before its time", f"{operation.assignment} was owed by nobody")

    def _locks_hold(self, by_held: dict[Held, list[Grant]]) -> None:
        world = self.world
        for lock in world.locks():
            since = max(lock.created_at, world.troubled_at)
            bound = PROMPTLY if world.calm else RECOVERED
            if world.now() - since <= bound or world.stuck():
                continue
            for held in world.sandbox.assignments.all():
                ours = world.truth.holder(held) is Hand.OURS and not self._beyond_reach(held)
                struck = lock.subject in {held.account_id, held.principal_id, ""}
                begun = world.truth.since(held)
                old = begun is not None and world.now() - begun > bound
                blocked = held.account_id in world.reinstated or self._was_blocked(held)
                if ours and struck and old and not blocked and by_held.get(held):
                    raise Broken("locks end access", f"{held} outlives a lock on {lock.kind.value}")

    def _nothing_outlives(self, by_held: dict[Held, list[Grant]]) -> None:
        world, now = self.world, self.world.now()
        for held in world.sandbox.assignments.all():
            if world.truth.holder(held) is not Hand.OURS or self._beyond_reach(held):
                continue
            grants = by_held.get(held, [])
            if any(owes(grant, now) for grant in grants):
                continue
            over = max((owed_until(grant) for grant in grants if grant.starts_at <= now), default=None)
            since = world.truth.since(held)
            assert since is not None
            late = over is not None and since > over
            bound = PROMPTLY if world.calm else LANDED_LATE if late else RECOVERED
            if held.account_id in world.reinstated or self._was_blocked(held):
                bound = UNBLOCKED
            if world.stuck():
                continue
            begun = max(moment for moment in (over, since, world.troubled_at) if moment is not None)
            if now - begun > bound:
                raise Broken("no overstay", f"{held} is still there {now - begun} after its end")

    def _what_is_owed_is_given(self, by_held: dict[Held, list[Grant]]) -> None:
        """When nothing goes wrong, access begins on time as well; unless others were there, or forbid it."""
        world, now = self.world, self.world.now()
        there = set(world.sandbox.assignments.all())
        for held, grants in by_held.items():
            changed = world.truth.since(held)
            for grant in grants:
                if held in there or not owes(grant, now) or self._beyond_reach(held):
                    continue
                if grant.state is GrantState.ACTIVE and (changed is None or world.truth.by_us(held)):
                    raise Broken("active means there", f"grant {grant.id} is active, {held} is not there")
                since = max(grant.starts_at, grant.created_at, changed or grant.created_at)
                if world.calm and now - since > GIVEN and held.account_id not in world.reinstated:
                    raise Broken(
                        "access begins", f"grant {grant.id} is {grant.state.value} after {now - since}"
                    )

    def _beyond_reach(self, held: Held) -> bool:
        """Tell whether AWS cannot remove it: its user is gone, or its account is suspended."""
        account = self.world.sandbox.organization.account(held.account_id)
        known = self.world.sandbox.directory.knows(held.principal_id, principal_type="USER")
        return not known or account is None or account.status != "ACTIVE"

    def _was_blocked(self, held: Held) -> bool:
        """Tell whether AWS said of a deletion that it cannot be done: it is asked again after an hour."""
        return any(
            operation.kind == "deletion"
            and operation.assignment == held
            and any(words in (operation.failure_reason or "") for words in ("assignee", "takes longer"))
            for operation in self.world.sandbox.operations.all()
        )

    def _vanished(self, held: Held) -> bool:
        return not self.world.sandbox.directory.knows(held.principal_id, principal_type="USER")

    def _beyond_reach_of(self, grant: Grant) -> bool:
        row = next(row for row in self.world.rows() if row.id == grant.assignment_id)
        return self._beyond_reach(self.world.held(row)) and row.blocked_reason is not None

    def _events_agree(self) -> None:
        with self.world.store.reading() as session:
            wanted = select(AuditEvent.type, AuditEvent.grant_id).where(
                AuditEvent.type.in_(ONCE), AuditEvent.grant_id.is_not(None)
            )
            told = Counter((kind, grant_id) for kind, grant_id in session.execute(wanted))
        for (kind, grant_id), times in told.items():
            if times > 1:
                raise Broken("one event for each effect", f"{kind} of {grant_id} is told {times} times")
        for grant in self.world.grants():
            ended = told[EventType.GRANT_ENDED, grant.id], told[EventType.GRANT_FAILED, grant.id]
            if ended != (grant.state is GrantState.ENDED, grant.state is GrantState.FAILED):
                raise Broken("one event for each effect", f"grant {grant.id} is {grant.state}; told {ended}")


def _reachable(before: GrantState, after: GrantState) -> bool:
    seen, ahead = {before}, [before]
    while ahead:
        for state in GRANT_TRANSITIONS[ahead.pop()] - seen:
            seen.add(state)
            ahead.append(state)
    return after in seen
