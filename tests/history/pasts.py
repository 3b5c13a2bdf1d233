"""Worlds with a past, what the API answers about it, and the files that it goes into."""

import gzip
import json
import uuid
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from protem.db.models import (
    Assignment,
    Change,
    Decision,
    Grant,
    Involved,
    Request,
    Review,
    Table,
    Target,
    TokenRole,
)
from protem.db.store import Store
from protem.retaining import Retaining
from tests.api.applications import Api, Client
from tests.broker.worlds import World as Brokerage
from tests.reconciler.lives import Lives

DAY = 86_400
NOTHING = dict.fromkeys(
    ("requests", "targets", "involved", "decisions", "grants", "reviews", "assignments", "changes"), 0
)
KEPT = timedelta(days=90)
TABLES: tuple[type[Table], ...] = (
    *(Request, Target, Involved, Decision, Grant, Review),
    *(Assignment, Change),
)


def retaining(
    lives: Lives, directory: Path, *, store: Store | None = None, kept: timedelta = KEPT
) -> Retaining:
    return Retaining(store or lives.store, directory, kept_for=kept, going_on=lambda: True)


def let_go(lives: Lives, directory: Path, *, kept: timedelta = KEPT) -> None:
    retaining(lives, directory, kept=kept).let_go()


def auditor(lives: Lives) -> Client:
    """Return somebody who reads everything over HTTP."""
    api = Api(cast("Brokerage", lives))  # it needs a store and a clock, and has both
    api.parts.signing_key = lives.key
    return api.auditor()


def person(lives: Lives, name: str) -> Client:
    api = Api(cast("Brokerage", lives))
    api.parts.signing_key = lives.key
    return Client(api.http, api.bearer(name, role=TokenRole.PERSONAL, user=f"{name}@example.com"))


def files(directory: Path) -> list[Path]:
    return sorted(directory.glob("history-*.jsonl.gz"))


def lines(directory: Path) -> list[dict[str, Any]]:
    """Return what all files hold, in the order of their names."""
    return [json.loads(line) for path in files(directory) for line in gzip.open(path)]


def things(directory: Path, kind: str) -> dict[str, dict[str, Any]]:
    return {line["id"]: line for line in lines(directory) if line["kind"] == kind}


def counted(lives: Lives) -> dict[str, int]:
    """Return how many rows of each kind there are."""
    with lives.store.reading() as session:
        return {
            table.__tablename__: session.scalars(select(func.count()).select_from(table)).one()
            for table in TABLES
        }


def written(answer: Mapping[str, Any]) -> bytes:
    """Return an answer as the API sends it."""
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode()


def request_of(lives: Lives, grant_id: uuid.UUID) -> uuid.UUID:
    return lives.read(grant_id).request_id


def lived(lives: Lives) -> uuid.UUID:
    """Return a grant that was approved, extended, ended, and confirmed absent, a hundred days ago."""
    grant_id = lives.given(minutes=5)
    lives.run(10)
    lives.lengthen(grant_id)
    lives.run(DAY / 8, longest=900)
    return grant_id


def everything(lives: Lives, table: type[Grant]) -> list[Grant]:
    with lives.store.reading() as session:
        return list(session.scalars(select(table)))


def refused(lives: Lives, statement: str, message: str) -> None:
    with pytest.raises(DBAPIError, match=message), lives.store.writing() as session:
        session.execute(text(statement))
