"""Commits of one process reach the others at once, and what is missed costs seconds at most."""

import threading
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import create_engine, text

from protem.broker import audit
from protem.clock import SystemClock
from protem.db.privileges import confine
from protem.db.store import ANSWERS, RECORD, TOPICS, Store, announce
from protem.db.wakeups import Wakeups
from protem.domain.events import EventType

PATIENCE_SECONDS = 30


class Ear:
    """Keeps what it was told, and lets a test wait for it."""

    def __init__(self) -> None:
        self.told: list[frozenset[str]] = []
        self._changed = threading.Condition()

    def __call__(self, topics: frozenset[str]) -> None:
        with self._changed:
            self.told.append(topics)
            self._changed.notify_all()

    def hear(self, condition: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(condition, PATIENCE_SECONDS), self.told

    def hear_of(self, topic: str) -> None:
        self.hear(lambda: any(topic in topics for topics in self.told))


class Deaf(Wakeups):
    """Hears nothing of what it tells itself."""

    def _probe(self) -> None:
        self._echoed = False


Made = Callable[..., tuple[Store, Ear]]


@pytest.fixture
def made() -> Iterator[Made]:
    stores: list[Store] = []

    def make(url: str, *, listens: bool = True, **options: float) -> tuple[Store, Ear]:
        store, ear = Store(url, clock=SystemClock(), pool_size=2), Ear()
        stores.append(store)
        store.on_commit(ear)
        if options:
            store.wakeups = Wakeups(store.engine, topics=TOPICS, told=ear, **options)
        if listens:
            store.wakeups.start()
            ear.hear(lambda: ear.told == [TOPICS])
            ear.told.clear()
        return store, ear

    yield make
    for store in stores:
        store.close()


def commit(store: Store, *topics: str) -> None:
    with store.writing() as session:
        announce(session, *topics)


def end_connections(store: Store) -> None:
    ended = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'protem wake-ups'"
    )
    with store.writing() as session:
        session.execute(text(ended))


def test_what_one_process_commits_the_others_hear(postgresql_url: str, made: Made) -> None:
    (here, _), (_, there) = made(postgresql_url, listens=False), made(postgresql_url)
    commit(here, ANSWERS, RECORD)
    there.hear(lambda: there.told == [frozenset({ANSWERS, RECORD})])


def test_who_announces_hears_of_it_once(postgresql_url: str, made: Made) -> None:
    here, ear = made(postgresql_url)
    commit(here, ANSWERS)
    with here.writing() as session:
        session.execute(text("SELECT pg_notify('protem', 'somebody record')"))
    ear.hear_of(RECORD)
    assert ear.told == [frozenset({ANSWERS}), frozenset({RECORD})]


def test_what_is_taken_back_nobody_hears_of(postgresql_url: str, made: Made) -> None:
    (here, _), (_, there) = made(postgresql_url, listens=False), made(postgresql_url)
    with here.writing() as session:
        here.wakeups.announce(session, frozenset({ANSWERS}))
        session.rollback()
    commit(here, RECORD)
    there.hear_of(RECORD)
    assert there.told == [frozenset({RECORD})]


def test_nothing_leaves_but_topics_that_are_known(postgresql_url: str, made: Made) -> None:
    (here, _), (_, there) = made(postgresql_url, listens=False), made(postgresql_url)
    commit(here, "alice@example.com")
    commit(here, "a secret", RECORD)
    there.hear_of(RECORD)
    assert there.told == [frozenset({RECORD})]


def test_whoever_begins_to_listen_looks_at_everything(postgresql_url: str, made: Made) -> None:
    (here, _), (late, ear) = made(postgresql_url, listens=False), made(postgresql_url, listens=False)
    commit(here, ANSWERS)
    late.wakeups.start()
    ear.hear(lambda: ear.told == [TOPICS])


def test_a_lost_connection_is_made_anew_and_everything_looked_at(postgresql_url: str, made: Made) -> None:
    (here, _), (_, ear) = made(postgresql_url, listens=False), made(postgresql_url)
    end_connections(here)
    ear.hear(lambda: ear.told == [TOPICS])
    commit(here, RECORD)
    ear.hear(lambda: ear.told[1:] == [frozenset({RECORD})])


def test_who_does_not_hear_itself_is_not_taken_to_listen(postgresql_url: str, made: Made) -> None:
    """As behind a pooler that lends connections: what is told arrives with somebody else, or nowhere."""
    store, ear = made(postgresql_url, listens=False)
    deaf = Deaf(store.engine, topics=TOPICS, told=ear, probe_seconds=0.01)
    deaf.start()
    ear.hear(lambda: len(ear.told) > 1)
    deaf.stop()
    assert not deaf.listening


def test_a_flood_of_commits_is_few_wake_ups(postgresql_url: str, made: Made) -> None:
    (here, _), (there, ear) = made(postgresql_url, listens=False), made(postgresql_url)
    with here.writing() as session:
        for number in range(1000):
            session.execute(text(f"SELECT pg_notify('protem', '{number} answers')"))
    commit(here, RECORD)
    ear.hear_of(RECORD)
    assert there.wakeups.heard < 20


def test_what_others_put_into_the_channel_does_no_harm(postgresql_url: str, made: Made) -> None:
    (here, _), (there, ear) = made(postgresql_url, listens=False), made(postgresql_url)
    for payload in ("", " ", "x", "x " + "answers," * 900, "x drop,table"):
        with here.writing() as session:
            session.execute(text("SELECT pg_notify('protem', :payload)"), {"payload": payload})
    commit(here, RECORD)
    ear.hear_of(RECORD)
    assert set().union(*ear.told) <= {ANSWERS, RECORD}
    assert there.wakeups.interruptions == 0


def test_before_the_queue_overflows_nothing_is_told_any_more(postgresql_url: str, made: Made) -> None:
    """A full queue would fail every commit that tells something, the end of access among them."""
    (here, _), (_, there) = made(postgresql_url, most_queued=-1.0), made(postgresql_url)
    commit(here, ANSWERS)
    with here.writing() as session:
        session.execute(text("SELECT pg_notify('protem', 'somebody record')"))
    there.hear_of(RECORD)
    assert there.told == [frozenset({RECORD})]


def test_the_role_that_serves_tells_and_listens(postgresql_url: str, made: Made) -> None:
    owner = create_engine(postgresql_url.replace("postgresql://", "postgresql+psycopg://"))
    with owner.begin() as connection:
        connection.execute(text("DROP ROLE IF EXISTS wakes"))
        connection.execute(text("CREATE ROLE wakes LOGIN"))
        confine(connection, "wakes")
    (here, _), (_, there) = (
        made(owner.url.set(username="wakes").render_as_string(hide_password=False)) for _ in range(2)
    )
    with here.writing() as session:
        audit.record(session, EventType.LOCK_LIFTED, now=here.now(session))
    there.hear_of(RECORD)
    with owner.begin() as connection:
        connection.execute(text("DROP OWNED BY wakes"))
        connection.execute(text("DROP ROLE wakes"))
    owner.dispose()


def test_on_sqlite_there_is_nobody_to_tell(sqlite_url: str, made: Made) -> None:
    store, ear = made(sqlite_url, listens=False)
    store.wakeups.start()
    commit(store, ANSWERS)
    assert (ear.told, store.wakeups.listening) == ([frozenset({ANSWERS})], True)
