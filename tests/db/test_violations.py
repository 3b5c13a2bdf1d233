"""A violated constraint is known by the name that the models give it, on both databases."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from protem.db.models import IdempotencyKey, Token, TokenRole, new_id
from protem.db.store import Store
from protem.db.violations import violated
from tests.clocks import ManualClock

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    store = Store(database_url, clock=ManualClock(), agreed_time=False)
    yield store
    store.close()


def token(**values: Any) -> Token:
    given = {
        "name": "slack",
        "role": TokenRole.SERVICE,
        "secret_hash": str(new_id()),
        "scopes": [],
        "created_at": NOW,
        "created_by": "test",
        "expires_at": NOW + timedelta(days=1),
    }
    return Token(**given | values)


def insert(store: Store, rows: Sequence[Any]) -> None:
    with store.writing() as session:
        for row in rows:
            session.add(row)
            session.flush()


def refused(store: Store, *rows: Any) -> str | None:
    """Insert rows, of which the last cannot be."""
    with pytest.raises(IntegrityError) as caught:
        insert(store, rows)
    return violated(caught.value)


def test_a_partial_index_has_a_name(store: Store) -> None:
    assert refused(store, token(), token()) == "uq_tokens_service_name"


def test_a_constraint_of_one_column_has_a_name(store: Store) -> None:
    twice = [token(name=name, secret_hash="same") for name in ("slack", "teams")]
    assert refused(store, *twice) == "uq_tokens_secret_hash"


def test_a_constraint_of_several_columns_has_a_name(store: Store) -> None:
    twice = [IdempotencyKey(caller="a", route="r", key="k", body_digest="", created_at=NOW) for _ in range(2)]
    assert refused(store, *twice) == "uq_idempotency_keys_caller_route_key"


def test_other_violations_have_none(store: Store) -> None:
    assert refused(store, token(principal_id="nobody", role=TokenRole.PERSONAL)) in {
        None,
        "fk_tokens_principal_id",
    }


def test_the_name_of_a_service_is_free_again_once_its_token_is_revoked(store: Store) -> None:
    insert(store, [token(revoked_at=NOW), token(), token(role=TokenRole.ADMIN)])
