"""Who the API takes you for."""

from fastapi import APIRouter

from protem.api.calls import AnyCall, Turn
from protem.api.operations import operation
from protem.api.schemas.me import Me
from protem.broker import offers
from protem.domain.authority import Relation, Verb, may

router = APIRouter()


@router.get("/v1/me", **operation(Verb.ME_READ))
def read_me(call: AnyCall) -> Me:
    """Say who you are here, and what is open to you."""
    with call.reading() as turn:
        turn.caller.require(Verb.ME_READ)
        return Me.of(turn.caller, _open(turn))


def _open(turn: Turn) -> frozenset[Verb]:
    caller, possible = turn.caller, set(turn.caller.relations | offers.relations(turn.session, turn.caller))
    if Relation.REQUESTER in possible:
        possible.add(Relation.BENEFICIARY)
    if Relation.REQUESTER_FOR in possible:
        possible.add(Relation.REQUESTER)
    if Relation.SERVICE in possible:
        possible.add(Relation.SUBMITTER)
    if caller.token_id is not None:
        possible.add(Relation.TOKEN)
    return frozenset(verb for verb in Verb if caller.in_scope(verb) and may(verb, frozenset(possible)))
