"""How requests are shown."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from protem.api.calls import Turn
from protem.api.presenting.people import Names
from protem.api.schemas import requests as schemas
from protem.api.schemas.references import Target
from protem.broker import extensions, foresight, grants, locks, questions, requests, reviews
from protem.db.models import Decision, Grant, Request, Review
from protem.domain.approvals import missing
from protem.domain.lifecycle import RequestState
from protem.domain.steps import Step


def one(turn: Turn, row: Request) -> schemas.Request:
    return many(turn, [row])[0]


def page(turn: Turn, rows: Sequence[Request]) -> list[schemas.Request]:
    """Show a page, as the last that is done in a transaction that only reads."""
    foresight.look(turn.session, turn.caller.person, rows, locks=locks.holding(turn.session, turn.now))
    return many(turn, rows)


def many(turn: Turn, rows: Sequence[Request]) -> list[schemas.Request]:
    around = _Around(
        names=Names.of(turn.session, (person for row in rows for person in _people(row))),
        granted=grants.of_requests(turn.session, [row.id for row in rows]),
        reviewed=reviews.of_requests(turn.session, [row.id for row in rows]),
        wished=extensions.wished(turn.session, rows, now=turn.now),
    )
    return [_request(turn, row, around) for row in rows]


@dataclass(frozen=True, slots=True)
class _Around:
    """What belongs to many requests, read at once, by their ids."""

    names: Names
    granted: Mapping[uuid.UUID, Sequence[Grant]]
    reviewed: Mapping[uuid.UUID, Review]
    wished: Mapping[uuid.UUID, datetime]
    """The ends that pending extensions ask for."""


def _people(row: Request) -> Iterator[str]:
    yield row.requester_id
    yield row.beneficiary_id
    yield from (decision.approver_id for decision in row.decisions)


def _request(turn: Turn, row: Request, around: _Around) -> schemas.Request:
    names = around.names
    return schemas.Request(
        id=row.id,
        state=requests.state_at(row, turn.now),
        requester=names.person(row.requester_id),
        beneficiary=names.person(row.beneficiary_id),
        via=names.service(row.via_token_id),
        entitlement=schemas.EntitlementVersion(name=row.entitlement, version=row.entitlement_version),
        targets=[Target.of(target) for target in row.targets],
        duration=row.duration,
        justification=row.justification,
        ticket=row.ticket,
        starts_at=row.starts_at,
        extends_grant_id=row.extends_grant_id,
        requested_ends_at=around.wished.get(row.id),
        break_glass=_broken(around.reviewed.get(row.id)),
        created_at=row.created_at,
        expires_at=row.expires_at,
        answered_at=row.answered_at,
        digest=row.digest,
        decisions=[_decision(decision, names) for decision in row.decisions],
        waiting_for=_waiting_for(turn, row),
        grants=[_grant(grant) for grant in around.granted.get(row.id, ())],
        actions=list(requests.actions(turn.session, turn.caller, row, now=turn.now)),
    )


def _broken(review: Review | None) -> schemas.BrokenGlass | None:
    if review is None:
        return None
    return schemas.BrokenGlass(review_id=review.id, open=review.closed_at is None)


def _decision(row: Decision, names: Names) -> schemas.Decision:
    return schemas.Decision(
        approver=names.person(row.approver_id),
        decision=row.answer,
        comment=row.comment,
        duration=row.duration,
        decided_at=row.decided_at,
        via=names.service(row.via_token_id),
    )


def _waiting_for(turn: Turn, row: Request) -> list[schemas.Step]:
    question = questions.question(turn.session, row)
    if question is None or requests.state_at(row, turn.now) is not RequestState.PENDING:
        return []
    steps = questions.steps_needed(turn.session, row, now=turn.now)
    wanting = missing(steps, questions.casts(row))
    return [_step(step, wanting[step.name]) for step in steps if step.name in wanting]


def _step(step: Step, missing_people: int) -> schemas.Step:
    people = step.approvers
    return schemas.Step(
        name=step.name,
        required=step.required,
        missing=missing_people,
        users=list(people.users),
        groups=list(people.groups),
    )


def _grant(row: Grant) -> schemas.GrantOfRequest:
    return schemas.GrantOfRequest(
        id=row.id,
        target=row.position,
        state=row.state,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        end_reason=row.end_reason or row.revoke_reason,
    )
