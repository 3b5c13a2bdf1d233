"""What a caller may see, one by one and in lists, and how they stand to it."""

import uuid
from collections.abc import Iterable

from sqlalchemy import ColumnElement, Select, bindparam, exists, false, or_, select, true
from sqlalchemy.orm import Session

from protem.broker import foresight, texts, walks
from protem.broker.callers import Caller
from protem.broker.history import remains
from protem.broker.walks import Way
from protem.db.models import Grant, Involved, Involvement, PrunedKind, Request, Token, TokenRole
from protem.domain.authority import Relation, Verb, may
from protem.domain.catalogue import Person

_INVOLVED = (
    select(Involved.relation)
    .where(
        Involved.request_id == bindparam("request"),
        Involved.handle.in_(bindparam("handles", expanding=True)),
    )
    .distinct()
)


def relations_to(session: Session, caller: Caller, request: Request) -> frozenset[Relation]:
    """Return how ``caller`` stands to this request, besides what they are anyway."""
    person = caller.person
    if person is None:
        return frozenset({Relation.SUBMITTER} if _came_through(session, caller, request) else ())
    own = {
        Relation.REQUESTER: person.id == request.requester_id,
        Relation.BENEFICIARY: person.id == request.beneficiary_id,
    }
    involved = _involved(session, person, request)
    return frozenset(
        {relation for relation, holds in own.items() if holds} | {Relation(found.value) for found in involved}
    )


def _involved(session: Session, person: Person, request: Request) -> Iterable[Involvement]:
    known = foresight.of(session)
    if known is not None and known.person_id == person.id and request.id in known.requests:
        return known.involved[request.id]
    return session.scalars(_INVOLVED, {"request": request.id, "handles": list(person.handles)})


def request(session: Session, caller: Caller, request_id: uuid.UUID, *, locked: bool = False) -> Request:
    """Return a request that ``caller`` may see; ``locked`` keeps it from changing under a command.

    Raises ``NotFound`` for what is not theirs to see as for what is not there.
    """
    wanted = select(Request).where(Request.id == request_id).execution_options(populate_existing=True)
    found = session.scalars(wanted.with_for_update() if locked else wanted).one_or_none()
    if found is None or not _sees(session, caller, found, Verb.REQUESTS_READ):
        raise remains.absence(session, caller, PrunedKind.REQUEST, request_id, Verb.REQUESTS_READ)
    return found


def grant(session: Session, caller: Caller, grant_id: uuid.UUID) -> tuple[Grant, Request]:
    """Return a grant that ``caller`` may see, with its request; else raises ``NotFound``."""
    found = session.get(Grant, grant_id, populate_existing=True)
    asked = session.get(Request, found.request_id) if found else None
    if found is None or asked is None or not _sees(session, caller, asked, Verb.GRANTS_READ):
        raise remains.absence(session, caller, PrunedKind.GRANT, grant_id, Verb.GRANTS_READ)
    return found, asked


def visible_requests(caller: Caller, verb: Verb = Verb.REQUESTS_READ) -> ColumnElement[bool]:
    """Return the condition that holds for exactly the requests that ``caller`` may read.

    ``verb`` is what is done to what belongs to them, such as reading their grants.
    """
    if may(verb, caller.relations):
        return true()
    if caller.person is None:
        return Request.via_token_id.in_(_tokens_of(caller))
    return or_(own_requests(caller.person), involving(caller.person))


def own_requests(person: Person) -> ColumnElement[bool]:
    """Return the condition for what a person asked for, or what is for them."""
    return or_(Request.requester_id == person.id, Request.beneficiary_id == person.id)


def involving(person: Person, *relations: Involvement) -> ColumnElement[bool]:
    """Return the condition for requests that this person could decide about, or has to review."""
    # For each request by itself: some groups are involved in nearly all that there ever were.
    return exists().where(
        Involved.request_id == Request.id,
        Involved.handle.in_(person.handles),
        Involved.relation.in_(relations or [*Involvement]),
    )


def related(caller: Caller, relation: Relation) -> ColumnElement[bool]:
    """Return the condition for requests to which ``caller`` stands in this one relation."""
    if caller.person is None:
        return false()
    match relation:
        case Relation.REQUESTER:
            return Request.requester_id == caller.person.id
        case Relation.BENEFICIARY:
            return Request.beneficiary_id == caller.person.id
        case Relation.APPROVER | Relation.REVIEWER:
            return involving(caller.person, Involvement(relation.value))
        case _:
            raise texts.refused("relation", "this is requester, beneficiary, approver or reviewer")


def ways(
    session: Session, caller: Caller, *, verb: Verb, relation: Relation | None = None
) -> list[Way] | None:
    """Return the ways to all that ``visible_requests`` and ``related`` hold for; None means to everything."""
    person = caller.person
    if relation is None and may(verb, caller.relations):
        return None
    if person is None:
        bots = () if relation else session.scalars(_tokens_of(caller)).all()
        return [walks.by_request(Request.via_token_id == token_id) for token_id in bots]
    own = {
        Relation.REQUESTER: walks.by_request(Request.requester_id == person.id),
        Relation.BENEFICIARY: walks.by_request(Request.beneficiary_id == person.id),
    }
    if relation is None:
        return [*own.values(), *(walks.by_handle(handle, *Involvement) for handle in sorted(person.handles))]
    if relation in own:
        return [own[relation]]
    related(caller, relation)  # refuses what is none
    return [walks.by_handle(handle, Involvement(relation.value)) for handle in sorted(person.handles)]


def _sees(session: Session, caller: Caller, request: Request, verb: Verb) -> bool:
    return may(verb, caller.relations | relations_to(session, caller, request))


def _came_through(session: Session, caller: Caller, request: Request) -> bool:
    if caller.role is not TokenRole.SERVICE or request.via_token_id is None:
        return False
    return session.scalars(_tokens_of(caller).where(Token.id == request.via_token_id)).first() is not None


def _tokens_of(caller: Caller) -> Select[uuid.UUID]:
    # By name, as entitlements know services: a renewed token belongs to the same one.
    return select(Token.id).where(Token.role == TokenRole.SERVICE, Token.name == caller.name)
