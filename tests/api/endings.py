"""Grants that are over and on record, in a world without a reconciler."""

from sqlalchemy import select

from protem.broker.record import sealing
from protem.db.models import Assignment, Grant, Request
from protem.reconciler import settle
from protem.reconciler.settle import Hold
from tests.api.applications import Api
from tests.broker.worlds import World


def over(world: World, request: Request) -> Grant:
    """Return what came of a request, given back before it began, and sealed."""
    (grant,) = world.granted(request)
    world.revoke(world.person("alice"), grant)
    with world.store.writing() as session:
        row = session.scalars(select(Assignment).where(Assignment.id == grant.assignment_id)).one()
        settle.by_time(Hold(session, row, world.clock.now()), why_not=lambda *_: None)
    seal(world)
    return world.grant(grant)


def seal(world: World) -> None:
    with world.store.writing() as session:
        sealing.seal(session)


def receipt_path(api: Api, request: Request) -> str:
    return f"/v1/grants/{over(api.world, request).id}/receipt"
