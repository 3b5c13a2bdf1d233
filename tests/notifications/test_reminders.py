"""Approvers are reminded of what nobody answers, ever more seldom, and never of what nobody could."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from protem.broker import locking, reviews
from protem.broker.callers import CONSOLE
from protem.db.models import AuditEvent, Request, Review
from protem.db.store import Store
from protem.domain.approvals import Answer
from protem.domain.locks import LockKind
from protem.notifications.reminding import Reminding
from tests.broker.racing import FEW, apart, at_once
from tests.broker.worlds import ALPHA, POLICY, World, asking

AFTER = timedelta(minutes=15)
TOLD = {"request.reminded", "request.unanswerable", "review.reminded"}
TWO_STEPS = """
entitlements:
  - name: admin
    requesters: {groups: [engineers]}
    permission_sets: {names: [AdministratorAccess]}
    accounts: {all: true}
    duration: {default: PT1H, maximum: PT2H}
    approval:
      steps:
        - {name: lead, approvers: {groups: [leads]}}
        - {name: security, approvers: {users: [erin@example.com]}}
"""
GLASS = """
  - name: glass
    requesters: {groups: [engineers]}
    permission_sets: {names: [AdministratorAccess]}
    accounts: {all: true}
    duration: {default: PT1H, maximum: PT2H}
    break_glass: true
    notify: {users: [carol@example.com]}
"""


def remind(world: World, *, store: Store | None = None) -> None:
    Reminding(store or world.store, AFTER).remind()


def told(world: World) -> list[tuple[str, dict[str, Any]]]:
    with world.store.reading() as session:
        found = select(AuditEvent.type, AuditEvent.facts).where(AuditEvent.type.in_(TOLD))
        return [(row.type, row.facts) for row in session.execute(found.order_by(AuditEvent.id))]


def lived(world: World, **time: float) -> list[timedelta]:
    """Let time go by, looking every five minutes; return after how long something was said."""
    began, seen, said = world.clock.now(), len(told(world)), []
    until = began + timedelta(**time)
    while world.clock.now() < until:
        remind(world)
        if len(told(world)) > seen:
            seen = len(told(world))
            said.append(world.clock.now() - began)
        world.clock.advance(300)
    return said


def test_who_may_answer_is_reminded_with_what_they_must_know(world: World) -> None:
    request = world.submit(world.person("alice"))
    remind(world)
    world.clock.advance(15 * 60)
    remind(world)
    ((kind, facts),) = told(world)
    assert kind == "request.reminded"
    assert (facts["count"], facts["waited"]) == (1, "PT15M")
    assert facts["expires_at"] == request.expires_at.isoformat()
    assert facts["targets"][0]["account_id"] == ALPHA
    (step,) = facts["steps"]
    assert step["required"] == 1
    assert set(step["people"]) == {"carol@example.com", "dave@example.com"}
    with world.store.reading() as session:
        event = session.query(AuditEvent).filter_by(type="request.reminded").one()
    assert event.request_id == request.id


def test_reminders_come_ever_more_seldom_and_end_before_the_request_does(world: World) -> None:
    world.submit(world.person("alice"))
    minutes = [said / timedelta(minutes=1) for said in lived(world, hours=30)]
    assert minutes == [15, 45, 105, 225, 465, 945]


@pytest.mark.parametrize("answer", [Answer.APPROVE, Answer.DENY, None])
def test_nothing_is_said_of_what_was_answered(world: World, answer: Answer | None) -> None:
    request = world.submit(world.person("alice"))
    remind(world)
    if answer is None:
        world.withdraw(world.person("alice"), request)
    else:
        world.decide(world.person("carol"), request, answer)
    assert lived(world, hours=3) == []


def test_however_many_look_one_reminder_is_said_for_each_time(world: World) -> None:
    world.submit(world.person("alice"))
    remind(world)
    with apart(world, 4) as worlds:
        for count, _ in enumerate(FEW, start=1):
            world.clock.advance(24 * 60 * 7.5 if count > 1 else 15 * 60)
            at_once(*(lambda other=other: remind(other) for other in worlds))
            assert len(told(world)) <= count
    assert told(world)


def test_who_has_answered_is_not_asked_again_and_the_step_they_served_not_named(world: World) -> None:
    world.apply(TWO_STEPS)
    request = world.submit(world.person("alice"))
    world.decide(world.person("carol"), request)
    remind(world)
    world.clock.advance(15 * 60)
    remind(world)
    ((_, facts),) = told(world)
    assert [(step["name"], step["people"]) for step in facts["steps"]] == [("security", ["erin@example.com"])]


def test_under_a_lock_it_is_said_that_nobody_can_approve(world: World) -> None:
    world.submit(world.person("alice"))
    with world.store.writing() as session:
        locking.create(
            session,
            CONSOLE,
            kind=LockKind.ACCOUNT,
            subject=ALPHA,
            reason="a drill",
            duration=None,
            now=world.clock.now(),
        )
    assert lived(world, minutes=50) == [timedelta(minutes=15), timedelta(minutes=45)]
    assert {kind for kind, _ in told(world)} == {"request.unanswerable"}
    assert "a drill" in told(world)[0][1]["reason"]


def test_where_the_last_approver_has_left_it_is_said_so(world: World) -> None:
    world.submit(world.person("alice"))
    for name in ("carol", "dave"):
        world.leave(name, group="leads")
    lived(world, minutes=20)
    ((kind, facts),) = told(world)
    assert kind == "request.unanswerable"
    assert "lacks 1" in facts["reason"]


def test_where_the_entitlement_is_gone_it_is_said_so(world: World) -> None:
    world.submit(world.person("alice"))
    world.apply("entitlements: []")
    lived(world, minutes=20)
    ((kind, facts),) = told(world)
    assert (kind, "no entitlement" in facts["reason"]) == ("request.unanswerable", True)


def test_what_waited_before_reminders_came_is_spoken_of_at_once(world: World) -> None:
    world.submit(world.person("alice"))
    world.clock.advance(3600)
    remind(world)
    assert [facts["waited"] for _, facts in told(world)] == ["PT1H"]


def test_broken_glass_that_nobody_looks_at_is_spoken_of_until_somebody_does(world: World) -> None:
    world.apply(POLICY + GLASS)
    world.submit(world.person("alice"), asking(entitlement="glass"))
    assert lived(world, hours=1) == [timedelta(minutes=15), timedelta(minutes=45)]
    kind, facts = told(world)[0]
    assert (kind, facts["people"]) == ("review.reminded", ["carol@example.com"])
    carol = world.person("carol")
    with world.store.writing() as session:
        (review,) = session.scalars(select(Review))
        now = world.clock.now()
        reviews.close(session, carol, review.id, comment="seen", now=now)
    assert lived(world, hours=5) == []


def test_a_row_that_cannot_be_read_silences_no_other(world: World) -> None:
    broken = world.submit(world.person("alice"))
    world.submit(world.person("bob"))
    remind(world)
    world.change(broken, steps=[{"nonsense": 1}])
    world.clock.advance(15 * 60)
    remind(world)
    assert len(told(world)) == 1
    with world.store.reading() as session:
        put_off = session.get_one(Request, broken.id).remind_at
    assert put_off == world.clock.now() + timedelta(hours=1)
