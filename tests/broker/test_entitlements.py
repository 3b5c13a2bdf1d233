"""Planning, applying and showing entitlements, on a real database."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier, Thread

import pytest
from sqlalchemy import select

from protem.broker import entitlements, planning
from protem.broker.callers import CONSOLE, Caller
from protem.broker.documents import parse
from protem.broker.planning import Plan
from protem.clock import SystemClock
from protem.db.models import (
    Account,
    AuditEvent,
    CatalogueSync,
    EntitlementVersion,
    Group,
    Instance,
    Membership,
    PermissionSet,
    Principal,
    TokenRole,
)
from protem.db.store import Store
from protem.domain import names
from protem.domain.catalogue import Group as InGroup
from protem.domain.catalogue import Person
from protem.domain.errors import EntitlementsFromFile, EntitlementsInvalid, Forbidden, VersionMoved

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
SOURCE = """\
entitlements:
  - name: prod-admin
    requesters: {groups: [engineers]}
    permission_sets: {names: [AdministratorAccess]}
    accounts: {ids: ["111122223333"]}
    duration: {default: PT1H, maximum: PT4H}
    approval: {steps: [{name: lead, approvers: {groups: [leads]}}]}
  - name: sandbox
    requesters: {users: [alice@example.com]}
    permission_sets: {names: [AdministratorAccess]}
    accounts: {all: true}
    duration: {default: PT1H, maximum: PT8H}
"""


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    store = Store(database_url, clock=SystemClock())
    yield store
    store.close()


def apply(store: Store, source: str, *, base: int = 0, caller: Caller = CONSOLE) -> entitlements.Applied:
    with store.writing() as session:
        document = parse(source, file="entitlements.yaml")
        planned = planning.plan(session, document, now=NOW)
        return entitlements.apply(session, caller, planned, base_version=base, now=NOW)


def plan(store: Store, source: str, *, strict: bool = False) -> Plan:
    with store.reading() as session:
        return entitlements.plan(
            session, CONSOLE, parse(source, file="entitlements.yaml"), now=NOW, strict=strict
        )


def versions(store: Store) -> list[int]:
    with store.reading() as session:
        return list(session.scalars(select(EntitlementVersion.version)))


def events(store: Store) -> list[AuditEvent]:
    with store.reading() as session:
        return list(session.scalars(select(AuditEvent)))


def person(name: str, *groups: str) -> Caller:
    return Caller(
        name=name,
        role=TokenRole.PERSONAL,
        person=Person(id=name, user_name=name, groups=frozenset(InGroup(group, group) for group in groups)),
    )


def fill_catalogue(store: Store, members: dict[str, list[str]]) -> None:
    instance = "arn:aws:sso:::instance/ssoins-1234567890abcdef"
    people = sorted({name for group in members.values() for name in group})
    with store.writing() as session:
        session.add(CatalogueSync(part="catalogue", started_at=NOW, completed_at=NOW))
        session.add(Instance(arn=instance, identity_store_id="d-1234567890", owner_account_id="999988887777"))
        session.add_all(
            Principal(id=f"id-{name}", user_name=name, user_name_key=names.key(name), display_name=name)
            for name in people
        )
        session.add_all(Group(id=f"id-{group}", name=group, name_key=names.key(group)) for group in members)
        session.flush()
        session.add_all(
            Membership(group_id=f"id-{group}", principal_id=f"id-{name}")
            for group, found in members.items()
            for name in found
        )
        session.add(
            Account(
                id="111122223333",
                name="Prod",
                name_key="prod",
                email="prod@example.com",
                status="ACTIVE",
                parent_id="r-1",
                is_management=False,
                tags={},
            )
        )
        session.add(
            PermissionSet(
                arn="arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-1234567890abcdef",
                instance_arn=instance,
                name="AdministratorAccess",
                name_key="administratoraccess",
                description="",
                session_duration=NOW - NOW,
                tags={},
                policies_digest="sha256:0",
            )
        )


def test_a_first_document_becomes_version_one_and_leaves_an_event(store: Store) -> None:
    applied = apply(store, SOURCE)
    assert applied.version == 1
    assert [change.name for change in applied.plan.added] == ["prod-admin", "sandbox"]
    (event,) = events(store)
    assert event.type == "entitlements.applied"
    assert event.caller == "admin:console"
    assert event.facts == {
        "version": 1,
        "digest": applied.digest,
        "added": ["prod-admin", "sandbox"],
        "removed": [],
        "changed": [],
        "widened": [],
        "grants_ended": 0,
    }


def test_a_plan_shows_each_field_before_and_after(store: Store) -> None:
    apply(store, SOURCE)
    found = plan(
        store,
        SOURCE.replace("PT8H", "PT2H")
        .replace("prod-admin", "prod")
        .replace("{all: true}", "{ids: ['111122223333']}"),
    )
    assert (found.base_version, found.unchanged) == (1, False)
    assert [change.name for change in found.added] == ["prod"]
    assert [change.name for change in found.removed] == ["prod-admin"]
    (changed,) = found.changed
    assert changed.name == "sandbox"
    assert {change.field: (change.before, change.after) for change in changed.fields} == {
        "accounts.ids": ([], ["111122223333"]),
        "accounts.all": (True, False),
        "duration.maximum": ("PT8H", "PT2H"),
    }


def test_dropping_an_approval_is_shown(store: Store) -> None:
    apply(store, SOURCE)
    (changed,) = plan(store, SOURCE.replace("    approval:", "    #")).changed
    shown = {change.field: (change.before, change.after) for change in changed.fields}
    assert shown["approval.steps"] == (["lead"], None)
    assert shown["approval.steps[lead].approvers.groups"] == (["leads"], None)


def test_applying_the_same_again_makes_no_version_and_no_event(store: Store) -> None:
    first = apply(store, SOURCE)
    again = apply(store, f"# a comment\n{SOURCE}", base=1)
    assert again.plan.unchanged
    assert (again.version, again.digest) == (1, first.digest)
    assert versions(store) == [1]
    assert len(events(store)) == 1


def test_nothing_of_an_invalid_document_is_applied(store: Store) -> None:
    with pytest.raises(EntitlementsInvalid):
        apply(store, SOURCE.replace("PT8H", "PT0S"))
    assert versions(store) == []
    assert events(store) == []


def test_a_plan_against_an_older_version_is_refused(store: Store) -> None:
    apply(store, SOURCE)
    with pytest.raises(VersionMoved) as refused:
        apply(store, "entitlements: []")
    assert refused.value.facts == {"base_version": 0, "current_version": 1}
    assert versions(store) == [1]


def test_of_two_who_apply_at_once_one_wins(store: Store) -> None:
    outcomes: list[str] = []
    barrier = Barrier(4)

    def run(name: str) -> None:
        barrier.wait()
        try:
            apply(store, SOURCE.replace("sandbox", name))
            outcomes.append("applied")
        except VersionMoved:
            outcomes.append("moved")

    threads = [Thread(target=run, args=(f"n{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["applied", "moved", "moved", "moved"]
    assert versions(store) == [1]
    assert len(events(store)) == 1


def test_only_admins_plan_and_apply(store: Store) -> None:
    document = parse(SOURCE, file="entitlements.yaml")
    with store.reading() as session:
        planned = entitlements.plan(session, CONSOLE, document, now=NOW)
        for caller in (person("alice"), Caller(name="audit", role=TokenRole.AUDITOR)):
            with pytest.raises(Forbidden):
                entitlements.plan(session, caller, document, now=NOW)
            with pytest.raises(Forbidden):
                entitlements.require_appliable(caller, from_file=False)
            with pytest.raises(Forbidden):
                entitlements.apply(session, caller, planned, base_version=0, now=NOW)


def test_with_a_file_on_the_server_nothing_else_is_applied() -> None:
    with pytest.raises(EntitlementsFromFile):
        entitlements.require_appliable(CONSOLE, from_file=True)


def test_the_file_on_the_server_is_applied_once(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "entitlements.yaml"
    path.write_text(SOURCE)
    for _ in range(2):
        with store.writing() as session:
            entitlements.apply_file(session, path, now=NOW)
        assert versions(store) == [1]
    assert [event.caller for event in events(store)] == ["admin:entitlements-file"]


def test_replicas_that_start_together_agree_on_one_version(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "entitlements.yaml"
    path.write_text(SOURCE)
    seen: list[int] = []
    barrier = Barrier(3)

    def start() -> None:
        barrier.wait()
        with store.writing() as session:
            entitlements.apply_file(session, path, now=NOW)
        seen.extend(versions(store))

    threads = [Thread(target=start) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [1, 1, 1]
    assert len(events(store)) == 1


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_that_cannot_be_read_is_refused_by_name(
    store: Store, tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "gone.yaml"
    if content:
        path.write_bytes(content)
    with store.writing() as session, pytest.raises(EntitlementsInvalid, match=r"gone\.yaml"):
        entitlements.apply_file(session, path, now=NOW)


def test_names_are_not_checked_before_the_catalogue_is_there(store: Store) -> None:
    assert plan(store, SOURCE).warnings == (
        "the catalogue has not been synchronised yet: no name in the entitlements could be checked",
    )


def test_names_that_the_catalogue_lacks_are_warned_about(store: Store) -> None:
    fill_catalogue(store, {"engineers": ["alice@example.com"], "leads": ["bob"]})
    assert plan(store, SOURCE).warnings == ()
    odd = SOURCE.replace("[engineers]", "[ENGINEERS, ghosts]").replace("alice@", "alcie@")
    odd = odd.replace('["111122223333"]', '["111122223333", "000000000000"]').replace(
        "{steps", "{through: [slack], steps"
    )
    odd = odd.replace("[AdministratorAccess]\n    accounts: {all", "[Nothing]\n    accounts: {all").replace(
        "names: [A", "names: [A"
    )
    assert plan(store, odd).warnings == (
        "prod-admin: requesters name the group 'ghosts', which the catalogue does not know",
        "prod-admin: the catalogue knows no account 000000000000",
        "prod-admin: through names 'slack', but no service of that name has a token that may decide",
        "sandbox: requesters name the user 'alcie@example.com', whom the catalogue does not know",
    )


def test_a_step_that_only_the_requester_could_fill_is_warned_about(store: Store) -> None:
    fill_catalogue(store, {"engineers": ["alice@example.com", "bob"], "leads": ["bob"]})
    assert plan(store, SOURCE).warnings == (
        "prod-admin: too few people could approve besides the requester for bob (step lead)",
    )


def test_steps_that_one_person_would_have_to_fill_twice_are_warned_about(store: Store) -> None:
    fill_catalogue(store, {"engineers": ["alice@example.com"], "leads": ["bob"]})
    twice = SOURCE.replace(
        "{groups: [leads]}}]", "{groups: [leads]}}, {name: second, approvers: {users: [bob]}}]"
    )
    assert plan(store, twice).warnings == (
        "prod-admin: too few people can serve step second; its requests will be refused",
    )
