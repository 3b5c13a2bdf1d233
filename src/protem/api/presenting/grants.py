"""How grants are shown."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from protem.api.calls import Turn
from protem.api.presenting.people import Names
from protem.api.schemas import grants as schemas
from protem.api.schemas.assignments import trouble
from protem.api.schemas.references import Target
from protem.broker import extensions, foresight, grants, locks, policy
from protem.db.models import Assignment, Grant, Request
from protem.domain.entitlements import Policy

Row = TypeVar("Row", Request, Assignment)


def one(turn: Turn, row: Grant) -> schemas.Grant:
    return many(turn, [row])[0]


def page(turn: Turn, rows: Sequence[Grant]) -> list[schemas.Grant]:
    """Show a page, as the last that is done in a transaction that only reads."""
    asked = _by_id(turn.session, Request, (row.request_id for row in rows)).values()
    foresight.look(turn.session, turn.caller.person, asked, locks=locks.holding(turn.session, turn.now))
    return many(turn, rows)


def many(turn: Turn, rows: Sequence[Grant]) -> list[schemas.Grant]:
    around = _Around(
        asked=_by_id(turn.session, Request, (row.request_id for row in rows)),
        held=_by_id(turn.session, Assignment, (row.assignment_id for row in rows)),
        names=Names.of(turn.session, (row.principal_id for row in rows)),
        pending=extensions.pending(turn.session, (row.id for row in rows), now=turn.now),
        rules=policy.current(turn.session),
    )
    return [_grant(turn, row, around) for row in rows]


@dataclass(frozen=True, slots=True)
class _Around:
    """What belongs to many grants, read at once."""

    asked: Mapping[uuid.UUID, Request]
    held: Mapping[uuid.UUID, Assignment]
    names: Names
    pending: Mapping[uuid.UUID, Request]
    """The requests to extend them, by the ids of the grants."""
    rules: Policy


def _by_id(session: Session, model: type[Row], ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Row]:
    return {row.id: row for row in session.scalars(select(model).where(model.id.in_(set(ids))))}


def _grant(turn: Turn, row: Grant, around: _Around) -> schemas.Grant:
    asked, pending = around.asked[row.request_id], around.pending.get(row.id)
    target = Target.of(asked.targets[row.position])
    return schemas.Grant(
        id=row.id,
        request_id=row.request_id,
        state=row.state,
        principal=around.names.person(row.principal_id),
        account=target.account,
        permission_set=target.permission_set,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        revoked_at=row.revoked_at,
        revoked_by=row.revoked_by,
        revoke_comment=row.revoke_comment,
        end_reason=row.end_reason or row.revoke_reason,
        activated_at=row.activated_at,
        ended_at=row.ended_at,
        access_over_at=grants.access_over_at(row, now=turn.now),
        requested_ends_at=row.ends_at + pending.duration if pending else None,
        extension_request_id=pending.id if pending else None,
        extensions=row.extensions,
        extensions_left=extensions.left(around.rules, row, asked),
        failure=_failure(row),
        end_detail=None if row.failure_code else row.failure_detail,
        assignment_id=row.assignment_id,
        last_error=trouble(around.held[row.assignment_id]) if row.owing.live else None,
        actions=list(grants.actions(turn.session, turn.caller, row, now=turn.now)),
    )


def _failure(row: Grant) -> schemas.Failure | None:
    if row.failure_code is None:
        return None
    return schemas.Failure(code=row.failure_code, detail=row.failure_detail or "")
