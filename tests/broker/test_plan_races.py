"""Applying while others ask and approve, with real connections at the same time."""

import pytest
from sqlalchemy import select

from protem.broker import documents, entitlements
from protem.broker.activation import why_not
from protem.broker.entitlements import Applied
from protem.db.models import EntitlementVersion, Grant, Request
from tests.broker.racing import at_once
from tests.broker.worlds import ADMIN, POLICY, World

WITHOUT_ADMIN = POLICY.split("  - name: admin")[0]
ROUNDS = range(5)


def apply(world: World, source: str) -> Applied:
    now = world.clock.now()
    with world.store.reading() as session:
        document = documents.parse(source, file="entitlements.yaml")
        planned = entitlements.plan(session, ADMIN, document, now=now)
    with world.store.writing() as session:
        applied = entitlements.apply(session, ADMIN, planned, base_version=1, end_grants=True, now=now)
    with world.store.writing() as session:
        return entitlements.end_more(session, ADMIN, applied, now=now)


@pytest.mark.parametrize("round_", ROUNDS)
def test_a_request_remembers_a_version_that_was_in_force(world: World, round_: int) -> None:
    alice = world.person("alice")
    longer = POLICY.replace("maximum: PT4H", f"maximum: PT{5 + round_}H")
    asked, applied = at_once(lambda: world.submit(alice), lambda: apply(world, longer))
    assert isinstance(applied, Applied)
    with world.store.reading() as session:
        known = set(session.scalars(select(EntitlementVersion.version)))
        remembered = set(session.scalars(select(Request.entitlement_version)))
    assert known == {1, 2}
    assert remembered == {asked.entitlement_version} <= known


@pytest.mark.parametrize("round_", ROUNDS)
def test_nothing_that_is_approved_beside_outlives_what_gave_it(world: World, round_: int) -> None:
    request, carol = world.submit(world.person("alice")), world.person("carol")
    _, applied = at_once(lambda: world.decide(carol, request), lambda: apply(world, WITHOUT_ADMIN))
    assert isinstance(applied, Applied)
    with world.store.reading() as session:
        left = [grant for grant in session.scalars(select(Grant)) if grant.revoked_at is None]
        latest = session.scalars(
            select(EntitlementVersion.version).order_by(EntitlementVersion.version.desc())
        )
        assert latest.first() == 2
    # One that was committed after all of this has yet to begin, and does not: what gave it is gone.
    for grant in left:
        with world.store.reading() as session:
            assert why_not(session, grant, world.clock.now()) is not None
