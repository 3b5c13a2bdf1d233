"""How the reconciler is doing, told by whichever process is asked."""

from typing import Annotated

from fastapi import APIRouter, Query

from protem.api.calls import AnyCall
from protem.api.operations import operation
from protem.api.schemas import reconciler as schemas
from protem.broker import reconciling
from protem.domain.authority import Verb

router = APIRouter()


@router.get("/v1/reconciler", **operation(Verb.RECONCILER_READ))
def read_reconciler(
    *,
    call: AnyCall,
    first: Annotated[
        int, Query(ge=0, le=100, description="How many overdue, stuck and blocked endings to show.")
    ] = 20,
) -> schemas.Reconciler:
    """Say who reconciles, what is to be done, and what keeps it from being done; also when nobody does."""
    with call.reading() as turn:
        return schemas.present(reconciling.report(turn.session, turn.caller, first=first, now=turn.now))
