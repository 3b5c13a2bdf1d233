"""Locks: what they keep from happening, and what they end."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from protem.broker import activation, enforcing, locking, locks
from protem.broker.callers import Caller
from protem.broker.pages import Paging
from protem.db.models import Account, AuditEvent, Grant, Lock, PermissionSet, Principal
from protem.domain import errors
from protem.domain.approvals import Answer
from protem.domain.lifecycle import EndReason, GrantState, RequestState
from protem.domain.locks import LockKind
from tests.broker.worlds import (
    ADMIN,
    ALPHA,
    AUDITOR,
    BETA,
    POLICY,
    World,
    arn,
    asking,
    person_id,
    user_name,
)

READ = asking((BETA, "ReadOnlyAccess"))


def lock(
    world: World,
    kind: LockKind = LockKind.EVERYTHING,
    subject: str | None = None,
    *,
    caller: Caller = ADMIN,
    reason: str = "keys on a paste site",
    duration: timedelta | None = None,
) -> Lock:
    with world.store.writing() as session:
        return locking.create(
            session,
            caller,
            kind=kind,
            subject=subject,
            reason=reason,
            duration=duration,
            now=world.clock.now(),
        )


def lift(world: World, made: Lock, *, caller: Caller = ADMIN) -> Lock:
    with world.store.writing() as session:
        return locking.lift(session, caller, made.id, now=world.clock.now())


def listed(world: World, **filters: Any) -> list[uuid.UUID]:
    with world.store.reading() as session:
        return [row.id for row in locks.list_(session, ADMIN, now=world.clock.now(), **filters).items]


def enforce(world: World) -> int:
    with world.store.writing() as session:
        return enforcing.end_locked(session, now=world.clock.now())


def facts(world: World, type_: str) -> list[dict[str, Any]]:
    with world.store.reading() as session:
        return [event.facts for event in session.query(AuditEvent).filter(AuditEvent.type == type_)]


ON_ALICES_ACCESS = [
    (LockKind.PRINCIPAL, user_name("alice").upper()),
    (LockKind.PRINCIPAL, person_id("alice")),
    (LockKind.ACCOUNT, "Alpha"),
    (LockKind.ACCOUNT, ALPHA),
    (LockKind.PERMISSION_SET, "administratoraccess"),
    (LockKind.PERMISSION_SET, arn("AdministratorAccess")),
    (LockKind.ENTITLEMENT, "ADMIN"),
    (LockKind.EVERYTHING, None),
]
BESIDE_IT = [
    (LockKind.PRINCIPAL, user_name("bob")),
    (LockKind.ACCOUNT, BETA),
    (LockKind.PERMISSION_SET, "ReadOnlyAccess"),
    (LockKind.ENTITLEMENT, "read"),
]


@pytest.mark.parametrize(("kind", "subject"), ON_ALICES_ACCESS)
def test_a_lock_refuses_requests_and_says_why(world: World, kind: LockKind, subject: str | None) -> None:
    alice = world.person("alice")
    made = lock(world, kind, subject, duration=timedelta(hours=4))
    with world.refusing(errors.Locked) as caught:
        world.submit(alice)
    assert caught.value.facts["lock_id"] == str(made.id)
    assert caught.value.facts["reason"] == "keys on a paste site"
    assert "keys on a paste site" in caught.value.detail


@pytest.mark.parametrize(("kind", "subject"), ON_ALICES_ACCESS)
def test_a_lock_refuses_approvals_and_leaves_the_question_open(
    world: World, kind: LockKind, subject: str | None
) -> None:
    request, carol = world.submit(world.person("alice")), world.person("carol")
    made = lock(world, kind, subject)
    with world.refusing(errors.Locked):
        world.decide(carol, request)
    lift(world, made)
    assert world.decide(carol, request).state is RequestState.APPROVED


@pytest.mark.parametrize(("kind", "subject"), ON_ALICES_ACCESS)
def test_a_lock_ends_the_access_that_it_is_on(world: World, kind: LockKind, subject: str | None) -> None:
    grant = world.approved()
    made = lock(world, kind, subject)
    ended = world.grant(grant)
    assert ended.revoke_reason is EndReason.LOCKED
    assert (ended.revoked_at, ended.revoke_comment) == (world.clock.now(), "keys on a paste site")
    assert facts(world, "grant.revoked") == [
        {"reason": "locked", "comment": "keys on a paste site", "lock_id": str(made.id)}
    ]


@pytest.mark.parametrize(("kind", "subject"), BESIDE_IT)
def test_a_lock_beside_it_leaves_access_alone(world: World, kind: LockKind, subject: str) -> None:
    grant = world.approved()
    lock(world, kind, subject)
    assert world.grant(grant).revoked_at is None
    world.submit(world.person("alice"), asking(starts_at=world.clock.now() + timedelta(days=1)))


def test_a_locked_approver_approves_nothing_and_may_still_say_no(world: World) -> None:
    request, carol = world.submit(world.person("alice")), world.person("carol")
    lock(world, LockKind.PRINCIPAL, user_name("carol"))
    with world.refusing(errors.Locked):
        world.decide(carol, request)
    assert world.decide(carol, request, Answer.DENY).state is RequestState.DENIED


TWO_STEPS = (
    POLICY.partition("    approval:")[0]
    + """    approval:
      expires_after: PT1H
      steps:
        - {name: lead, approvers: {groups: [leads]}}
        - {name: security, approvers: {groups: [security]}}
"""
)


def test_nobody_finishes_what_a_locked_approver_began_to_approve(world: World) -> None:
    world.apply(TWO_STEPS)
    request, dave = world.submit(world.person("alice")), world.person("dave")
    world.decide(world.person("carol"), request)
    made = lock(world, LockKind.PRINCIPAL, user_name("carol"))
    with world.refusing(errors.Locked):
        world.decide(dave, request)
    lift(world, made)
    assert world.decide(dave, request).state is RequestState.APPROVED


def test_under_a_lock_on_everything_people_withdraw_and_deny(world: World) -> None:
    first, second = world.submit(world.person("alice")), world.submit(world.person("bob"))
    lock(world)
    assert world.withdraw(world.person("alice"), first).state is RequestState.WITHDRAWN
    assert world.decide(world.person("carol"), second, Answer.DENY).state is RequestState.DENIED


def test_what_somebody_asked_for_others_ends_with_a_lock_on_them(world: World) -> None:
    world.apply(POLICY.replace("    requesters: {groups: [engineers]}", _FOR_OTHERS))
    grant = world.approved(by="dave", submission=asking(beneficiary=user_name("bob")))
    assert grant.principal_id == person_id("bob")
    lock(world, LockKind.PRINCIPAL, user_name("alice"))
    assert world.grant(grant).revoke_reason is EndReason.LOCKED


_FOR_OTHERS = "    requesters: {groups: [engineers]}\n    requesters_for: {groups: [engineers]}"


@pytest.mark.parametrize("state", [GrantState.SCHEDULED, GrantState.ACTIVATING, GrantState.ACTIVE])
def test_a_lock_ends_access_in_every_state_of_its_life(world: World, state: GrantState) -> None:
    grant = world.approved()
    walk(world, grant, state)
    lock(world)
    assert world.grant(grant).revoke_reason is EndReason.LOCKED


@pytest.mark.parametrize("state", [GrantState.DEACTIVATING, GrantState.ENDED])
def test_a_lock_changes_nothing_about_access_that_is_over(world: World, state: GrantState) -> None:
    grant = world.approved()
    world.revoke(world.person("alice"), grant)
    walk(world, grant, state)
    lock(world)
    assert world.grant(grant).revoke_reason is EndReason.RELINQUISHED


def walk(world: World, grant: Grant, state: GrantState) -> None:
    """Bring a grant to a state, as the reconciler does."""
    path = [GrantState.ACTIVATING, GrantState.ACTIVE, GrantState.DEACTIVATING, GrantState.ENDED]
    for step in path[: path.index(state) + 1] if state in path else []:
        over = {"end_reason": EndReason.RELINQUISHED} if step is GrantState.DEACTIVATING else {}
        ended = {"ended_at": world.clock.now()} if step is GrantState.ENDED else {}
        world.change(world.grant(grant), state=step, **over, **ended)


def test_an_approval_that_was_under_way_when_a_lock_was_made_gives_nothing(world: World) -> None:
    grant = world.approved()
    slipped_in(world)
    with world.store.reading() as session:
        obstacle = activation.why_not(session, session.get_one(Grant, grant.id), world.clock.now())
    assert obstacle is not None
    assert obstacle.reason is EndReason.LOCKED
    assert enforce(world) == 1
    assert world.grant(grant).revoke_reason is EndReason.LOCKED
    assert enforce(world) == 0


def test_under_a_lock_nothing_lasts_longer(world: World) -> None:
    world.apply(POLICY + "    extension: {maximum_count: 1, maximum: PT1H}\n")
    grant, alice = world.approved(), world.person("alice")
    slipped_in(world)
    with world.refusing(errors.Locked):
        world.extend(alice, grant)


def test_under_a_lock_nothing_is_asked_for_again(world: World) -> None:
    alice = world.person("alice")
    request = world.withdraw(alice, world.submit(alice))
    lock(world, LockKind.ENTITLEMENT, "admin")
    with world.refusing(errors.Locked):
        world.repeat(alice, request)


def slipped_in(world: World, **others: Any) -> Lock:
    """Have a lock that ended nothing: its look at the grants came too early."""
    made = Lock(
        kind=LockKind.EVERYTHING,
        subject="",
        subject_name="everything",
        reason="too early",
        created_at=world.clock.now(),
        created_by="test",
        **others,
    )
    with world.store.writing() as session:
        session.add(made)
    return made


def test_more_access_than_one_transaction_ends_is_ended_by_the_next(world: World) -> None:
    grants = [world.granted(world.submit(world.person(name), READ))[0] for name in ("alice", "bob")]
    slipped_in(world)
    with world.store.writing() as session:
        assert enforcing.end_locked(session, now=world.clock.now(), limit=1) == 1
    assert [world.grant(grant).revoked_at is None for grant in grants].count(True) == 1
    assert enforce(world) == 1


def test_however_many_people_are_locked_another_lock_ends_access_too(world: World) -> None:
    grant = world.approved()
    with world.store.writing() as session:
        session.add_all(
            Lock(
                kind=LockKind.PRINCIPAL,
                subject=f"{number:08}-0000-0000-0000-000000000000",
                subject_name=f"user{number}",
                reason="a directory was taken over",
                created_at=world.clock.now(),
                created_by="admin",
            )
            for number in range(1100)
        )
    lock(world, LockKind.PRINCIPAL, user_name("alice"))
    assert world.grant(grant).revoke_reason is EndReason.LOCKED


def test_a_lock_withdraws_the_question_whether_access_may_last_longer(world: World) -> None:
    world.apply(POLICY + "    extension: {maximum_count: 1, maximum: PT1H}\n")
    grant = world.approved()
    world.extend(world.person("alice"), grant)
    lock(world, LockKind.ACCOUNT, ALPHA)
    told = facts(world, "request.withdrawn")
    assert told == [{"because": "locked", "grant_id": str(grant.id)}]


def test_a_question_that_outlived_its_grant_is_closed_later(world: World) -> None:
    world.apply(POLICY + "    extension: {maximum_count: 1, maximum: PT1H}\n")
    grant = world.approved()
    world.extend(world.person("alice"), grant)
    world.change(world.grant(grant), revoked_at=world.clock.now(), revoke_reason=EndReason.REVOKED)
    with world.store.writing() as session:
        assert enforcing.withdraw_orphans(session, now=world.clock.now()) == 1
        assert enforcing.withdraw_orphans(session, now=world.clock.now()) == 0


def test_a_lock_whose_time_is_over_brings_nothing_back(world: World) -> None:
    grant = world.approved()
    made = lock(world, duration=timedelta(minutes=30))
    world.clock.advance(30 * 60)
    assert world.grant(grant).revoke_reason is EndReason.LOCKED
    assert listed(world, holding=True) == []
    world.submit(world.person("alice"))
    with world.store.writing() as session:
        assert locking.expire_due(session, now=world.clock.now()) == 1
        assert locking.expire_due(session, now=world.clock.now()) == 0
    assert [told["lock_id"] for told in facts(world, "lock.expired")] == [str(made.id)]
    with pytest.raises(errors.LockOver, match="the time of this lock is over"):
        lift(world, made)


def test_a_lock_is_lifted_once(world: World) -> None:
    made = lock(world)
    world.clock.advance(60)
    assert lift(world, made).lifted_by == "admin:root"
    with world.refusing(errors.LockOver) as caught:
        lift(world, made)
    assert caught.value.facts["lifted_by"] == "admin:root"
    world.submit(world.person("alice"))
    assert world.events()[:2] == ["lock.created", "lock.lifted"]


def test_two_locks_on_the_same_are_lifted_one_by_one(world: World) -> None:
    alice, first, second = world.person("alice"), lock(world), lock(world)
    lift(world, first)
    with world.refusing(errors.Locked):
        world.submit(alice)
    lift(world, second)
    world.submit(alice)


def test_locks_are_listed_the_newest_first_and_by_whether_they_hold(world: World) -> None:
    first, second = lock(world), lock(world, LockKind.ACCOUNT, BETA)
    lift(world, first)
    assert listed(world) == [second.id, first.id]
    assert listed(world, holding=True) == [second.id]
    assert listed(world, holding=False) == [first.id]
    assert listed(world, paging=Paging(limit=1)) == [second.id]


def test_only_admins_lock_and_unlock_and_auditors_look(world: World) -> None:
    made = lock(world)
    for caller in (world.person("alice"), AUDITOR, world.bot(acting="carol")):
        with world.refusing(errors.Forbidden):
            lock(world, caller=caller)
        with world.refusing(errors.Forbidden):
            lift(world, made, caller=caller)
    with world.refusing(errors.ScopeMissing):
        lock(world, caller=world.bot())
    with world.refusing(errors.ScopeMissing):
        lift(world, made, caller=world.bot())
    with world.store.reading() as session:
        assert locks.read(session, AUDITOR, made.id).id == made.id
        with pytest.raises(errors.Forbidden):
            locks.read(session, world.person("alice"), made.id)
        with pytest.raises(errors.NotFound):
            locks.read(session, AUDITOR, uuid.uuid4())


@pytest.mark.parametrize(
    ("kind", "subject", "refusal"),
    [
        (LockKind.PRINCIPAL, "nobody", errors.UnknownPrincipal),
        (LockKind.ACCOUNT, "999999999999", errors.UnknownAccount),
        (LockKind.PERMISSION_SET, "Nothing", errors.UnknownPermissionSet),
        (LockKind.ENTITLEMENT, "nothing", errors.UnknownEntitlement),
        (LockKind.EVERYTHING, "alpha", errors.InvalidInput),
        (LockKind.ACCOUNT, None, errors.InvalidInput),
        (LockKind.ACCOUNT, " ", errors.InvalidInput),
        (LockKind.PRINCIPAL, "\x00", errors.InvalidInput),
    ],
)
def test_a_lock_on_nothing_that_is_known_is_refused(
    world: World, kind: LockKind, subject: str | None, refusal: type[errors.Refusal]
) -> None:
    with world.refusing(refusal) as caught:
        lock(world, kind, subject)
    assert [error.field for error in caught.value.errors] == ["subject"]


@pytest.mark.parametrize("reason", ["", " \n", "\u200b", "x" * 2_001, "a\x1bb"])
def test_a_lock_needs_a_reason_that_can_be_read(world: World, reason: str) -> None:
    with world.refusing(errors.InvalidInput) as caught:
        lock(world, reason=reason)
    assert [error.field for error in caught.value.errors] == ["reason"]


@pytest.mark.parametrize(
    "duration", [timedelta(), -timedelta(hours=1), timedelta(seconds=1.5), timedelta(days=367), timedelta.max]
)
def test_a_lock_holds_for_a_time_that_can_be_kept(world: World, duration: timedelta) -> None:
    with world.refusing(errors.InvalidInput) as caught:
        lock(world, duration=duration)
    assert [error.field for error in caught.value.errors] == ["duration"]


@pytest.mark.parametrize(
    ("model", "identifier", "kind"),
    [
        (Principal, person_id("alice"), LockKind.PRINCIPAL),
        (Account, ALPHA, LockKind.ACCOUNT),
        (PermissionSet, arn("AdministratorAccess"), LockKind.PERMISSION_SET),
    ],
)
def test_what_has_gone_from_aws_is_locked_all_the_same(
    world: World, model: Any, identifier: str, kind: LockKind
) -> None:
    grant = world.approved()
    world.remove(model, identifier)
    lock(world, kind, identifier)
    assert world.grant(grant).revoke_reason is EndReason.LOCKED


def gone(world: World) -> None:
    world.apply("entitlements: []")


def unreadable(world: World) -> None:
    world.apply_document({"entitlements": "all"}, digest="sha256:broken")


def mangled(world: World) -> None:
    document: Any = ["entitlements"]
    world.apply_document(document, digest="sha256:broken")


@pytest.mark.parametrize("happening", [gone, unreadable, mangled])
def test_an_entitlement_of_older_versions_is_locked_all_the_same(
    world: World, happening: Callable[[World], None]
) -> None:
    grant = world.approved()
    happening(world)
    lock(world, LockKind.ENTITLEMENT, "Admin")
    assert world.grant(grant).revoke_reason is EndReason.LOCKED
    # Nobody has ever asked under this one.
    assert lock(world, LockKind.ENTITLEMENT, "READ").subject == "read"


def test_a_lock_on_a_person_is_among_what_the_record_says_of_them(world: World) -> None:
    lock(world, LockKind.PRINCIPAL, user_name("alice"), duration=timedelta(hours=1))
    told = facts(world, "lock.created")[0]
    assert (told["subject"], told["subject_name"]) == (person_id("alice"), user_name("alice"))
