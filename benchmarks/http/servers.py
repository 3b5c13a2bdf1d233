"""The servers that are measured: each a process of its own, with everything as durable as in production."""

import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen

from sqlalchemy import create_engine, make_url, text

from benchmarks.http import plain
from benchmarks.http.wire import Address
from tests import postgres
from tests.cli.processes import answers, environment, free_port, until

_ROOT = Path(__file__).parents[2]
_PROCESSES = Path("/proc")


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers."""

    process: Popen[bytes]
    port: int

    @property
    def address(self) -> Address:
        return ("127.0.0.1", self.port)

    def used(self) -> float:
        """Return the seconds of processors that it and its children have used."""
        return sum(_used(process) for process in (self.process.pid, *_children(self.process.pid)))


@contextmanager
def protem(url: str, log: Path) -> Iterator[Server]:
    """Yield `protem serve` without a reconciler."""
    settings = {"PROTEM_DATABASE_URL": url, "PROTEM_RATE_LIMIT": "100000", "PROTEM_WAITERS_PER_CALLER": "100"}
    with _running("protem", "serve", "--no-reconciler", log=log, settings=settings, ready="/readyz") as found:
        yield found


@contextmanager
def flask(url: str, log: Path) -> Iterator[Server]:
    """Yield the service to compare with, behind gunicorn with as many threads as others give it."""
    options = ("--worker-class", "gthread", "--threads", str(plain.THREADS), "--keep-alive", "60")
    settings = {plain.DATABASE: url, "PYTHONPATH": str(_ROOT)}
    command = ("gunicorn", *options, "--bind", "127.0.0.1:{port}", "benchmarks.http.plain:create()")
    with _running(*command, log=log, settings=settings, ready="/requests") as found:
        yield found


@contextmanager
def databases(kind: str, directory: Path | None) -> Iterator[tuple[str, str]]:
    """Yield two empty databases in one place; nothing of what they commit is spared the disk."""
    with tempfile.TemporaryDirectory(prefix="protem-http-", dir=directory) as name:
        if kind == "sqlite":
            yield f"sqlite:///{name}/protem.db", f"sqlite:///{name}/plain.db"
            return
        Path(name).chmod(0o755)  # PostgreSQL may be another user
        with postgres.server({}, directory=Path(name)) as url:
            engine = create_engine(url, isolation_level="AUTOCOMMIT")
            with engine.connect() as connection:
                for database in ("protem", "plain"):
                    connection.execute(text(f"CREATE DATABASE {database}"))
            engine.dispose()
            yield _named(url, "protem"), _named(url, "plain")


def _named(url: str, database: str) -> str:
    return make_url(url).set(database=database).render_as_string(hide_password=False)


@contextmanager
def _running(*command: str, log: Path, settings: Mapping[str, str], ready: str) -> Iterator[Server]:
    port = free_port()
    program, *rest = (part.format(port=port) for part in command)
    with (
        log.open("wb") as output,
        Popen(  # noqa: S603 - programs of this environment
            [Path(sys.executable).with_name(program), *rest],
            env=environment(**settings, PROTEM_PORT=str(port)),
            cwd=_ROOT,
            stdout=output,
            stderr=output,
        ) as process,
    ):
        try:
            until(lambda: answers(f"http://127.0.0.1:{port}{ready}"), process)
            yield Server(process, port)
        finally:
            process.terminate()
            process.wait()


def _used(process: int) -> float:
    try:
        line = (_PROCESSES / str(process) / "stat").read_text()
    except OSError:
        return 0.0
    user, system = line.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _children(process: int) -> list[int]:
    try:
        text_ = (_PROCESSES / str(process) / "task" / str(process) / "children").read_text()
    except OSError:
        return []
    return [int(child) for child in text_.split()]
