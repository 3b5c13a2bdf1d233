"""What a plan says about people, and what applying it does to what is there."""

from datetime import timedelta
from pathlib import Path

import pytest

from protem.broker import documents, entitlements, planning
from protem.broker.effects import Direction
from protem.broker.entitlements import Applied
from protem.broker.ground import Ground
from protem.broker.planning import Change, Plan
from protem.db.models import CatalogueSync, EntitlementVersion, Grant
from protem.domain.errors import EntitlementsInvalid, NotEligible
from protem.domain.lifecycle import EndReason, GrantState, RequestState
from tests.broker.worlds import ADMIN, ALPHA, BETA, POLICY, World, asking

READ, ADMINISTER = POLICY.split("  - name: admin")[0], "  - name: admin" + POLICY.split("  - name: admin")[1]
WITHOUT_ADMIN = READ
WITHOUT_READ = "entitlements:\n" + ADMINISTER


def plan(world: World, source: str, *, strict: bool = False) -> Plan:
    with world.store.reading() as session:
        document = documents.parse(source, file="entitlements.yaml")
        return entitlements.plan(session, ADMIN, document, strict=strict, now=world.clock.now())


def apply(world: World, source: str, *, end_grants: bool = False) -> Applied:
    planned = plan(world, source)
    with world.store.writing() as session:
        return entitlements.apply(
            session,
            ADMIN,
            planned,
            base_version=planned.base_version,
            end_grants=end_grants,
            now=world.clock.now(),
        )


def begun(world: World) -> Grant:
    grant = world.approved()
    world.change(grant, state=GrantState.ACTIVATING)
    world.change(grant, state=GrantState.ACTIVE, activated_at=world.clock.now())
    return grant


def now(world: World, grant: Grant) -> Grant:
    with world.store.reading() as session:
        return session.get_one(Grant, grant.id)


def changed(world: World, old: str, new: str) -> Change:
    assert old in POLICY
    found = plan(world, POLICY.replace(old, new))
    assert (found.added, found.removed) == ((), ())
    (change,) = found.changed
    return change


def told(change: Change, of: str = "gains") -> list[tuple[tuple[str, ...], ...]]:
    blocks = getattr(change.effect, of)
    return [(one.principals.names, one.accounts.names, one.permission_sets.names) for one in blocks]


AB = ("alice@example.com", "bob@example.com")
ACCOUNTS = (f"alpha ({ALPHA})", f"beta ({BETA})")


def test_another_group_gains_everything_that_may_be_asked_for(world: World) -> None:
    change = changed(
        world,
        "requesters: {groups: [engineers]}\n    permission_sets: {names: [Adm",
        "requesters: {groups: [engineers, leads]}\n    permission_sets: {names: [Adm",
    )
    people = ("carol@example.com", "dave@example.com")
    assert told(change) == [(people, ACCOUNTS, ("AdministratorAccess",))]
    assert (change.effect.losses, change.effect.direction) == ((), Direction.WIDENS)


def test_another_account_and_another_permission_set_are_told_once_each(world: World) -> None:
    change = changed(
        world,
        '[AdministratorAccess]}\n    accounts: {ids: ["111111111111", "222222222222"]}',
        '[ReadOnlyAccess]}\n    accounts: {ids: ["111111111111"]}',
    )
    assert told(change) == [(AB, (f"alpha ({ALPHA})",), ("ReadOnlyAccess",))]
    assert told(change, "losses") == [
        (AB, (f"beta ({BETA})",), ("AdministratorAccess",)),
        (AB, (f"alpha ({ALPHA})",), ("AdministratorAccess",)),
    ]
    assert change.effect.direction is Direction.BOTH


def test_an_approval_that_is_dropped_is_said_plainly(world: World) -> None:
    change = plan(world, POLICY.split("    approval:")[0]).changed[0]
    assert change.effect.leeway.widens == ("approval is no longer needed",)
    assert (change.effect.gains, change.effect.direction) == ((), Direction.WIDENS)


def test_what_is_added_and_removed_says_who_gains_and_loses_it(world: World) -> None:
    found = plan(world, POLICY.replace("name: admin", "name: administer"))
    assert (
        told(found.added[0]) == told(found.removed[0], "losses") == [(AB, ACCOUNTS, ("AdministratorAccess",))]
    )
    assert found.added[0].effect.direction is Direction.WIDENS
    assert found.removed[0].effect.direction is Direction.NARROWS


def test_a_description_changes_nothing_for_anybody(world: World) -> None:
    change = changed(world, "  - name: read\n", "  - name: read\n    description: Look\n")
    assert change.effect.direction is Direction.NEITHER


@pytest.mark.parametrize(("count", "named"), [(10, 2), (1_500, 1)])
def test_a_plan_of_very_much_counts_all_and_names_fewer(world: World, count: int, named: int) -> None:
    more = "".join(ADMINISTER.replace("name: admin", f"name: a{n}") for n in range(count))
    found = plan(world, POLICY + more)
    assert len(found.added) == count
    principals = found.added[0].effect.gains[0].principals
    assert (principals.count, len(principals.names)) == (2, named)


RULES = {
    "a group": "requesters: {groups: [ENGINEERS]}\n    accounts: {all: true}",
    "a user": "requesters: {users: [Erin@Example.com]}\n    accounts: {organizational_units: [Workloads]}",
    "nobody known": "requesters: {groups: [ghosts]}\n    accounts: {all: true}",
    "a tag": "requesters: {groups: [leads, security]}\n    accounts: {tags: {env: prod}}",
    "but one": 'requesters: {groups: [leads]}\n    accounts: {all: true, except: ["111111111111"]}',
}


@pytest.mark.parametrize("which", RULES)
def test_a_reach_is_what_the_rules_say_of_everybody_and_everything(world: World, which: str) -> None:
    source = f"""
trusted_tags: [env]
entitlements:
  - name: one
    {RULES[which]}
    permission_sets: {{patterns: ["*Access"]}}
    duration: {{default: PT1H, maximum: PT1H}}
"""
    (rule,) = documents.parse(source, file="entitlements.yaml").entitlements
    with world.store.reading() as session:
        ground = Ground.load(session)
    people = (world.person(name).person for name in ("alice", "bob", "carol", "dave", "erin"))
    reach = ground.reach(rule)
    assert reach.principals == {one.id for one in people if one and rule.requesters.include(one)}
    assert reach.accounts == {one.id for one in ground.estate.accounts if rule.accounts.include(one)}
    assert {ALPHA, BETA} >= reach.accounts


def test_what_hangs_on_a_removed_entitlement_is_counted(world: World) -> None:
    grant = begun(world)
    world.submit(world.person("bob"))
    (change,) = plan(world, WITHOUT_ADMIN).removed
    assert (change.held.live_grants, change.held.live_until) == (1, grant.ends_at)
    assert (change.held.scheduled_grants, change.held.pending_requests) == (0, 1)


def test_live_grants_of_a_removed_entitlement_run_to_their_end(world: World) -> None:
    grant = begun(world)
    applied = apply(world, WITHOUT_ADMIN)
    assert (applied.grants_ended, applied.grants_left, applied.grants_left_until) == (0, 1, grant.ends_at)
    assert now(world, grant).revoked_at is None


def test_they_are_ended_in_the_same_transaction_where_that_is_wanted(world: World) -> None:
    live, other = begun(world), world.submit(world.person("bob"), asking((ALPHA, "ReadOnlyAccess")))
    ahead = world.clock.now() + timedelta(days=1)
    world.approved(submission=asking((BETA, "AdministratorAccess"), starts_at=ahead))
    applied = apply(world, WITHOUT_ADMIN, end_grants=True)
    assert (applied.version, applied.grants_ended, applied.grants_left) == (2, 2, 0)
    ended = now(world, live)
    assert (ended.revoked_at, ended.revoke_reason) == (world.clock.now(), EndReason.ELIGIBILITY_LOST)
    assert "version 2" in (ended.revoke_comment or "")
    assert now(world, world.granted(other)[0]).revoked_at is None
    assert world.events()[-3:].count("entitlements.applied") == 1
    assert world.events()[-3:].count("grant.revoked") == 2


def test_grants_of_a_changed_entitlement_are_not_ended_with_it(world: World) -> None:
    grant = begun(world)
    applied = apply(world, POLICY.replace("maximum: PT4H", "maximum: PT1H"), end_grants=True)
    assert applied.grants_ended == 0
    assert now(world, grant).revoked_at is None


def end_more(world: World, applied: Applied) -> Applied:
    with world.store.writing() as session:
        return entitlements.end_more(session, ADMIN, applied, now=world.clock.now())


def test_what_was_approved_beside_is_ended_when_the_version_is_committed(world: World) -> None:
    grant, applied = begun(world), apply(world, WITHOUT_ADMIN)
    assert (applied.grants_ended, end_more(world, applied).grants_ended) == (0, 1)
    assert now(world, grant).revoke_reason is EndReason.ELIGIBILITY_LOST


def test_what_a_later_version_has_again_is_not_ended(world: World) -> None:
    grant, applied = begun(world), apply(world, WITHOUT_ADMIN)
    apply(world, POLICY)
    assert end_more(world, applied).grants_ended == 0
    assert now(world, grant).revoked_at is None


def test_live_grants_that_a_narrower_rule_ends_are_counted(world: World) -> None:
    begun(world)
    elsewhere = POLICY.replace('["111111111111", "222222222222"]', '["222222222222"]')
    keeping, ending = (
        plan(world, f"{elsewhere}    on_eligibility_lost: {which}\n").changed[0] for which in ("keep", "end")
    )
    assert (keeping.lost_grants, ending.lost_grants) == (0, 1)


def test_nobody_can_approve_what_waits_under_a_removed_entitlement(world: World) -> None:
    request = world.submit(world.person("alice"))
    assert apply(world, WITHOUT_ADMIN).requests_left == 1
    carol = world.person("carol")
    with world.refusing(NotEligible):
        world.decide(carol, request)
    assert world.request(request).state is RequestState.PENDING


def test_scheduled_grants_that_a_narrower_rule_voids_are_counted(world: World) -> None:
    ahead = world.clock.now() + timedelta(days=1)
    world.approved(submission=asking(starts_at=ahead))
    world.approved(submission=asking((BETA, "AdministratorAccess"), starts_at=ahead))
    narrower = changed(world, '["111111111111", "222222222222"]', '["111111111111"]')
    assert (narrower.held.scheduled_grants, narrower.void_grants) == (2, 1)
    assert changed(world, "minimum_length: 5", "minimum_length: 6").void_grants == 0
    assert plan(world, WITHOUT_ADMIN).removed[0].void_grants == 2


def test_strict_refuses_what_is_odd_and_names_all_of_it(world: World) -> None:
    odd = POLICY.replace("[engineers]", "[engineers, ghosts]")
    assert len(plan(world, odd).warnings) >= 2
    with world.refusing(EntitlementsInvalid) as refused:
        plan(world, odd, strict=True)
    named = [error.message for error in refused.value.errors]
    assert named == list(plan(world, odd).warnings)


def file(tmp_path: Path, source: str) -> Path:
    path = tmp_path / "entitlements.yaml"
    path.write_text(source)
    return path


def start(world: World, path: Path) -> None:
    with world.store.writing() as session:
        entitlements.apply_file(session, path, strict=True, now=world.clock.now())


def test_a_strict_start_refuses_an_odd_file_unless_it_is_in_force(world: World, tmp_path: Path) -> None:
    path = file(tmp_path, POLICY.replace("[engineers]", "[engineers, ghosts]"))
    with world.refusing(EntitlementsInvalid):
        start(world, path)
    world.apply(path.read_text())
    start(world, path)


def test_before_the_first_look_at_aws_a_strict_start_refuses_nothing(world: World, tmp_path: Path) -> None:
    with world.store.writing() as session:
        session.get_one(CatalogueSync, "catalogue").completed_at = None
    start(world, file(tmp_path, WITHOUT_READ))
    with world.store.reading() as session:
        assert planning.latest(session).version == 2


def test_a_version_that_cannot_be_read_can_be_replaced(world: World) -> None:
    world.apply_document({"entitlements": [{"name": "broken"}]}, digest="sha256:other")
    found = plan(world, POLICY)
    assert [change.name for change in found.added] == ["admin", "read"]
    assert apply(world, POLICY).version == 3


def test_applying_what_is_in_force_makes_no_version(world: World) -> None:
    assert apply(world, f"# the same\n{POLICY}", end_grants=True).version == 1
    with world.store.reading() as session:
        assert session.get(EntitlementVersion, 2) is None
