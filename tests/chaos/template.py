"""A database as an installation has it that has been running for a while; each round begins with a copy."""

import shutil
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path

from sqlalchemy import create_engine, make_url, select, text

from protem.broker import tokens, webhooks
from protem.broker.callers import CONSOLE
from protem.broker.record.signing import SigningKey
from protem.broker.token_terms import Wish
from protem.clock import SystemClock
from protem.db.migrate import upgrade
from protem.db.models import CatalogueSync, TokenRole
from protem.db.store import Store
from tests.chaos.center import REQUESTERS
from tests.chaos.installation import HERE, Installation, until
from tests.postgres import Kept

_MIGRATING = threading.Lock()  # Alembic can do one at a time
APPROVER = "dave"
AUDITOR = "auditor"
ENTITLEMENTS = """
entitlements:
  - name: quick
    requesters: {groups: [platform-engineers, developers]}
    permission_sets: {names: [PowerUserAccess, ReadOnlyAccess]}
    accounts: {all: true}
    duration: {default: PT5S, maximum: PT1H}
    extension: {maximum_count: 2, maximum: PT1M}
  - name: reviewed
    requesters: {groups: [platform-engineers, developers]}
    permission_sets: {names: [DatabaseOperator]}
    accounts: {all: true}
    duration: {default: PT5S, maximum: PT1H}
    approval: {steps: [{name: lead, approvers: {users: [dave@example.com]}, required: 1}]}
"""


@dataclass
class Template:
    """One kind of database, ready to be copied; ``tokens`` are by name."""

    url: str
    tokens: Mapping[str, str]
    home: Path
    server: Kept | None = None

    @contextmanager
    def copied(self, home: Path, name: str) -> Iterator[str]:
        """Yield the address of a copy, and leave beside it the files that belong to it."""
        for file in ("entitlements.yaml", "key.pem"):
            shutil.copy(self.home / file, home)
        if self.server is None:
            yield f"sqlite:///{shutil.copy(str(make_url(self.url).database), home / 'protem.db')}"
            return
        with _administering(self.server) as run:
            run(f'CREATE DATABASE "{name}" TEMPLATE "{make_url(self.url).database}"')
        yield _named(self.server, name)
        with _administering(self.server) as run:
            run(f'DROP DATABASE "{name}" WITH (FORCE)')


def prepared(home: Path, server: Kept | None) -> Template:
    """Have a server read the catalogue once, and make the tokens."""
    home.mkdir(parents=True)
    (home / "entitlements.yaml").write_text(ENTITLEMENTS)
    SigningKey.make().save(home / "key.pem")
    url = f"sqlite:///{home / 'protem.db'}"
    if server is not None:
        with _administering(server) as run:
            run('CREATE DATABASE "template"')
        url = _named(server, "template")
    with _MIGRATING:
        upgrade(url)
    with Installation(home, url, replicas=1) as installation:
        replica = installation.replicas[0]
        replica.start()
        replica.await_ready()
        store = Store(url, clock=SystemClock())
        until(lambda: _catalogued(store), "the catalogue is not read")
        made = _tokens(store)
        store.close()
        replica.end(signal.SIGTERM)
    (home / "events.jsonl").unlink(missing_ok=True)
    return Template(url, made, home, server)


def hear(url: str, installation: Installation) -> None:
    """Have every event of the record, and all that come, sent to the receiver of this round."""
    store = Store(url, clock=SystemClock())
    with store.writing() as session:
        webhooks.create(
            session,
            CONSOLE,
            url=installation.receiver.url(),
            description="",
            types=[],
            from_sequence=1,
            networks=(ip_network(HERE),),
            now=store.now(session),
        )
    store.close()


def _catalogued(store: Store) -> bool:
    with store.reading() as session:
        parts = session.scalars(select(CatalogueSync)).all()
        return len(parts) > 1 and all(part.completed_at is not None for part in parts)


def _tokens(store: Store) -> dict[str, str]:
    wishes = [
        Wish(name=user, role=TokenRole.PERSONAL, user=f"{user}@example.com")
        for user in (*REQUESTERS, APPROVER)
    ]
    wishes.append(Wish(name=AUDITOR, role=TokenRole.AUDITOR))
    made = {}
    for wish in wishes:
        with store.writing() as session:
            made[wish.name] = tokens.create(session, CONSOLE, wish, now=store.now(session)).secret
    return made


def _named(server: Kept, name: str) -> str:
    return make_url(server.url).set(database=name).render_as_string(hide_password=False)


@contextmanager
def _administering(server: Kept) -> Iterator[Callable[[str], object]]:
    engine = create_engine(server.url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            yield lambda statement: connection.execute(text(statement))
    finally:
        engine.dispose()
