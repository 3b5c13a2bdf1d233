"""Dialects whose engines share what they have compiled: each test has an engine of its own."""

from typing import Any

from sqlalchemy import Engine
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

_STATEMENTS = 4000


class _Shared:
    """Compares by its class: that is what compiled statements are kept under."""

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self))


class Sqlite(_Shared, SQLiteDialect_pysqlite):
    supports_statement_cache = True
    compiled: Any = LRUCache(_STATEMENTS)

    @classmethod
    def engine_created(cls, engine: Engine) -> None:
        engine.update_execution_options(compiled_cache=cls.compiled)


class Postgresql(_Shared, PGDialect_psycopg):
    supports_statement_cache = True
    compiled: Any = LRUCache(_STATEMENTS)

    @classmethod
    def engine_created(cls, engine: Engine) -> None:
        engine.update_execution_options(compiled_cache=cls.compiled)


def install() -> None:
    """Have every engine of this process made with them."""
    registry.register("sqlite.pysqlite", __name__, Sqlite.__name__)
    registry.register("postgresql.psycopg", __name__, Postgresql.__name__)
