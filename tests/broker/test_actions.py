"""What a request offers to somebody is exactly what they can do: every action is tried, in every state."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from protem.broker import decisions, repeats, requests
from protem.broker.callers import Caller
from protem.db.models import Grant, Principal, Request
from protem.domain.approvals import Answer
from protem.domain.authority import Scope
from protem.domain.errors import Refusal
from protem.domain.lifecycle import GrantState
from protem.domain.locks import LockKind
from tests.broker.stops import stop
from tests.broker.worlds import ADMIN, ALPHA, AUDITOR, BOUNDS, World, asking, person_id, user_name

RULES = """
entitlements:
  - name: admin
    requesters: {groups: [engineers, security]}
    requesters_for: {users: [erin@example.com]}
    permission_sets: {names: [AdministratorAccess]}
    accounts: {names: [alpha]}
    duration: {default: PT1H, maximum: PT4H}
    maximum_concurrent: 2
    extension: {maximum_count: 1, maximum: PT1H}
    approval:
      through: [slack]
      steps:
        - {name: lead, approvers: {groups: [leads]}}
        - {name: second, approvers: {groups: [leads], users: [bob@example.com]}, when: {duration_over: PT2H}}
"""
HOUR = timedelta(hours=1)


def pending(world: World) -> Request:
    wish = asking(beneficiary=user_name("alice"), duration=3 * HOUR)
    return world.submit(world.person("erin"), wish)


def half_approved(world: World) -> Request:
    request = pending(world)
    return world.decide(world.person("carol"), request)


def short(world: World) -> Request:
    return world.submit(world.person("alice"), asking(duration=HOUR))


def approved(world: World) -> Request:
    return world.decide(world.person("carol"), short(world))


def over(world: World) -> Request:
    request = approved(world)
    (grant,) = world.granted(request)
    world.change(grant, state=GrantState.ENDED, ended_at=world.clock.now(), end_reason="elapsed")
    return request


def denied(world: World) -> Request:
    return world.decide(world.person("carol"), short(world), Answer.DENY)


def withdrawn(world: World) -> Request:
    return world.withdraw(world.person("alice"), short(world))


def expired(world: World) -> Request:
    request = short(world)
    world.clock.advance(8 * 24 * 3_600)
    return request


def extending(world: World) -> Request:
    request = approved(world)
    (grant,) = world.granted(request)
    world.extend(world.person("alice"), grant)
    return _extension(world, grant)


def extending_what_is_over(world: World) -> Request:
    request = extending(world)
    with world.store.writing() as session:
        grant = session.get_one(Grant, request.extends_grant_id)
        grant.revoked_at, grant.revoked_by = world.clock.now(), "test"
    return request


def _extension(world: World, grant: Grant) -> Request:
    with world.store.reading() as session:
        return session.query(Request).filter_by(extends_grant_id=grant.id).one()


OPEN = (pending, half_approved, short, extending)
ANSWERED = (approved, over, denied, withdrawn, expired, extending_what_is_over)
RUNNING = (*OPEN, approved, extending_what_is_over)


def nothing(world: World) -> None:
    """Leave everything as it was."""


def locked(world: World) -> None:
    stop(world, LockKind.ACCOUNT, ALPHA)


def approver_locked(world: World) -> None:
    stop(world, LockKind.PRINCIPAL, person_id("dave"))


def rule_gone(world: World) -> None:
    world.apply(RULES.replace("name: admin", "name: other"))


def other_approvers(world: World) -> None:
    world.apply(RULES.replace("{groups: [leads]}", "{users: [dave@example.com]}"))


def one_more_step(world: World) -> None:
    world.apply(RULES + "        - {name: third, approvers: {users: [dave@example.com]}}\n")


def shorter(world: World) -> None:
    world.apply(RULES.replace("maximum: PT4H", "maximum: PT1H"))


def no_bot(world: World) -> None:
    world.apply(RULES.replace("      through: [slack]\n", ""))


def nobody_asks_for_others(world: World) -> None:
    world.apply(RULES.replace("    requesters_for: {users: [erin@example.com]}\n", ""))


def beneficiary_gone(world: World) -> None:
    world.remove(Principal, person_id("alice"))


def left_the_team(world: World) -> None:
    world.leave("alice", group="engineers")


def standing(world: World) -> None:
    world.hold_standing("engineers")


CHANGES = (
    nothing,
    locked,
    approver_locked,
    rule_gone,
    other_approvers,
    one_more_step,
    shorter,
    no_bot,
    nobody_asks_for_others,
    beneficiary_gone,
    left_the_team,
    standing,
)


def callers(world: World) -> dict[str, Caller]:
    return {
        "beneficiary": world.person("alice"),
        "requester": world.person("erin"),
        "bystander": world.person("bob"),
        "carol": world.person("carol"),
        "dave": world.person("dave"),
        "bot as alice": world.bot(acting="alice"),
        "bot as dave": world.bot(acting="dave"),
        "other bot as dave": world.bot("jenkins", acting="dave"),
        "bot that only asks": world.bot(acting="dave", scopes=[Scope.ACT_AS_REQUEST]),
        "bot": world.bot(),
        "admin": ADMIN,
        "auditor": AUDITOR,
    }


Act = Callable[[Session, Caller, Request, World], object]


def answer(given: Answer) -> Act:
    return lambda session, caller, request, world: decisions.decide(
        session,
        caller,
        request.id,
        answer=given,
        comment="",
        duration=None,
        digest=request.digest,
        now=world.clock.now(),
    )


ACTS: dict[str, Act] = {
    "approve": answer(Answer.APPROVE),
    "deny": answer(Answer.DENY),
    "withdraw": lambda session, caller, request, world: requests.withdraw(
        session, caller, request.id, now=world.clock.now()
    ),
    "repeat": lambda session, caller, request, world: repeats.repeat(
        session, caller, request.id, bounds=BOUNDS, now=world.clock.now()
    ),
}


class UndoneError(Exception):
    """Takes back what was tried."""


def can(world: World, caller: Caller, request: Request, act: Act) -> bool:
    """Do something as if in earnest, and take it back."""
    done = False
    with suppress(Refusal, UndoneError), world.store.writing() as session:
        act(session, caller, request, world)
        done = True
        raise UndoneError
    return done


# What everything changes about one open request; of the others, what depends on the state.
CASES = [
    *((pending, change) for change in CHANGES),
    *((state, change) for state in OPEN[1:] for change in (nothing, locked, one_more_step, shorter)),
    *((state, nothing) for state in ANSWERED),
    *((over, change) for change in (locked, rule_gone, standing)),
]


@pytest.mark.parametrize(("state", "change"), CASES, ids=lambda part: part.__name__)
def test_what_is_offered_is_what_can_be_done(
    world: World, state: Callable[[World], Request], change: Callable[[World], None]
) -> None:
    world.apply(RULES)
    request = state(world)
    everybody = callers(world)
    change(world)
    found, possible = {}, {}
    for name, caller in everybody.items():
        with world.store.reading() as session:
            row = session.get_one(Request, request.id)
            found[name] = set(requests.actions(session, caller, row, now=world.clock.now()))
        possible[name] = {act for act in ACTS if can(world, caller, row, ACTS[act])}
    if state in RUNNING:
        # Whoever repeats what is not over asks for the same twice: that is not refused, and not offered.
        possible = {name: acts - {"repeat"} for name, acts in possible.items()}
    assert found == possible
