"""The database lets states move exactly as the tables of the domain say, whoever writes."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, NullPool, create_engine, insert, update
from sqlalchemy.exc import DBAPIError

from protem.db import engine as engines
from protem.db.models import (
    Assignment,
    EntitlementVersion,
    Grant,
    Observed,
    Principal,
    Provenance,
    Request,
    new_id,
)
from protem.domain.lifecycle import (
    GRANT_TRANSITIONS,
    REQUEST_TRANSITIONS,
    EndReason,
    GrantState,
    RequestState,
)

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    engine: Engine = create_engine(engines.parse(database_url), poolclass=NullPool)
    with engine.connect() as connection:
        _fill(connection)
        yield connection
        connection.rollback()


def _fill(connection: Connection) -> None:
    connection.execute(
        insert(Principal).values(id="u-1", user_name="alice", user_name_key="alice", display_name="")
    )
    connection.execute(
        insert(EntitlementVersion).values(
            version=1, digest="", document={}, source="", applied_at=NOW, applied_by="test"
        )
    )


def _request(connection: Connection, state: RequestState = RequestState.PENDING) -> Any:
    identifier = new_id()
    connection.execute(
        insert(Request).values(
            id=identifier,
            state=state,
            requester_id="u-1",
            beneficiary_id="u-1",
            entitlement="admin",
            entitlement_version=1,
            digest="",
            duration=timedelta(hours=1),
            justification="",
            created_at=NOW,
            expires_at=NOW,
            answered_at=None if state is RequestState.PENDING else NOW,
        )
    )
    return identifier


def _grant(connection: Connection, state: GrantState = GrantState.SCHEDULED) -> Any:
    identifier, assignment_id = new_id(), new_id()
    connection.execute(
        insert(Assignment).values(
            id=assignment_id,
            instance_arn="arn",
            account_id="1",
            permission_set_arn="arn",
            principal_id=str(assignment_id),
            provenance=Provenance.NONE,
            observed=Observed.UNKNOWN,
            created_at=NOW,
        )
    )
    connection.execute(
        insert(Grant).values(
            id=identifier,
            request_id=_request(connection),
            position=0,
            assignment_id=assignment_id,
            principal_id="u-1",
            account_id="1",
            permission_set_arn="arn",
            session_duration=timedelta(hours=1),
            created_at=NOW,
            starts_at=NOW,
            ends_at=NOW + timedelta(hours=1),
            **_shape(state),
        )
    )
    return identifier


def _shape(state: GrantState) -> dict[str, Any]:
    over = state in {GrantState.ENDED, GrantState.FAILED}
    return {
        "state": state,
        "ended_at": NOW if over else None,
        "end_reason": EndReason.ELAPSED if state is GrantState.ENDED else None,
    }


def _accepts(connection: Connection, statement: Any) -> bool:
    try:
        with connection.begin_nested():
            connection.execute(statement)
    except DBAPIError as error:
        assert "protem:" in str(error.orig)  # noqa: PT017  # by our trigger, and by nothing else
        return False
    return True


def _move_request(connection: Connection, identifier: Any, state: RequestState) -> bool:
    answered_at = None if state is RequestState.PENDING else NOW
    moved = update(Request).where(Request.id == identifier)
    return _accepts(connection, moved.values(state=state, answered_at=answered_at))


def _move_grant(connection: Connection, identifier: Any, state: GrantState) -> bool:
    moved = update(Grant).where(Grant.id == identifier)
    return _accepts(connection, moved.values(**_shape(state)))


def test_requests_move_as_the_table_says(connection: Connection) -> None:
    for state in RequestState:
        for new in RequestState:
            identifier = _request(connection)
            assert state is RequestState.PENDING or _move_request(connection, identifier, state)
            allowed = new in REQUEST_TRANSITIONS[state] | {state}
            assert _move_request(connection, identifier, new) == allowed, (state, new)


PATHS: dict[GrantState, tuple[GrantState, ...]] = {
    GrantState.SCHEDULED: (),
    GrantState.ACTIVATING: (GrantState.ACTIVATING,),
    GrantState.ACTIVE: (GrantState.ACTIVATING, GrantState.ACTIVE),
    GrantState.DEACTIVATING: (GrantState.ACTIVATING, GrantState.DEACTIVATING),
    GrantState.ENDED: (GrantState.ENDED,),
    GrantState.FAILED: (GrantState.ACTIVATING, GrantState.FAILED),
}


def test_grants_move_as_the_table_says(connection: Connection) -> None:
    for state in GrantState:
        for new in GrantState:
            identifier = _grant(connection)
            assert all(_move_grant(connection, identifier, step) for step in PATHS[state])
            allowed = new in GRANT_TRANSITIONS[state] | {state}
            assert _move_grant(connection, identifier, new) == allowed, (state, new)


@pytest.mark.parametrize("state", sorted(set(RequestState) - {RequestState.PENDING}))
def test_no_request_is_born_answered(connection: Connection, state: RequestState) -> None:
    with pytest.raises(DBAPIError, match="requests begin as pending"):
        _request(connection, state)


@pytest.mark.parametrize("state", sorted(set(GrantState) - {GrantState.SCHEDULED}))
def test_no_grant_is_born_active(connection: Connection, state: GrantState) -> None:
    with pytest.raises(DBAPIError, match="grants begin as scheduled"):
        _grant(connection, state)


@pytest.mark.parametrize("value", [None, NOW + timedelta(hours=1)])
def test_a_revocation_is_final(connection: Connection, value: datetime | None) -> None:
    grant = update(Grant).where(Grant.id == _grant(connection))
    assert _accepts(connection, grant.values(revoked_at=NOW))
    assert not _accepts(connection, grant.values(revoked_at=value))
    assert _accepts(connection, grant.values(revoked_at=NOW))
