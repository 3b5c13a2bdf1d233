"""What changes between asking, approving and beginning takes access away, in words that say what to do."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from protem.broker import activation
from protem.db.models import Account, Grant, PermissionSet, Principal, Request
from protem.domain.errors import NotAnApprover, NotEligible
from protem.domain.lifecycle import EndReason, RequestState
from tests.broker.organization import DEV, WORKLOADS
from tests.broker.worlds import ALPHA, World, arn, asking, person_id, user_name

TRUSTING = """
trusted_tags: [env, owner, risk, audited]
entitlements:
  - name: admin
    requesters: {groups: [engineers]}
    requesters_for: {users: [bob@example.com]}
    permission_sets: {tags: {risk: high}}
    accounts: {organizational_units: [Workloads/Prod], tags: {env: prod}}
    duration: {default: PT1H, maximum: PT4H}
    allowed_hours:
      time_zone: UTC
      windows: [{days: [mon, tue, wed, thu, fri, sat, sun], from: "00:00", to: "24:00"}]
    extension: {maximum_count: 1, maximum: PT4H}
    approval:
      expires_after: PT24H
      through: [slack]
      steps:
        - {name: lead, approvers: {groups: [leads]}}
        - {name: security, approvers: {groups: [security]}, when: {duration_over: PT2H}}
        - {name: audit, approvers: {users: [erin@example.com]}, when: {account_tags: {audited: "yes"}}}
"""


@pytest.fixture
def world(world: World) -> World:
    """A world in which much has to be right for access to begin."""
    world.apply(TRUSTING)
    return world


@dataclass(frozen=True)
class Change:
    """Something that happens in between, and what is said of it."""

    happens: Callable[[World], None]
    says: str


def rules(old: str, new: str) -> Callable[[World], None]:
    assert old in TRUSTING
    return lambda world: world.apply(TRUSTING.replace(old, new))


def row(kind: type[Any], identifier: str, **values: Any) -> Callable[[World], None]:
    def happen(world: World) -> None:
        with world.store.writing() as session:
            found = session.get_one(kind, identifier)
            for name, value in values.items():
                setattr(found, name, value)

    return happen


def gone(kind: type[Any], identifier: str) -> Callable[[World], None]:
    return lambda world: world.remove(kind, identifier)


def another_of_the_same_name(world: World) -> None:
    """Have somebody delete the permission set, and make one that is called the same."""
    world.remove(PermissionSet, ADMINISTRATOR)
    with world.store.writing() as session:
        old = session.get_one(PermissionSet, ADMINISTRATOR)
        columns = {column.key: getattr(old, column.key) for column in PermissionSet.__table__.columns}
        session.add(PermissionSet(**columns | {"arn": arn_of_another(), "removed_at": None}))


def arn_of_another() -> str:
    return f"{ADMINISTRATOR[:-1]}9"


def unreadable(world: World) -> None:
    world.apply_document({"entitlements": "all"}, digest="sha256:broken")


ADMINISTRATOR = arn("AdministratorAccess")
HOURS = 'from: "00:00", to: "24:00"'
NO_REACH, NO_OFFER = "does not reach account alpha", "does not offer AdministratorAccess"
NO_RULE = "there is no entitlement admin any more"
CHANGES = {
    "a shorter maximum": Change(rules("PT1H, maximum: PT4H", "PT59M, maximum: PT59M"), "at most PT59M"),
    "other requesters": Change(rules("{groups: [engineers]}", "{groups: [leads]}"), "no longer"),
    "other accounts": Change(rules("Workloads/Prod", "Workloads/Dev"), NO_REACH),
    "an exception": Change(rules("{env: prod}}", f'{{env: prod}}, except: ["{ALPHA}"]}}'), NO_REACH),
    "other permission sets": Change(rules("{risk: high}", "{risk: low}"), NO_OFFER),
    "narrower hours": Change(rules(HOURS, 'from: "00:00", to: "01:00"'), "not within the hours"),
    "no entitlement": Change(lambda world: world.apply("entitlements: []"), NO_RULE),
    "nothing to be read": Change(unreadable, NO_RULE),
    "out of the group": Change(lambda world: world.leave("alice", group="engineers"), "among the requesters"),
    "out of the directory": Change(gone(Principal, person_id("alice")), "no longer in the directory"),
    "another unit": Change(row(Account, ALPHA, parent_id=DEV), NO_REACH),
    "a unit above": Change(row(Account, ALPHA, parent_id=WORKLOADS), NO_REACH),
    "another tag": Change(row(Account, ALPHA, tags={"env": "dev"}), NO_REACH),
    "no tag": Change(row(Account, ALPHA, tags={}), NO_REACH),
    "suspension": Change(row(Account, ALPHA, status="SUSPENDED"), "is SUSPENDED"),
    "management": Change(row(Account, ALPHA, is_management=True), "has become the management account"),
    "out of the organization": Change(gone(Account, ALPHA), "no longer in the organization"),
    "other policies": Change(row(PermissionSet, ADMINISTRATOR, policies_digest="sha256:b"), "has changed"),
    "another risk": Change(row(PermissionSet, ADMINISTRATOR, tags={}), NO_OFFER),
    "a permission set that is gone": Change(gone(PermissionSet, ADMINISTRATOR), "is gone; "),
    "another of the same name": Change(another_of_the_same_name, "what is called so now is another"),
}
"""What voids access that was approved, and keeps what was asked for from being approved."""


def why_not(world: World, grant: Grant) -> activation.Obstacle | None:
    with world.store.reading() as session:
        return activation.why_not(session, session.get_one(Grant, grant.id), world.clock.now())


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_was_approved_begins_no_more(world: World, change: Change) -> None:
    grant = world.approved()
    assert why_not(world, grant) is None
    change.happens(world)
    obstacle = why_not(world, grant)
    assert obstacle is not None
    assert obstacle.reason is EndReason.ELIGIBILITY_LOST
    assert change.says in obstacle.sentence
    assert obstacle.sentence.endswith(f"repeat request {grant.request_id} to ask again")


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_was_asked_for_is_approved_no_more(world: World, change: Change) -> None:
    request, carol = world.submit(world.person("alice")), world.person("carol")
    change.happens(world)
    with world.refusing(NotEligible) as caught:
        world.decide(carol, request)
    assert change.says in caught.value.detail
    assert caught.value.detail.endswith("it can be asked for anew")
    assert world.request(request).state is RequestState.PENDING


MORE_STEPS = "      steps:\n        - {name: owner, approvers: {users: [erin@example.com]}}\n"
OTHER_APPROVALS = {
    "a step that was added": rules("      steps:\n", MORE_STEPS),
    "more people": rules("{groups: [leads]}}", "{groups: [leads]}, required: 2}"),
    "other people": rules("{groups: [leads]}}", "{users: [erin@example.com]}}"),
    "a condition that is met now": rules("PT2H", "PT30M"),
    "a tag that asks for another step": row(Account, ALPHA, tags={"env": "prod", "audited": "yes"}),
}


@pytest.mark.parametrize("change", OTHER_APPROVALS.values(), ids=OTHER_APPROVALS)
def test_access_that_has_come_to_need_other_approvals_begins_no_more(
    world: World, change: Callable[[World], None]
) -> None:
    grant = world.approved()
    change(world)
    obstacle = why_not(world, grant)
    assert obstacle is not None
    assert "has come to need other approvals" in obstacle.sentence


@pytest.mark.parametrize("change", OTHER_APPROVALS.values(), ids=OTHER_APPROVALS)
def test_what_has_come_to_need_other_approvals_is_not_granted(
    world: World, change: Callable[[World], None]
) -> None:
    request, carol = world.submit(world.person("alice")), world.person("carol")
    change(world)
    with pytest.raises((NotEligible, NotAnApprover)):
        world.decide(carol, request)
    assert world.granted(request) == ()


def owned(world: World) -> Grant:
    """Return access to an account whose owner approved it."""
    world.apply(TRUSTING.replace("{groups: [leads]}}", "{owner_tag: owner}}"))
    return world.approved()


def test_an_account_that_has_another_owner_by_now_needs_that_one(world: World) -> None:
    grant = owned(world)
    assert why_not(world, grant) is None
    row(Account, ALPHA, tags={"env": "prod", "owner": "erin@example.com"})(world)
    obstacle = why_not(world, grant)
    assert obstacle is not None
    assert "other approvals (lead)" in obstacle.sentence


def test_an_account_that_nobody_owns_any_more_is_begun_with_by_nobody(world: World) -> None:
    grant = owned(world)
    row(Account, ALPHA, tags={"env": "prod"})(world)
    obstacle = why_not(world, grant)
    assert obstacle is not None
    assert "which has no tag owner" in obstacle.sentence


def test_approvers_who_have_left_said_yes_while_they_could(world: World) -> None:
    grant = world.approved()
    world.leave("carol", group="leads")
    assert why_not(world, grant) is None


def test_what_is_the_same_under_a_newer_version_begins(world: World) -> None:
    grant = world.approved()
    world.apply(TRUSTING.replace("PT24H", "PT23H").replace("PT1H, maximum: PT4H", "PT1H, maximum: PT1H"))
    assert why_not(world, grant) is None


def test_people_who_agreed_to_more_time_count_for_all_of_it(world: World) -> None:
    later = world.clock.now() + timedelta(hours=2)
    grant = world.approved(submission=asking(starts_at=later, duration=timedelta(hours=1)))
    world.extend(world.person("alice"), grant, timedelta(hours=2))
    with world.store.reading() as session:
        extension = session.query(Request).filter(Request.extends_grant_id == grant.id).one()
    world.decide(world.person("carol"), extension)
    assert world.grant(grant).extensions == 0
    world.decide(world.person("dave"), extension)
    assert world.grant(grant).extensions == 1
    assert why_not(world, grant) is None
    world.apply(TRUSTING.replace("      steps:\n", MORE_STEPS))
    assert why_not(world, grant) is not None


def test_who_has_to_agree_to_a_long_time_may_agree_to_a_short_one(world: World) -> None:
    request = world.submit(world.person("alice"), asking(duration=timedelta(hours=3)))
    world.decide(world.person("carol"), request, duration=timedelta(hours=1))
    decided = world.decide(world.person("dave"), request)
    assert decided.state is RequestState.APPROVED
    (grant,) = world.granted(request)
    assert (grant.ends_at - grant.starts_at, why_not(world, grant)) == (timedelta(hours=1), None)


def for_alice(world: World) -> Grant:
    request = world.submit(world.person("bob"), asking(beneficiary=user_name("alice")))
    world.decide(world.person("carol"), request)
    return world.granted(request)[0]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            rules("{users: [bob@example.com]}", "{users: [dave]}"),
            "no longer ask for others",
        ),
        (gone(Principal, person_id("bob")), "whoever asked for this is no longer in the directory"),
    ],
)
def test_what_somebody_asked_for_others_needs_them_to_be_let_still(
    world: World, change: Callable[[World], None], says: str
) -> None:
    grant = for_alice(world)
    assert why_not(world, grant) is None
    change(world)
    obstacle = why_not(world, grant)
    assert obstacle is not None
    assert says in obstacle.sentence


def test_a_catalogue_that_was_not_read_for_long_is_no_obstacle(world: World) -> None:
    grant = world.approved(submission=asking(starts_at=world.clock.now() + timedelta(days=6)))
    world.clock.advance(6 * 24 * 3600)
    assert why_not(world, grant) is None


def test_few_questions_are_asked_of_the_database(world: World) -> None:
    grant, asked = world.approved(), []
    event.listen(world.store.engine, "before_cursor_execute", lambda *call: asked.append(call[2]))
    assert why_not(world, grant) is None
    assert len(asked) <= 12
