"""What commands share that work on the database directly."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from protem.cli.environment import settings
from protem.cli.failures import Exit, Failure
from protem.clock import SystemClock
from protem.db.exclusive import InUseError
from protem.db.migrate import SchemaOutdatedError, require_current
from protem.db.store import Store
from protem.settings import Settings


@contextmanager
def store() -> Iterator[Store]:
    """Open the database of PROTEM_DATABASE_URL, if it has the schema of this version."""
    with store_of(settings()) as opened:
        yield opened


@contextmanager
def store_of(chosen: Settings) -> Iterator[Store]:
    """Open the database of these settings, if it has the schema of this version."""
    with database():
        opened = Store(chosen.database_url.get_secret_value(), clock=SystemClock(), pool_size=1)
        try:
            require_current(opened.engine)
            yield opened
        finally:
            opened.close()


@contextmanager
def database() -> Iterator[None]:
    """Turn what a database can refuse into failures with a sentence."""
    try:
        yield
    except SchemaOutdatedError as error:
        raise Failure("schema-outdated", str(error)) from None
    except InUseError as error:
        raise Failure("database-in-use", str(error)) from None
    except (OperationalError, InterfaceError, PoolTimeoutError, OSError) as error:
        detail = f"the database of PROTEM_DATABASE_URL does not answer: {_reason(error)}"
        raise Failure("database-unavailable", detail, leaving=Exit.UNREACHABLE) from None


def _reason(error: Exception) -> str:
    # The driver's own words: SQLAlchemy's would add the statement and its parameters.
    cause = error.orig if isinstance(error, DBAPIError) else error
    return " ".join(str(cause).split())
