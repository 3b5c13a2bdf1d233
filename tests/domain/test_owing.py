"""What a grant asks of AWS, at every kind of instant."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from protem.domain.lifecycle import LIVE_GRANT_STATES, GrantState
from protem.domain.owing import Owing, access_over_at, next_change
from protem.domain.windows import Window

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
END = START + timedelta(hours=1)
TICK = timedelta(microseconds=1)
BEFORE, WITHIN = START - TICK, END - TICK
INSTANTS = (BEFORE, START, WITHIN, END)


def owing(state: GrantState, *, revoked: bool = False, given_up: bool = False) -> Owing:
    return Owing(state, Window(START, END), revoked_at=START if revoked else None, given_up=given_up)


@pytest.mark.parametrize(
    ("state", "now", "revoked", "given_up"),
    list(product(GrantState, INSTANTS, (False, True), (False, True))),
)
def test_access_is_owed_by_live_grants_within_their_window(
    state: GrantState, now: datetime, *, revoked: bool, given_up: bool
) -> None:
    grant = owing(state, revoked=revoked, given_up=given_up)
    live = state in LIVE_GRANT_STATES and not revoked and not given_up
    assert grant.owes_access(now) == (live and START <= now < END)
    assert grant.over(now) == (not live or now >= END)


@pytest.mark.parametrize("now", INSTANTS)
def test_what_is_over_never_owes_again(now: datetime) -> None:
    for state, revoked in product(GrantState, (False, True)):
        grant = owing(state, revoked=revoked)
        if grant.over(now):
            assert not any(grant.owes_access(later) for later in INSTANTS if later >= now)


@pytest.mark.parametrize(("now", "change"), [(BEFORE, START), (START, END), (WITHIN, END), (END, None)])
def test_the_next_change_is_a_start_or_an_end(now: datetime, change: datetime | None) -> None:
    assert owing(GrantState.ACTIVE).next_change(now) == change


def test_a_closed_grant_changes_no_more() -> None:
    assert owing(GrantState.ENDED).next_change(BEFORE) is None
    assert owing(GrantState.ACTIVE, revoked=True).next_change(BEFORE) is None


def test_the_earliest_change_of_several_grants_counts() -> None:
    later = Owing(GrantState.SCHEDULED, Window(END, END + timedelta(hours=1)))
    assert next_change([later, owing(GrantState.ACTIVE)], BEFORE) == START
    assert next_change([later, owing(GrantState.ENDED)], BEFORE) == END
    assert next_change([], BEFORE) is None


def test_sessions_outlive_the_end_by_their_own_length() -> None:
    assert access_over_at(over_at=END, session_duration=timedelta(hours=2)) == END + timedelta(hours=2)
