"""Policies as they are now, and as they were."""

from protem.broker import documents, policy
from protem.db.models import EntitlementVersion, new_id
from protem.domain.entitlements import Policy
from tests.broker.worlds import POLICY, World


def current(world: World) -> Policy:
    with world.store.reading() as session:
        return policy.current(session)


def version(world: World, number: int) -> Policy:
    with world.store.reading() as session:
        return policy.version(session, number)


def test_the_highest_version_is_in_force(world: World) -> None:
    world.apply(POLICY.replace("name: admin", "name: root"))
    assert current(world).version == 2
    assert current(world).named("root") is not None
    assert version(world, 1).named("root") is None
    assert version(world, 1).named("admin") is not None


def test_before_anything_was_applied_nothing_is_allowed(world: World) -> None:
    with world.store.writing() as session:
        session.delete(session.get_one(EntitlementVersion, 1))
    assert current(world) == Policy()


def test_a_version_that_is_missing_or_unreadable_allows_nothing(world: World) -> None:
    world.apply_document({"entitlements": [{"name": "admin"}]}, digest="sha256:broken")
    assert version(world, 2).entitlements == ()
    assert current(world).entitlements == ()
    assert version(world, 99).entitlements == ()


def test_a_document_that_was_changed_after_it_was_applied_allows_nothing(world: World) -> None:
    name = f"admin-{new_id().hex}"  # one that no test of this process has read before
    world.apply(POLICY.replace("name: admin", f"name: {name}"))
    with world.store.writing() as session:
        row = session.get_one(EntitlementVersion, 2)
        applied = row.document
        row.document = documents.parse(POLICY, file="entitlements.yaml").normal
    assert current(world).entitlements == ()
    with world.store.writing() as session:
        session.get_one(EntitlementVersion, 2).document = applied
    assert current(world).named(name) is not None


def test_a_parsed_policy_is_not_parsed_again(world: World) -> None:
    assert current(world) is current(world)
    assert version(world, 1) is current(world)


def test_more_versions_than_are_kept_can_still_be_read(world: World) -> None:
    for number in range(70):
        world.apply(POLICY.replace("PT24H", f"PT{number + 1}H"))
    assert all(version(world, number).named("admin") for number in range(1, 72))
    assert current(world).version == 71
