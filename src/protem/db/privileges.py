"""What the role that serves may do to the database: its work, and nothing to what is on record.

On PostgreSQL the role that migrates owns everything; another one serves. SQLite knows no roles.
"""

from collections.abc import Iterator

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from protem.db.models import Table

ONLY_ADDED = frozenset(
    {"audit_events", "seals", "checkpoints", "dropped_segments", "history_exports", "pruned"}
)

_PURGE = "protem_purge_dropped(integer)"
_SPECIAL = {
    **dict.fromkeys(ONLY_ADDED, "SELECT, INSERT"),
    "chains": "SELECT, UPDATE (sequence, hash)",
    "unsealed_events": "SELECT, INSERT, DELETE",
    "alembic_version": "SELECT",
}
_ORDINARY = "SELECT, INSERT, UPDATE, DELETE"


class RoleRefused(Exception):
    """A role that cannot be confined; says why in a sentence."""


def confine(connection: Connection, role: str) -> None:
    """Let ``role`` serve, and take everything else in this schema from it.

    Raises ``RoleRefused`` if that would change nothing, or not be enough.
    """
    if connection.dialect.name != "postgresql":
        raise RoleRefused("a serving role is PostgreSQL's: whoever can write a SQLite file can do anything")
    _require_other(connection, role)
    grantee, schema = _quoted(connection, role), _quoted(connection, _schema(connection))
    for statement in _statements(connection, grantee, schema):
        connection.exec_driver_sql(statement)


def confine_again(connection: Connection) -> list[str]:
    """Let the roles that served before a migration serve after it; return their names."""
    if connection.dialect.name != "postgresql":
        return []
    roles = list(connection.scalars(text(_SERVING), {"function": _PURGE}))
    for role in roles:
        confine(connection, role)
    return roles


def excess(session: Session) -> list[str]:
    """Return, a sentence each, what the present role can do to the record that a serving role should not."""
    if session.get_bind().dialect.name != "postgresql":
        return []
    return [*_standing(session), *_over_tables(session)]


def _statements(connection: Connection, grantee: str, schema: str) -> Iterator[str]:
    database = _quoted(connection, str(connection.scalar(text("SELECT current_database()"))))
    for kind in ("TABLES", "SEQUENCES", "ROUTINES"):
        yield f"REVOKE ALL ON ALL {kind} IN SCHEMA {schema} FROM {grantee}"
    yield f"REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC, {grantee}"
    yield f"REVOKE CREATE, TEMPORARY ON DATABASE {database} FROM PUBLIC, {grantee}"
    yield f"GRANT USAGE ON SCHEMA {schema} TO {grantee}"
    for table in sorted({*Table.metadata.tables, "alembic_version"}):
        yield f"GRANT {_SPECIAL.get(table, _ORDINARY)} ON {schema}.{table} TO {grantee}"
    # Enough to draw numbers, and not to set them back.
    yield f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {grantee}"
    yield f"GRANT EXECUTE ON FUNCTION {schema}.{_PURGE} TO {grantee}"


def _require_other(connection: Connection, role: str) -> None:
    found = connection.execute(text(_ROLE), {"role": role}).one_or_none()
    if found is None:
        raise RoleRefused(f"there is no role {role}; make it first: CREATE ROLE {role} LOGIN PASSWORD '…'")
    if found.mighty:
        raise RoleRefused(f"{role} is a superuser, or may make roles: nothing keeps it from anything")
    if found.same:
        raise RoleRefused(f"{role} has the rights of the role that migrates: serve with another one")
    if found.owner:
        raise RoleRefused(f"{role} owns the database or its schema, and so could drop every table in it")


def _standing(session: Session) -> Iterator[str]:
    mine = session.execute(text(_ROLE), {"role": session.scalar(text("SELECT current_user"))}).one()
    if mine.mighty:
        yield f"{mine.name} is a superuser, or may make roles: nothing keeps it from changing the record"
    if mine.owner:
        yield f"{mine.name} owns the database or its schema, and so could drop every table in it"
    if _can_be_allowed_to_set(session) and session.scalar(text(_SWITCH)):
        yield f"{mine.name} may set session_replication_role, which passes every trigger by"
    if session.scalar(text("SELECT has_schema_privilege(current_schema(), 'CREATE')")):
        yield f"{mine.name} may create tables and functions beside those of Protem"


def _can_be_allowed_to_set(session: Session) -> bool:
    # Before PostgreSQL 15 nobody but a superuser can.
    return bool(session.scalar(text("SELECT current_setting('server_version_num')::int >= 150000")))


def _over_tables(session: Session) -> Iterator[str]:
    for table in sorted(ONLY_ADDED):
        rights = session.execute(text(_RIGHTS), {"table": table}).one()
        if rights.owned:
            yield f"{rights.name} owns {table}, and so could switch off what protects it"
        elif rights.changes:
            yield f"{rights.name} may change or delete {table}"


def _schema(connection: Connection) -> str:
    return str(connection.scalar(text("SELECT current_schema()")))


def _quoted(connection: Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote_identifier(name)


_ROLE = """
SELECT rolname AS name, rolsuper OR rolcreaterole AS mighty, pg_has_role(oid, current_user, 'MEMBER') AS same,
    pg_has_role(oid, (SELECT datdba FROM pg_database WHERE datname = current_database()), 'MEMBER')
    OR pg_has_role(oid, (SELECT nspowner FROM pg_namespace WHERE nspname = current_schema()), 'MEMBER')
    AS owner
FROM pg_roles WHERE rolname = :role"""

_SWITCH = "SELECT has_parameter_privilege('session_replication_role', 'SET')"

_RIGHTS = """
SELECT current_user AS name, pg_has_role(relowner, 'MEMBER') AS owned,
    has_table_privilege(oid, 'DELETE, TRUNCATE, TRIGGER') OR has_any_column_privilege(oid, 'UPDATE')
    AS changes
FROM pg_class WHERE oid = to_regclass(:table)"""

_SERVING = """
SELECT grantee.rolname FROM pg_proc function
CROSS JOIN LATERAL aclexplode(function.proacl) right_
JOIN pg_roles grantee ON grantee.oid = right_.grantee
WHERE function.oid = to_regprocedure(:function) AND right_.privilege_type = 'EXECUTE'
    AND right_.grantee <> function.proowner ORDER BY 1"""
