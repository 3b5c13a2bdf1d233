"""Access begins only if it is still allowed at that moment."""

from typing import Any

import pytest
from sqlalchemy import update

from protem.broker import activation
from protem.db.models import Account, EntitlementVersion, Grant, Group, PermissionSet, Principal, Request
from tests.broker.worlds import (
    ALPHA,
    BETA,
    POLICY,
    World,
    arn,
    asking,
    group_id,
    person_id,
)


def why_not(world: World, grant: Grant) -> str | None:
    with world.store.reading() as session:
        found = activation.why_not(session, session.get_one(Grant, grant.id), world.clock.now())
    return found.sentence if found else None


def change(world: World, kind: type[Any], **values: Any) -> None:
    """Change every row of a kind."""
    with world.store.writing() as session:
        session.execute(update(kind).values(**values))


def test_access_that_is_still_allowed_begins(world: World) -> None:
    assert why_not(world, world.approved()) is None


def test_a_newer_policy_that_still_allows_it_is_no_obstacle(world: World) -> None:
    grant = world.approved()
    world.apply(POLICY.replace("PT1H, maximum: PT4H", "PT5M, maximum: PT1H"))
    assert why_not(world, grant) is None


def test_a_newer_policy_that_allows_only_less_time_is_one(world: World) -> None:
    grant = world.approved()
    world.apply(POLICY.replace("PT1H, maximum: PT4H", "PT5M, maximum: PT59M"))
    again = f"repeat request {grant.request_id} to ask again"
    assert why_not(world, grant) == f"admin allows at most PT59M by now; {again}"


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("entitlements: []", "there is no entitlement admin any more"),
        (POLICY.replace("[engineers]", "[security]"), "no longer among the requesters"),
        (POLICY.replace('"111111111111", ', ""), "does not reach account alpha"),
        (POLICY.replace("[AdministratorAccess]", "[ReadOnlyAccess]"), "does not offer AdministratorAccess"),
    ],
)
def test_a_policy_that_allows_it_no_more_is_said(world: World, source: str, says: str) -> None:
    grant = world.approved()
    world.apply(source)
    assert says in str(why_not(world, grant))


def test_a_policy_that_cannot_be_read_allows_nothing(world: World) -> None:
    grant = world.approved()
    world.apply_document({"entitlements": "all"}, digest="sha256:broken")
    assert str(why_not(world, grant)).startswith("there is no entitlement admin any more; ")


def test_no_policy_at_all_allows_nothing(world: World) -> None:
    grant = world.approved()
    world.apply_document({"entitlements": []}, digest="sha256:empty")
    change(world, EntitlementVersion, document={"entitlements": []}, digest="sha256:nothing")
    assert why_not(world, grant) is not None


def test_who_left_the_group_gets_nothing(world: World) -> None:
    grant = world.approved()
    world.leave("alice", group="engineers")
    assert "no longer among the requesters" in str(why_not(world, grant))


def test_a_group_that_is_gone_has_no_members(world: World) -> None:
    grant = world.approved()
    world.remove(Group, group_id("engineers"))
    assert "no longer among the requesters" in str(why_not(world, grant))


@pytest.mark.parametrize(
    ("kind", "identifier", "says"),
    [
        (Principal, person_id("alice"), "no longer in the directory"),
        (Account, ALPHA, "no longer in the organization"),
        (PermissionSet, arn("AdministratorAccess"), "is gone"),
    ],
)
def test_what_has_gone_from_aws_is_said(world: World, kind: type[Any], identifier: str, says: str) -> None:
    grant = world.approved()
    world.remove(kind, identifier)
    assert says in str(why_not(world, grant))


@pytest.mark.parametrize(
    ("kind", "values", "says"),
    [
        (Account, {"status": "SUSPENDED"}, "is SUSPENDED"),
        (Account, {"is_management": True}, "management account"),
        (PermissionSet, {"policies_digest": "sha256:more"}, "has changed since it was asked for"),
        (PermissionSet, {"name": "Other", "name_key": "other"}, "does not offer Other"),
    ],
)
def test_what_has_changed_in_aws_is_said(
    world: World, kind: type[Any], values: dict[str, Any], says: str
) -> None:
    grant = world.approved()
    change(world, kind, **values)
    assert says in str(why_not(world, grant))


def test_each_grant_is_asked_about_by_itself(world: World) -> None:
    pairs = ((ALPHA, "AdministratorAccess"), (BETA, "AdministratorAccess"))
    request = world.submit(world.person("alice"), asking(*pairs))
    world.decide(world.person("carol"), request)
    world.remove(Account, BETA)
    alpha, beta = world.granted(request)
    assert why_not(world, alpha) is None
    assert why_not(world, beta) is not None


def test_what_cannot_be_read_keeps_access_from_beginning_and_nothing_else_from_going_on(world: World) -> None:
    grant = world.approved()
    with world.store.writing() as session:
        session.execute(update(Request).values(steps=[{"name": "no more than this"}]))
        session.execute(update(Account).values(tags={"env": "staging"}))
    assert why_not(world, grant) == "what is kept of its request cannot be read: ask again"
