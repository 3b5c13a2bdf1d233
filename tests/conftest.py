"""The databases: every test gets its own, and whoever asks for `database_url` runs on both kinds."""

import gc
import logging
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import structlog
from sqlalchemy import URL, NullPool, create_engine, make_url, text

from protem.db.migrate import upgrade
from tests import dialects, postgres

# How fast a machine is says nothing about the code.
hypothesis.settings.register_profile("unhurried", deadline=None)
hypothesis.settings.load_profile("unhurried")

dialects.install()

# What nobody configured would print to standard output, which is what commands are tested by.
structlog.configure(
    processors=[structlog.stdlib.filter_by_level, structlog.processors.JSONRenderer(default=str)],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
)

KINDS = ["sqlite", "postgresql"]
RUN = pytest.StashKey[ExitStack]()
SERVER = pytest.StashKey[str]()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Share one server between the workers of pytest-xdist."""
    stash = node.config.stash
    if SERVER not in stash:
        stash[RUN] = ExitStack()
        stash[SERVER] = stash[RUN].enter_context(postgres.server())
    node.workerinput["postgresql"] = stash[SERVER]


def pytest_collection_finish() -> None:
    """Keep the collector from looking again and again through what lives as long as the run."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def pytest_unconfigure(config: pytest.Config) -> None:
    if RUN in config.stash:
        config.stash[RUN].close()


class Databases:
    """The databases of one server, under names that no other worker uses."""

    def __init__(self, server: URL, worker: str) -> None:
        self._server = server
        self._names = (f"{worker}_{number}" for number in count())
        self._engine = create_engine(server, isolation_level="AUTOCOMMIT", poolclass=NullPool)

    @contextmanager
    def new(self, *, like: str = "template0") -> Iterator[str]:
        """Yield the URL of a new database, a copy of the named one."""
        name = next(self._names)
        self._execute(f"CREATE DATABASE {name} TEMPLATE {like} STRATEGY file_copy")
        yield self._server.set(database=name).render_as_string(hide_password=False)
        self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _execute(self, statement: str) -> None:
        with self._engine.connect() as connection:
            connection.execute(text(statement))


@pytest.fixture(scope="session")
def databases(request: pytest.FixtureRequest, worker_id: str) -> Iterator[Databases]:
    """Whatever PostgreSQL server this run has; without workers it is started by the first test that asks."""
    if worker_id == "master":
        with postgres.server() as url:
            yield Databases(make_url(url), worker_id)
    else:
        workerinput = request.config.workerinput  # type: ignore[attr-defined]  # pytest-xdist puts it there
        yield Databases(make_url(workerinput["postgresql"]), worker_id)


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("migrated") / "protem.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def migrated_database(databases: Databases) -> Iterator[str]:
    with databases.new() as url:
        upgrade(url)
        yield str(make_url(url).database)


@pytest.fixture
def empty_sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'empty.db'}"


@pytest.fixture
def sqlite_url(tmp_path: Path, migrated_file: Path) -> str:
    return f"sqlite:///{shutil.copy(migrated_file, tmp_path)}"


@pytest.fixture
def empty_postgresql_url(databases: Databases) -> Iterator[str]:
    with databases.new() as url:
        yield url


@pytest.fixture
def postgresql_url(databases: Databases, migrated_database: str) -> Iterator[str]:
    with databases.new(like=migrated_database) as url:
        yield url


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest) -> str:
    """A database of the current schema with nothing in it."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture(params=KINDS)
def empty_database_url(request: pytest.FixtureRequest) -> str:
    """A database without a schema."""
    return str(request.getfixturevalue(f"empty_{request.param}_url"))


@pytest.fixture(autouse=True)
def restored_logging() -> Iterator[None]:
    """Leave logging as the next test expects it, whatever a command configured."""
    root, structured = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**structured)
