"""Emergency stops."""

import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from protem.api.calls import AnyCall, Turn
from protem.api.idempotency import IdempotencyKey, once
from protem.api.operations import operation
from protem.api.paging import AnyPaging
from protem.api.proposing import PROPOSED, waits
from protem.api.refusing import KEYED, NAMING
from protem.api.schemas import locks as schemas
from protem.api.schemas.pages import Page, page
from protem.broker import locking, locks
from protem.broker.proposals import locks as proposals
from protem.domain import errors
from protem.domain.authority import Verb

router = APIRouter()


@router.post(
    "/v1/locks",
    status_code=201,
    response_model=schemas.Lock,
    **operation(
        Verb.LOCKS_CREATE,
        *NAMING,
        errors.UnknownAccount,
        errors.UnknownPermissionSet,
        errors.UnknownEntitlement,
        *KEYED,
        body=True,
    ),
)
def create_lock(call: AnyCall, new: schemas.NewLock, idempotency_key: IdempotencyKey = None) -> Response:
    """Stop one thing, or everything: nothing of it is asked for, approved or begun, and live access ends."""

    def create(turn: Turn) -> schemas.Lock:
        made = locking.create(turn.session, turn.caller, **dict(new), now=turn.now)
        return schemas.Lock.of(made, now=turn.now)

    key = idempotency_key
    return once(call, create, verb=Verb.LOCKS_CREATE, key=key, body=new, status=201, at="/v1/locks")


@router.get("/v1/locks", **operation(Verb.LOCKS_LIST))
def list_locks(
    *,
    call: AnyCall,
    paging: AnyPaging,
    holding: Annotated[bool | None, Query(description="Whether it holds now.")] = None,
) -> Page[schemas.Lock]:
    """List the locks, the newest first, those that hold no longer included."""
    with call.reading() as turn:
        found = locks.list_(turn.session, turn.caller, holding=holding, now=turn.now, paging=paging)
        return page(found, lambda row: schemas.Lock.of(row, now=turn.now))


@router.get("/v1/locks/{lock_id}", **operation(Verb.LOCKS_READ, errors.NotFound))
def read_lock(call: AnyCall, lock_id: uuid.UUID) -> schemas.Lock:
    """Read a lock."""
    with call.reading() as turn:
        return schemas.Lock.of(locks.read(turn.session, turn.caller, lock_id), now=turn.now)


@router.delete(
    "/v1/locks/{lock_id}",
    response_model=schemas.Lock,
    **operation(Verb.LOCKS_LIFT, errors.NotFound, errors.LockOver, others=PROPOSED),
)
def lift_lock(call: AnyCall, lock_id: uuid.UUID) -> Any:
    """Lift a lock: people can ask again; what it ended stays ended. Two admins have to want it."""
    with call.writing() as turn:
        if turn.caller.alone:
            lifetime = call.services.settings.change_lifetime
            change = proposals.propose_lifting(
                turn.session, turn.caller, lock_id, lifetime=lifetime, now=turn.now
            )
            return waits(change)
        return schemas.Lock.of(locking.lift(turn.session, turn.caller, lock_id, now=turn.now), now=turn.now)
