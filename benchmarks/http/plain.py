"""The service to compare with: Flask and SQLAlchemy's ORM, as others of this kind are made.

It validates a body and inserts two rows in one durable transaction. It knows nobody who calls, no
entitlements, no keys that come twice, and keeps no record.
"""

import os
import uuid
from datetime import UTC, datetime
from typing import Annotated, Any

from flask import Flask, Response, jsonify, request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from protem.db import engine as engines
from protem.db.models import new_id

DATABASE = "PLAIN_DATABASE_URL"
THREADS = 16
_PAGE = 50


class Base(DeclarativeBase):
    pass


class Asked(Base):
    __tablename__ = "plain_requests"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    requester: Mapped[str] = mapped_column(String(256), index=True)
    account: Mapped[str] = mapped_column(String(12))
    permission_set: Mapped[str] = mapped_column(String(64))
    justification: Mapped[str]
    state: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime]

    def shown(self) -> dict[str, Any]:
        return {column.key: str(getattr(self, column.key)) for column in self.__table__.columns}


class Event(Base):
    __tablename__ = "plain_events"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    request_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("plain_requests.id"))
    type: Mapped[str] = mapped_column(String(64))
    occurred_at: Mapped[datetime]


class Wanted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    requester: Annotated[str, Field(max_length=256)]
    account: Annotated[str, Field(pattern=r"^\d{12}$")]
    permission_set: Annotated[str, Field(max_length=64)]
    justification: Annotated[str, Field(min_length=1, max_length=2_000)]


def create() -> Flask:
    """Return the application, on the database that the environment names."""
    app = Flask(__name__)
    engine = engines.create(os.environ[DATABASE], pool_size=THREADS)
    writing = engine.execution_options(**{engines.WRITES: True})
    Base.metadata.create_all(writing)

    @app.post("/requests")
    def submit() -> tuple[Response, int]:
        try:
            wanted = Wanted.model_validate_json(request.get_data())
        except ValidationError as error:
            return jsonify(error.errors(include_url=False)), 422
        now = datetime.now(UTC).replace(tzinfo=None)
        asked = Asked(id=new_id(), state="pending", created_at=now, **wanted.model_dump())
        event = Event(id=new_id(), request_id=asked.id, type="request.submitted", occurred_at=now)
        with Session(writing, expire_on_commit=False) as session, session.begin():
            session.add(asked)
            session.flush()
            session.add(event)
        return jsonify(asked.shown()), 201

    @app.get("/requests/<uuid:request_id>")
    def read(request_id: uuid.UUID) -> tuple[Response, int]:
        with Session(engine) as session:
            asked = session.get(Asked, request_id)
            return (jsonify(asked.shown()), 200) if asked else (jsonify({}), 404)

    @app.get("/requests")
    def listed() -> Response:
        with Session(engine) as session:
            found = session.scalars(select(Asked).order_by(Asked.id.desc()).limit(_PAGE))
            return jsonify([asked.shown() for asked in found])

    return app
