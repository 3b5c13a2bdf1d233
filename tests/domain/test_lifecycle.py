"""The two lives, pair by pair; the same pairs are asked of the databases in tests/db."""

from itertools import product

import pytest

from protem.domain.lifecycle import (
    GRANT_TRANSITIONS,
    LIVE_GRANT_STATES,
    REQUEST_TRANSITIONS,
    GrantState,
    RequestState,
    grant_may_become,
    may_become,
)

OF_REQUESTS = {
    ("pending", "approved"),
    ("pending", "denied"),
    ("pending", "withdrawn"),
    ("pending", "expired"),
}
OF_GRANTS = {
    ("scheduled", "activating"),
    ("scheduled", "ended"),
    ("activating", "active"),
    ("activating", "deactivating"),
    ("activating", "failed"),
    ("active", "deactivating"),
    ("active", "ended"),
    ("deactivating", "ended"),
}


@pytest.mark.parametrize(("state", "new"), list(product(RequestState, RequestState)))
def test_a_request_moves_only_as_the_table_says(state: RequestState, new: RequestState) -> None:
    assert may_become(state, new) == ((state.value, new.value) in OF_REQUESTS)


@pytest.mark.parametrize(("state", "new"), list(product(GrantState, GrantState)))
def test_a_grant_moves_only_as_the_table_says(state: GrantState, new: GrantState) -> None:
    assert grant_may_become(state, new) == ((state.value, new.value) in OF_GRANTS)


def test_the_tables_know_every_state() -> None:
    assert set(REQUEST_TRANSITIONS) == set(RequestState)
    assert set(GRANT_TRANSITIONS) == set(GrantState)


def test_a_grant_is_live_until_it_has_ended_or_failed() -> None:
    assert set(GrantState) - LIVE_GRANT_STATES == {GrantState.ENDED, GrantState.FAILED}


def test_every_live_grant_can_still_come_to_its_end() -> None:
    for state in LIVE_GRANT_STATES:
        assert GrantState.ENDED in _reachable(state)


def _reachable(state: GrantState) -> set[GrantState]:
    found, new = set[GrantState](), {state}
    while new:
        found |= new
        new = {onward for reached in new for onward in GRANT_TRANSITIONS[reached]} - found
    return found
