"""An event says who can ask for what, and why, when the catalogue lets somebody ask for more than before."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import update

from protem.broker import documents, entitlements
from protem.broker.callers import CONSOLE
from protem.db.models import Account, EntitlementVersion, Membership
from protem.domain.events import EventType
from tests.identity_center.organization import Organization

SOURCE = """
trusted_tags: [env]
entitlements:
  - name: by-tag
    requesters: {groups: [developers]}
    permission_sets: {names: [ReadOnlyAccess]}
    accounts: {tags: {env: sandbox}}
    duration: {default: PT1H, maximum: PT4H}
  - name: by-place
    requesters: {groups: [developers]}
    requesters_for: {groups: [security]}
    permission_sets: {names: [ReadOnlyAccess]}
    accounts: {organizational_units: [Sandbox]}
    duration: {default: PT1H, maximum: PT4H}
  - name: elsewhere
    requesters: {users: [erin@example.com]}
    permission_sets: {patterns: ["Support*"]}
    accounts: {ids: ["111122223333"]}
    duration: {default: PT1H, maximum: PT4H}
"""
SHOP = "111122223333"


@pytest.fixture
def organization(database_url: str) -> Iterator[Organization]:
    made = Organization(database_url)
    made.synchronise()
    apply(made, SOURCE)
    yield made
    made.store.close()


def apply(organization: Organization, source: str) -> None:
    with organization.store.writing() as session:
        now = organization.clock.now()
        document = documents.parse(source, file="entitlements.yaml")
        planned = entitlements.plan(session, CONSOLE, document, now=now)
        entitlements.apply(session, CONSOLE, planned, base_version=planned.base_version, now=now)


def widened(organization: Organization) -> dict[str, dict[str, Any]]:
    """Return what the synchronisation that now follows finds, by entitlement."""
    before = len(organization.events(EventType.CATALOGUE_WIDENED))
    organization.clock.advance(1)
    organization.synchronise()
    return {
        row.facts["entitlement"]: row.facts
        for row in organization.events(EventType.CATALOGUE_WIDENED)[before:]
    }


def names(facts: dict[str, Any], kind: str) -> list[list[str]]:
    return [block[kind]["names"] for block in facts["gains"]]


def test_a_tag_that_lets_an_account_in_is_told_with_who_gains_what(organization: Organization) -> None:
    organization.sandbox.organization.tag(SHOP, env="sandbox")
    found = widened(organization)
    assert list(found) == ["by-tag"]
    facts = found["by-tag"]
    assert names(facts, "accounts") == [[f"shop-prod ({SHOP})"]]
    assert names(facts, "permission_sets") == [["ReadOnlyAccess"]]
    assert "erin@example.com" in names(facts, "principals")[0]
    assert facts["reasons"] == [f"shop-prod ({SHOP}) has the tag env=sandbox now, not env=prod"]
    assert facts["entitlement_version"] == 1


def test_a_move_is_told_by_the_unit_that_the_account_is_below_now(organization: Organization) -> None:
    organization.sandbox.organization.move(SHOP, unit=organization.demo.units["Sandbox"])
    assert widened(organization)["by-place"]["reasons"] == [f"shop-prod ({SHOP}) is below Sandbox now"]


def test_who_joins_a_group_gains_everything_it_may_ask_for(organization: Organization) -> None:
    demo, sandbox = organization.demo, organization.sandbox
    newcomer = sandbox.directory.add_user(
        user_name="zoe@example.com", display_name="Zoe", email="z@example.com"
    )
    sandbox.directory.add_member(demo.groups["developers"], newcomer)
    found = widened(organization)
    assert set(found) == {"by-tag", "by-place"}
    assert names(found["by-tag"], "principals") == [["zoe@example.com"]]
    assert found["by-tag"]["reasons"] == ["zoe@example.com is in developers now"]


def test_who_may_newly_ask_for_others_is_told_apart(organization: Organization) -> None:
    demo, sandbox = organization.demo, organization.sandbox
    newcomer = sandbox.directory.add_user(
        user_name="zoe@example.com", display_name="Zoe", email="z@example.com"
    )
    sandbox.directory.add_member(demo.groups["security"], newcomer)
    facts = widened(organization)["by-place"]
    assert facts["gains"] == []
    assert facts["may_ask_for_others"] == {"count": 1, "names": ["zoe@example.com"]}
    assert facts["reasons"] == ["zoe@example.com is in security now, and may ask for others"]


def test_a_new_permission_set_that_a_pattern_takes_in_is_told(organization: Organization) -> None:
    organization.sandbox.permission_sets.add("SupportEverything", description="")
    facts = widened(organization)["elsewhere"]
    assert names(facts, "permission_sets") == [["SupportEverything"]]
    assert facts["reasons"] == ["SupportEverything is new"]


def test_what_narrows_or_concerns_nobody_leaves_no_event(organization: Organization) -> None:
    demo, sandbox = organization.demo, organization.sandbox
    sandbox.directory.remove_member(demo.groups["developers"], demo.users["erin"])
    sandbox.directory.add_user(user_name="zoe@example.com", display_name="Zoe", email="z@example.com")
    sandbox.organization.tag("222211113333", env="elsewhere")
    sandbox.permission_sets.change(demo.permission_sets["ReadOnlyAccess"], inline_policy="{}")
    assert widened(organization) == {}


def test_the_first_look_leaves_none_though_everything_is_new(database_url: str) -> None:
    organization = Organization(database_url)
    apply(organization, SOURCE)
    organization.synchronise()
    assert organization.events(EventType.CATALOGUE_WIDENED) == []
    organization.store.close()


def test_without_entitlements_nothing_widens(database_url: str) -> None:
    organization = Organization(database_url)
    organization.synchronise()
    organization.sandbox.organization.tag(SHOP, env="sandbox")
    assert widened(organization) == {}
    organization.store.close()


def test_an_event_names_twenty_and_counts_the_rest(organization: Organization) -> None:
    demo, sandbox = organization.demo, organization.sandbox
    for number in range(30):
        user = f"u{number:02}@example.com"
        newcomer = sandbox.directory.add_user(user_name=user, display_name=user, email=user)
        sandbox.directory.add_member(demo.groups["developers"], newcomer)
    (block,) = widened(organization)["by-tag"]["gains"]
    assert block["principals"]["count"] == 30
    assert block["principals"]["names"] == [f"u{number:02}@example.com" for number in range(20)]


def leave(organization: Organization, name: str, *, group: str) -> None:
    demo = organization.demo
    organization.sandbox.directory.remove_member(demo.groups[group], demo.users[name])


def members(organization: Organization, group: str) -> set[str]:
    rows = organization.rows(Membership)
    return {row.principal_id for row in rows if row.group_id == organization.demo.groups[group]}


def test_entitlements_that_cannot_be_read_keep_nobody_in_a_group(organization: Organization) -> None:
    with organization.store.writing() as session:
        session.get_one(EntitlementVersion, 1).document = {"entitlements": [{"name": "broken"}]}
        session.get_one(EntitlementVersion, 1).digest = "sha256:broken"
    leave(organization, "erin", group="developers")
    assert widened(organization) == {}
    assert organization.demo.users["erin"] not in members(organization, "developers")


def test_a_catalogue_that_cannot_be_compared_keeps_nobody_in_a_group(organization: Organization) -> None:
    with organization.store.writing() as session:
        spoiled: Any = ["no", "tags"]
        session.execute(update(Account).where(Account.id == SHOP).values(tags=spoiled))
    organization.sandbox.organization.tag("222211113333", env="sandbox")
    leave(organization, "erin", group="developers")
    assert widened(organization) == {}
    assert organization.demo.users["erin"] not in members(organization, "developers")
    assert organization.row(Account, SHOP).tags["env"] == "prod"
    organization.sandbox.organization.tag(SHOP, env="sandbox")
    assert list(widened(organization)) == ["by-tag"]
