"""The processes of one round: the servers, the sandbox, the network between them, and who hears of it all."""

import signal
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from subprocess import PIPE, Popen, TimeoutExpired
from types import TracebackType
from typing import Self

import httpx2
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from tests.chaos.wire import Wire, wired
from tests.cli.processes import COMMAND, answers, environment, free_port
from tests.notifications.receivers import Receiver, receiving

PATIENCE_SECONDS = 90
HERE = "127.0.0.0/8"
AWS = {
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "sandbox",
    "AWS_SECRET_ACCESS_KEY": "sandbox",
    "PROTEM_ALLOW_SANDBOX": "true",
    "PYTHONFAULTHANDLER": "1",
}


def until(condition: Callable[[], object], what: str, *, seconds: float = PATIENCE_SECONDS) -> None:
    """Wait for something that comes about by itself."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(0.05)


@dataclass
class Replica:
    """One `protem serve`, which dies and comes back on the same port."""

    name: str
    home: Path
    settings: dict[str, str]
    port: int = field(default_factory=free_port)
    process: Popen[bytes] | None = None
    frozen: bool = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None and not self.frozen

    def start(self) -> None:
        log = (self.home / f"{self.name}.log").open("ab")
        self.process = Popen(
            [COMMAND, "serve"],
            env=environment(**self.settings, PROTEM_PORT=str(self.port)),
            stdout=log,
            stderr=log,
        )
        log.close()

    def await_ready(self) -> None:
        try:
            until(lambda: answers(f"{self.url}/readyz"), f"{self.name} does not become ready")
        except TimeoutError:
            self.say_where()
            raise

    def say_where(self) -> None:
        """Have the process write into its log what each of its threads is at, and die."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGABRT)
            self.process.wait(PATIENCE_SECONDS)

    def send(self, number: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)
            self.frozen = number == signal.SIGSTOP

    def end(self, number: signal.Signals) -> None:
        """End the process, and return once it is gone."""
        self.send(number)
        try:
            if self.process is not None:
                self.process.wait(PATIENCE_SECONDS)
        except TimeoutExpired:
            self.say_where()
            raise
        self.frozen = False


class Installation:
    """Everything that runs in one round; it all ends with the block."""

    def __init__(self, home: Path, database_url: str, *, replicas: int) -> None:
        self.home, self.database_url = home, database_url
        self.receiver = Receiver()
        self._alive = ExitStack()
        self._count = replicas

    def __enter__(self) -> Self:
        self._alive.enter_context(receiving(self.receiver))
        port = free_port()
        self.center = self._center(port)
        self.wire: Wire = self._alive.enter_context(wired(port))
        until(lambda: answers_at_all(f"http://127.0.0.1:{port}/"), "the sandbox does not answer")
        settings = {
            **AWS,
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.wire.port}",
            "PROTEM_DATABASE_URL": self.database_url,
            "PROTEM_ENTITLEMENTS_FILE": str(self.home / "entitlements.yaml"),
            "PROTEM_MINIMUM_DURATION": "PT1S",
            "PROTEM_RATE_LIMIT": "100000",
            "PROTEM_WEBHOOK_NETWORKS": HERE,
            "PROTEM_EVENTS_FILE": str(self.home / "events.jsonl"),
            "PROTEM_AUDIT_KEY_FILE": str(self.home / "key.pem"),
            "PROTEM_CHECKPOINT_INTERVAL": "PT2S",
        }
        self.replicas = [Replica(f"serve-{number}", self.home, settings) for number in range(self._count)]
        self.engine = create_engine(self.database_url, pool_size=2)
        self._alive.callback(self.engine.dispose)
        self._alive.callback(self._end_all)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._alive.close()

    def leader(self) -> Replica | None:
        """Return who holds the lease, as far as the processes themselves say so."""
        found = [one for one in self.replicas if one.alive and leads(one)]
        return found[0] if found else None

    def fence(self) -> int:
        """Return the number of the present leader; 0 while nobody can say."""
        try:
            with self.engine.connect() as connection:
                return int(connection.scalar(text("SELECT coalesce(max(fence), 0) FROM leases")) or 0)
        except SQLAlchemyError:
            return 0

    def report(self) -> Path:
        """Have the sandbox write down what it has seen so far; return where."""
        assert self.center.stdin
        assert self.center.stdout
        self.center.stdin.write(b"\n")
        self.center.stdin.flush()
        self.center.stdout.readline()
        return self.home / "center.json"

    def _center(self, port: int) -> Popen[bytes]:
        log = (self.home / "center.log").open("ab")
        self._alive.callback(log.close)
        center = Popen(
            [sys.executable, "-m", "tests.chaos.center", str(port), str(self.home / "center.json")],
            stdin=PIPE,
            stdout=PIPE,
            stderr=log,
            cwd=Path(__file__).parents[2],
        )
        self._alive.callback(_end, center)
        return center

    def _end_all(self) -> None:
        for one in self.replicas:
            if one.process is not None:
                _end(one.process)


def leads(replica: Replica) -> bool:
    """Tell whether a process says that it leads."""
    try:
        answer = httpx2.get(f"{replica.url}/readyz", trust_env=False, timeout=2)
    except httpx2.HTTPError:
        return False
    return bool(answer.is_success and answer.json()["reconciler"]["leading"])


def answers_at_all(url: str) -> bool:
    try:
        httpx2.get(url, trust_env=False)
    except httpx2.TransportError:
        return False
    return True


def now() -> datetime:
    return datetime.now(UTC)


def _end(process: Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGCONT)
        process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
