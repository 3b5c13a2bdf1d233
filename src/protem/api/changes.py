"""Changes that wait for a second person."""

import uuid

from fastapi import APIRouter

from protem.api.calls import AnyCall
from protem.api.operations import operation
from protem.api.paging import AnyPaging
from protem.api.presenting import changes as presenting
from protem.api.refusing import CONFIRMING
from protem.api.schemas import changes as schemas
from protem.api.schemas.pages import Page, page
from protem.broker import changes
from protem.db.models import ChangeState
from protem.domain import errors
from protem.domain.authority import Verb

router = APIRouter()


@router.get("/v1/changes", **operation(Verb.CHANGES_LIST))
def list_changes(
    *, call: AnyCall, paging: AnyPaging, state: ChangeState | None = None
) -> Page[schemas.Change]:
    """List what admins proposed and what became of it, the newest first."""
    with call.reading() as turn:
        found = changes.list_(turn.session, turn.caller, state=state, paging=paging)
        return page(found, presenting.brief)


@router.get("/v1/changes/{change_id}", **operation(Verb.CHANGES_READ, errors.NotFound))
def read_change(call: AnyCall, change_id: uuid.UUID) -> schemas.ChangeInFull:
    """Read a change, with what it would do as things are now."""
    with call.reading() as turn:
        found = changes.read(turn.session, turn.caller, change_id)
        return presenting.full(turn, call.services, found)


@router.post("/v1/changes/{change_id}/confirm", **operation(Verb.CHANGES_CONFIRM, *CONFIRMING, body=True))
def confirm_change(call: AnyCall, change_id: uuid.UUID, new: schemas.Answer) -> schemas.Change:
    """Have what another admin proposed take effect now; all its checks are made again."""
    with call.reading() as turn:
        # Reading and comparing entitlements takes seconds at worst, in which nobody else should wait.
        waiting = changes.waiting(turn.session, turn.caller, change_id, now=turn.now)
        planned = presenting.planned(turn, call.services, waiting)
    with call.writing() as turn:
        confirmed = changes.confirm(
            turn.session,
            turn.caller,
            change_id,
            comment=new.comment,
            planned=planned,
            admission=call.services.admission,
            now=turn.now,
        )
    if confirmed.aftermath is not None:
        with call.writing() as turn:
            confirmed.aftermath(turn.session, turn.now)
    return presenting.brief(confirmed.change)


@router.post(
    "/v1/changes/{change_id}/reject",
    **operation(Verb.CHANGES_REJECT, errors.NotFound, errors.ChangeOver, body=True),
)
def reject_change(call: AnyCall, change_id: uuid.UUID, new: schemas.Answer) -> schemas.Change:
    """Have it never take effect; whoever proposed it withdraws it so."""
    with call.writing() as turn:
        rejected = changes.reject(turn.session, turn.caller, change_id, comment=new.comment, now=turn.now)
        return presenting.brief(rejected)
