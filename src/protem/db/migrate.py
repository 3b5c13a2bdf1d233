"""Bring a database to the schema that this version of the code expects."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from protem.db import engine as engines
from protem.db import privileges

_LOCK = 7_076_841_733
"""An advisory lock of our own, so that two replicas that start together migrate one after the other."""


class SchemaOutdatedError(RuntimeError):
    """The database is not at the schema that this version of the code expects."""


def upgrade(url: str, *, to: str = "head", serving_role: str | None = None) -> tuple[str | None, str]:
    """Apply every migration that is missing up to ``to``; return the revisions before and after.

    ``serving_role`` is to serve from now on, as do those that served before. Raises ``RoleRefused``.
    """
    engine = engines.create(url, pool_size=1)
    try:
        with engine.connect() as connection, _alone(connection):
            before = _revision(connection)
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, to)
            if to == "head":
                _confine(connection, serving_role)
            return before, _head() if to == "head" else to
    finally:
        engine.dispose()


def require_current(engine: Engine) -> None:
    """Raise ``SchemaOutdatedError`` unless the schema is the one that this code expects."""
    with engine.connect() as connection:
        revision = _revision(connection)
    if revision != _head():
        found = f"at revision {revision}" if revision else "empty"
        message = f"the database is {found}, this version needs {_head()}: run `protem migrate`"
        raise SchemaOutdatedError(message)


@contextmanager
def _alone(connection: Connection) -> Iterator[None]:
    if connection.dialect.name != "postgresql":
        yield
        return
    connection.execute(text("SET lock_timeout = '60s'"))
    connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
    connection.commit()
    try:
        yield
    finally:
        connection.rollback()
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK})
        connection.commit()


def _confine(connection: Connection, serving_role: str | None) -> None:
    connection.rollback()
    with connection.begin():
        privileges.confine_again(connection)
        if serving_role is not None:
            privileges.confine(connection, serving_role)


def _revision(connection: Connection) -> str | None:
    revision = MigrationContext.configure(connection).get_current_revision()
    connection.rollback()
    return revision


def _head() -> str:
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        message = "this installation carries no migrations"
        raise SchemaOutdatedError(message)
    return head


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_scripts()).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _scripts() -> Path:
    """Return the migrations of the wheel, or else those of the checkout."""
    packaged = Path(str(files("protem"))) / "_migrations"
    return packaged if packaged.is_dir() else Path(__file__).parents[3] / "migrations"
