"""Access that is to begin later: when it begins after all, and what may happen before."""

from datetime import timedelta
from typing import Any

import pytest

from protem.broker import activation, expiry, grants
from protem.db.models import Grant
from protem.domain.errors import CoolingDown, NotEligible
from protem.domain.lifecycle import EndReason, GrantState, RequestState
from tests.broker.worlds import ALPHA, POLICY, World, asking

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
READING = (ALPHA, "ReadOnlyAccess")
OFFICE = 'allowed_hours: {time_zone: UTC, windows: [{days: [mon], from: "08:00", to: "12:00"}]}'


def ahead(world: World, wait: timedelta = HOUR, **values: Any) -> Any:
    """Ask for access that begins later."""
    return world.submit(world.person("alice"), asking(starts_at=world.clock.now() + wait, **values))


def why_not(world: World, grant: Grant) -> str | None:
    with world.store.reading() as session:
        found = activation.why_not(session, session.get_one(Grant, grant.id), world.clock.now())
        return found.sentence if found else None


def test_approved_in_time_it_begins_when_it_was_to_begin(world: World) -> None:
    request = ahead(world)
    world.decide(world.person("carol"), request)
    (grant,) = world.granted(request)
    assert (grant.starts_at, grant.ends_at) == (request.starts_at, request.starts_at + HOUR)
    assert world.assignments()[0].next_attempt_at == grant.starts_at


def test_approved_after_its_start_it_begins_then_and_lasts_in_full(world: World) -> None:
    request = ahead(world)
    world.clock.set(request.starts_at + 10 * MINUTE)
    world.decide(world.person("carol"), request)
    (grant,) = world.granted(request)
    assert (grant.starts_at, grant.ends_at) == (world.clock.now(), world.clock.now() + HOUR)


def test_narrowed_it_begins_when_it_was_to_begin_and_ends_sooner(world: World) -> None:
    request = ahead(world)
    world.decide(world.person("carol"), request, duration=5 * MINUTE)
    (grant,) = world.granted(request)
    assert (grant.starts_at, grant.ends_at) == (request.starts_at, request.starts_at + 5 * MINUTE)


def test_what_needs_nobodys_approval_is_scheduled_at_once(world: World) -> None:
    start = world.clock.now() + 2 * HOUR
    request = world.submit(world.person("alice"), asking(READING, starts_at=start))
    assert request.state is RequestState.APPROVED
    (grant,) = world.granted(request)
    assert (grant.state, grant.starts_at, grant.ends_at) == (GrantState.SCHEDULED, start, start + HOUR)
    assert not grant.owing.owes_access(start - timedelta(seconds=1))


def test_a_start_past_the_time_to_answer_is_answered_in_time_or_never(world: World) -> None:
    request = ahead(world, timedelta(days=3))
    assert request.expires_at < request.starts_at
    world.clock.set(request.expires_at)
    with world.store.writing() as session:
        assert expiry.expire_due(session, now=world.clock.now()) == 1
    assert world.granted(request) == ()


def test_revoked_before_its_start_it_was_never_access(world: World) -> None:
    request = ahead(world)
    world.decide(world.person("carol"), request)
    (grant,) = world.granted(request)
    world.clock.advance(60)
    revoked = world.revoke(world.person("alice"), grant)
    assert revoked.revoke_reason is EndReason.RELINQUISHED
    assert not revoked.owing.owes_access(grant.starts_at)
    assert revoked.owing.next_change(world.clock.now()) is None
    ended = {"state": GrantState.ENDED, "ended_at": world.clock.now(), "end_reason": EndReason.RELINQUISHED}
    world.change(revoked, **ended)
    assert grants.access_over_at(world.grant(grant), now=world.clock.now()) == world.clock.now()


def test_hours_are_those_in_which_it_begins_after_all(world: World) -> None:
    world.apply(POLICY.replace("justification:", f"{OFFICE}\n    justification:"))
    request = ahead(world, 2 * HOUR)
    world.clock.set(request.starts_at + MINUTE)
    carol = world.person("carol")
    with world.refusing(NotEligible):
        world.decide(carol, request)
    world.decide(carol, request, duration=59 * MINUTE)


def test_scheduled_access_is_held_to_what_the_hours_have_become(world: World) -> None:
    request = ahead(world, 2 * HOUR)
    world.decide(world.person("carol"), request)
    (grant,) = world.granted(request)
    world.apply(POLICY.replace("justification:", f"{OFFICE}\n    justification:"))
    assert why_not(world, grant) is None
    world.apply(POLICY.replace("justification:", OFFICE.replace("12:00", "11:30") + "\n    justification:"))
    assert "the time of this access is not within the hours of admin" in str(why_not(world, grant))


@pytest.mark.parametrize(
    "never",
    [
        {"revoked_at": timedelta(), "revoke_reason": EndReason.RELINQUISHED},
        {"state": GrantState.ENDED, "end_reason": EndReason.ELIGIBILITY_LOST, "failure_detail": "gone"},
    ],
)
def test_nobody_cools_down_from_access_that_never_began(world: World, never: dict[str, Any]) -> None:
    world.apply(POLICY.replace("accounts: {all: true}", "accounts: {all: true}\n    cool_down: P1D"))
    alice, start = world.person("alice"), world.clock.now() + HOUR
    (grant,) = world.granted(world.submit(alice, asking(READING, starts_at=start)))
    over = {"revoked_at": world.clock.now()} if "revoked_at" in never else {"ended_at": world.clock.now()}
    world.change(grant, **never | over)
    world.clock.set(grant.ends_at)
    world.submit(alice, asking(READING))
    world.clock.advance(2 * 3600)
    with world.refusing(CoolingDown):
        world.submit(alice, asking(READING))


def test_what_others_removed_is_cooled_down_from_at_once(world: World) -> None:
    world.apply(POLICY.replace("accounts: {all: true}", "accounts: {all: true}\n    cool_down: PT2H"))
    alice = world.person("alice")
    (grant,) = world.granted(world.submit(alice, asking(READING)))
    world.clock.advance(600)
    now = world.clock.now()
    ended = {"state": GrantState.ENDED, "end_reason": EndReason.REMOVED_OUTSIDE}
    world.change(grant, activated_at=grant.starts_at, ended_at=now, **ended)
    with world.refusing(CoolingDown):
        world.submit(alice, asking(READING))
    world.clock.advance(2 * 3600)
    world.submit(alice, asking(READING))
