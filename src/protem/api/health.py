"""For load balancers and monitoring: whether this process lives, can serve, and what it measures."""

from typing import Any

from fastapi import APIRouter
from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import Response

from protem.api import operations, refusals
from protem.api.calls import AnyServices
from protem.api.schemas.health import Alive, Ready
from protem.db import migrate
from protem.db.store import Store

router = APIRouter(tags=["health"])


@router.get("/healthz", operation_id="healthz")
async def healthz() -> Alive:
    """Say that the process runs; asks nothing of the database."""
    return Alive(status="ok")


@router.get(
    "/readyz",
    operation_id="readyz",
    responses=operations.responses(refusals.NotReady, refusals.DatabaseUnavailable),
)
def readyz(services: AnyServices) -> Ready:
    """Say whether this replica can serve: the database answers, with the schema of this version.

    What is overdue in AWS never makes it unready: revoking has to stay possible just then.
    """
    _require_database(services.store)
    return Ready(status="ready", reconciler=_facts(services.health()))


@router.get(
    "/metrics",
    operation_id="metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}}},
)
def metrics(services: AnyServices) -> Response:
    """Give the Prometheus metrics of this process."""
    return Response(generate_latest(services.metrics), headers={"Content-Type": CONTENT_TYPE_LATEST})


def _require_database(store: Store) -> None:
    try:
        migrate.require_current(store.engine)
    except migrate.SchemaOutdatedError as error:
        raise refusals.NotReady(str(error)) from None
    except SQLAlchemyError:
        raise refusals.NotReady("the database does not answer") from None


def _facts(health: Any) -> dict[str, Any] | None:
    return None if health is None else dict(health)
