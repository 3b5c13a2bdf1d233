"""The checks of a round find what is wrong with it, each kind of thing, and nothing where all is well."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.chaos import checks
from tests.chaos.evidence import Call, Change, Event, Evidence, Owed, Suffered
from tests.chaos.weather import Trouble, draw

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
MINE = ("111122223333", "ps-1", "alice")
THEIRS = ("111122223333", "ps-1", "bob")
KEY, REQUEST, GRANT = "key-1", "request-1", "grant-1"


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def delete(seconds: float, triple: tuple[str, str, str] = MINE) -> Call:
    return Call(at(seconds), "DeleteAccountAssignment", triple, "ok")


def created(seconds: float) -> Change:
    return Change(MINE, creates=True, at=at(seconds))


def deleted(seconds: float) -> Change:
    return Change(MINE, creates=False, at=at(seconds))


@pytest.fixture
def sound() -> Evidence:
    """A round in which one grant began, was extended, and ended on time."""
    events = [Event(1, "request.submitted", REQUEST), Event(2, "grant.ended", REQUEST)]
    return Evidence(
        grants=[Owed(GRANT, MINE, at(0), at(10), "ended")],
        changes=[created(1), deleted(11)],
        calls=[delete(10.2)],
        held=frozenset({THEIRS}),
        standing=frozenset({THEIRS}),
        quiet_at=at(60),
        answered={KEY: REQUEST},
        kept={KEY: [REQUEST]},
        revoked=frozenset({GRANT}),
        recorded=events,
        delivered=events,
        filed=events,
    )


def test_a_sound_round_has_no_faults(sound: Evidence) -> None:
    assert checks.faults(sound) == []


WRONG: dict[str, Callable[[Evidence], Evidence]] = {
    "no grant owes it": lambda sound: replace(sound, held=sound.held | {MINE}),
    "standing access is gone": lambda sound: replace(sound, held=frozenset()),
    "was about standing access": lambda sound: replace(sound, calls=[delete(5, THEIRS)]),
    "where 0:00:06 is the most": lambda sound: replace(sound, changes=[created(1), deleted(16.1)]),
    "stayed 0:00:50": lambda sound: replace(sound, changes=[created(1)]),
    "stayed 0:00:11": lambda sound: replace(sound, changes=[*sound.changes, created(49)]),
    "and the database has []": lambda sound: replace(sound, kept={KEY: []}),
    "was answered with": lambda sound: replace(sound, kept={KEY: ["request-2"]}),
    "was done 2 times": lambda sound: replace(sound, answered={}, kept={KEY: [REQUEST, "request-2"]}),
    "said to be revoked, and goes on": lambda sound: replace(
        sound, grants=[replace(sound.grants[0], state="active")]
    ),
    "the webhook never got 1 events": lambda sound: replace(sound, delivered=sound.delivered[1:]),
    "the file never got 1 events": lambda sound: replace(sound, filed=sound.filed[:1]),
    "the webhook got event 1 of": lambda sound: replace(sound, delivered=sound.delivered[::-1]),
    "the file got event 1 of": lambda sound: replace(sound, filed=sound.filed[::-1]),
    "does not verify": lambda sound: replace(sound, damage="an event was altered"),
    "does not come to rest": lambda sound: replace(sound, unsettled="1 live"),
}


@pytest.mark.parametrize("sentence", WRONG)
def test_what_is_wrong_with_a_round_is_found(sound: Evidence, sentence: str) -> None:
    faults = checks.faults(WRONG[sentence](sound))
    assert any(sentence in fault for fault in faults), faults


def test_what_another_grant_owes_is_no_overstay(sound: Evidence) -> None:
    neighbour = Owed("grant-2", MINE, at(5), at(40), "ended")
    changes = [created(1), deleted(41)]
    assert checks.faults(replace(sound, grants=[*sound.grants, neighbour], changes=changes)) == []


def test_what_is_repeated_is_in_order_all_the_same(sound: Evidence) -> None:
    assert checks.faults(replace(sound, delivered=[*sound.delivered, sound.delivered[0]])) == []


def test_a_trouble_allows_for_its_own_length_and_the_recovery(sound: Evidence) -> None:
    lost = Suffered(Trouble.KILL_LEADER, at(9), at(12))
    most = timedelta(seconds=2) + checks.RECOVERY[Trouble.KILL_LEADER] + checks.CALM
    assert checks.allowed([lost], at(10)) == most
    late = [created(1), deleted(10 + most.total_seconds())]
    assert checks.faults(replace(sound, changes=late, suffered=[lost])) == []
    later = [late[0], replace(late[1], at=late[1].at + timedelta(seconds=0.1))]
    assert checks.faults(replace(sound, changes=later, suffered=[lost])) != []


def test_a_trouble_excuses_nothing_once_it_is_over(sound: Evidence) -> None:
    long_ago = Suffered(Trouble.KILL_LEADER, at(-60), at(-50))
    not_yet = Suffered(Trouble.KILL_LEADER, at(30), at(35))
    assert checks.allowed([long_ago, not_yet], at(10)) == checks.CALM
    assert sound.suffered == ()


def test_lateness_is_counted_from_the_end_of_what_was_owed(sound: Evidence) -> None:
    assert list(checks.lateness(sound)) == [(timedelta(seconds=0.2), "calm")]
    lost = Suffered(Trouble.KILL_LEADER, at(9), at(12))
    assert [kind for _, kind in checks.lateness(replace(sound, suffered=[lost]))] == [Trouble.KILL_LEADER]


def test_a_seed_always_gives_the_same_round_and_every_trouble_comes_first_in_some() -> None:
    databases = ("postgresql", "sqlite")
    drawn = [draw(seed, databases) for seed in range(2 * len(Trouble))]
    assert drawn == [draw(seed, databases) for seed in range(2 * len(Trouble))]
    assert {one.planned[0].trouble for one in drawn if one.database == "postgresql"} == set(Trouble)
