"""How reviews are shown."""

from collections.abc import Sequence

from sqlalchemy import select

from protem.api.calls import Turn
from protem.api.presenting.people import Names
from protem.api.schemas import reviews as schemas
from protem.api.schemas.references import Target
from protem.broker import reviews
from protem.db.models import Request, Review


def one(turn: Turn, row: Review) -> schemas.Review:
    return many(turn, [row])[0]


def many(turn: Turn, rows: Sequence[Review]) -> list[schemas.Review]:
    of_reviews = select(Request).where(Request.id.in_([row.request_id for row in rows]))
    asked = {request.id: request for request in turn.session.scalars(of_reviews)}
    people = (person for one in asked.values() for person in (one.requester_id, one.beneficiary_id))
    names = Names.of(turn.session, people)
    return [_review(turn, row, asked[row.request_id], names) for row in rows]


def _review(turn: Turn, row: Review, asked: Request, names: Names) -> schemas.Review:
    return schemas.Review(
        id=row.id,
        request_id=row.request_id,
        entitlement=asked.entitlement,
        requester=names.person(asked.requester_id),
        principal=names.person(row.principal_id),
        targets=[Target.of(target) for target in asked.targets],
        justification=asked.justification,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        closed_by=row.closed_by,
        comment=row.comment,
        actions=list(reviews.actions(turn.session, turn.caller, row)),
    )
