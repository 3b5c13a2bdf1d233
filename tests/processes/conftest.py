"""A real server process on a real port, with a quick sandbox on another in place of AWS."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen
from typing import Any

import httpx2
import pytest
from sqlalchemy import select

from protem.broker import tokens
from protem.broker.callers import CONSOLE
from protem.broker.token_terms import Wish
from protem.cli.listening import listening
from protem.clock import SystemClock
from protem.db.models import Principal, TokenRole
from protem.db.store import Store
from protem.sandbox import Demo, Sandbox, seed_demo
from protem.sandbox.server import server as server_of
from tests.cli.processes import PATIENCE_SECONDS, answers, environment, free_port, started, until

ENTITLEMENTS = """
entitlements:
  - name: short
    requesters: {groups: [platform-engineers]}
    permission_sets: {names: [AdministratorAccess]}
    accounts: {all: true}
    duration: {default: PT5S, maximum: PT1H}
"""


@dataclass
class Installation:
    """One database and one sandbox, and whichever server process is alive."""

    url: str
    home: Path
    sandbox: Sandbox
    demo: Demo
    aws: dict[str, str]
    port: int = field(default_factory=free_port)
    process: Popen[bytes] | None = None
    starts: int = 0

    def __post_init__(self) -> None:
        self.alive = ExitStack()
        self.file = self.home / "entitlements.yaml"
        self.file.write_text(ENTITLEMENTS)

    def start(self, *options: str) -> None:
        """Start the server, and wait until it answers."""
        self.process = self.launch("serve", *options)
        until(lambda: answers(f"http://127.0.0.1:{self.port}/readyz"), self.process)

    def launch(self, *command: str) -> Popen[bytes]:
        """Start a process of this installation; it ends with the test at the latest."""
        self.starts += 1
        env = environment(
            PROTEM_DATABASE_URL=self.url,
            PROTEM_ENTITLEMENTS_FILE=str(self.file),
            PROTEM_MINIMUM_DURATION="PT1S",
            PROTEM_RATE_LIMIT="100000",  # whoever waits for something here asks often
            PROTEM_PORT=str(self.port),
            **self.aws,
        )
        log = self.home / f"{command[0]}-{self.starts}.log"
        return self.alive.enter_context(started(*command, env=env, log=log))

    def kill(self) -> None:
        """End the process as a power cut would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def token(self, user: str) -> str:
        """Return a personal token, once the catalogue knows the user."""
        store = Store(self.url, clock=SystemClock())
        try:
            self.until(lambda: self._knows(store, user))
            with store.writing() as session:
                issued = tokens.create(
                    session,
                    CONSOLE,
                    Wish(name=user, role=TokenRole.PERSONAL, user=f"{user}@example.com"),
                    now=store.now(session),
                )
            return issued.secret
        finally:
            store.close()

    @staticmethod
    def _knows(store: Store, user: str) -> bool:
        with store.reading() as session:
            known = select(Principal.id).where(Principal.user_name == f"{user}@example.com")
            return session.scalars(known).one_or_none() is not None

    def client(self, token: str) -> httpx2.Client:
        return httpx2.Client(
            base_url=f"http://127.0.0.1:{self.port}",
            headers={"Authorization": f"Bearer {token}"},
            trust_env=False,
        )

    def ask(self, client: httpx2.Client, account: str, *, duration: str) -> str:
        """Ask for access that nobody need approve; return the grant's id."""
        answer = client.post(
            "/v1/requests",
            json={
                "targets": [
                    {"account": self.demo.accounts[account], "permission_set": "AdministratorAccess"}
                ],
                "duration": duration,
                "justification": "a test of real processes",
            },
        )
        assert answer.status_code == 201, answer.text
        body: dict[str, Any] = answer.json()
        return str(body["grants"][0]["id"])

    def holds(self, account: str) -> bool:
        return self.sandbox.assignments.holds(
            account_id=self.demo.accounts[account],
            permission_set_arn=self.demo.permission_sets["AdministratorAccess"],
            principal_id=self.demo.users["alice"],
        )

    @staticmethod
    def until(condition: Callable[[], object]) -> None:
        """Wait until something is so, for as long as anybody could be asked to."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            assert time.monotonic() < deadline, "it took too long"
            time.sleep(0.05)


@pytest.fixture
def installation(database_url: str, tmp_path: Path) -> Iterator[Installation]:
    with installed(database_url, tmp_path) as made:
        yield made


@pytest.fixture
def replicated(postgresql_url: str, tmp_path: Path) -> Iterator[Installation]:
    """On the one database that several processes may share."""
    with installed(postgresql_url, tmp_path) as made:
        yield made


@contextmanager
def installed(database_url: str, home: Path) -> Iterator[Installation]:
    sandbox = Sandbox(creation_seconds=0.3, deletion_seconds=0.3)
    demo = seed_demo(sandbox)
    server = server_of(sandbox=sandbox)
    with listening("127.0.0.1", 0) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        aws = {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{listener.getsockname()[1]}",
            "AWS_DEFAULT_REGION": "eu-central-1",
            "AWS_ACCESS_KEY_ID": "sandbox",
            "AWS_SECRET_ACCESS_KEY": "sandbox",
            "PROTEM_ALLOW_SANDBOX": "true",
        }
        made = Installation(database_url, home, sandbox, demo, aws)
        try:
            yield made
        finally:
            made.alive.close()
            server.should_exit = True
            thread.join(timeout=30)
