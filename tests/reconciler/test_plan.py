"""The next step is total, and never one that an invariant forbids."""

from datetime import timedelta
from itertools import product

import pytest

from protem.db.models import Act, Observed, Provenance
from protem.reconciler import plan
from protem.reconciler.plan import Create, Delete, Look, Poll, Rest, Settle, Situation, next_step
from tests.clocks import START

WATCH = timedelta(minutes=10)
AGES = (timedelta(seconds=1), timedelta(seconds=11), timedelta(hours=2), timedelta(hours=25))

OPERATIONS = ((None, False), *product((Act.CREATE, Act.DELETE), (False, True)))
"""Which operation runs, and whether AWS lists it no longer."""


def situations() -> list[Situation]:
    """Every combination that the fields allow, with instants of every age that matters."""
    found = []
    for owed, waiting, held, closing, renewing in product((False, True), repeat=5):
        if (waiting or held) and not owed:
            continue
        if renewing and not held:
            continue
        for provenance, observed, age, operation, create, delete in product(
            Provenance, Observed, AGES, OPERATIONS, (None, *AGES), (None, *AGES)
        ):
            at = None if observed is Observed.UNKNOWN else START - age
            found.append(
                Situation(
                    owed=owed,
                    waiting=waiting,
                    held=held,
                    closing=closing,
                    renewing=renewing,
                    provenance=provenance,
                    observed=observed,
                    observed_at=at,
                    observed_since=at,
                    operation=operation[0],
                    left=operation[1],
                    unconfirmed_create_at=None if create is None else START - create,
                    unconfirmed_delete_at=None if delete is None else START - delete,
                    next_change=START + timedelta(minutes=5),
                )
            )
    return found


ALL = [(seen, next_step(seen, START, watch=WATCH)) for seen in situations()]


def test_every_situation_has_a_step() -> None:
    assert {type(step) for _, step in ALL} == {Look, Create, Delete, Poll, Settle, Rest}


def test_nothing_is_deleted_that_is_owed_or_not_ours() -> None:
    assert not [seen for seen, step in ALL if isinstance(step, Delete) and (seen.owed or not seen.ours)]


def test_nothing_is_created_that_is_not_owed_or_was_not_just_seen_absent() -> None:
    for seen, step in ALL:
        if isinstance(step, Create):
            assert seen.owed
            assert seen.observed is Observed.ABSENT
            assert seen.observed_at is not None
            assert seen.observed_at >= START - plan.FRESH


def test_what_was_active_is_created_only_where_it_is_to_be_made_anew_or_our_own_delete_took_it() -> None:
    for seen, step in ALL:
        if isinstance(step, Create) and seen.held:
            assert seen.renewing or plan.delete_may_land(seen.unconfirmed_delete_at, START)


def test_what_is_to_be_made_anew_is_never_left_to_rest() -> None:
    assert not [seen for seen, step in ALL if isinstance(step, Rest) and seen.renewing]


def test_while_an_operation_runs_it_is_all_that_is_asked_about() -> None:
    assert all(isinstance(step, Poll | Settle) is (seen.operation is not None) for seen, step in ALL)


def test_an_operation_that_left_needs_evidence_before_anything_else_happens() -> None:
    assert all(isinstance(step, Settle) for seen, step in ALL if seen.left)


def test_what_is_ours_and_not_owed_is_never_left_to_rest() -> None:
    for seen, step in ALL:
        if isinstance(step, Rest) and not seen.owed and seen.ours:
            assert seen.observed is Observed.ABSENT


def test_a_rest_ends_in_the_future_and_before_what_is_owed_changes() -> None:
    for seen, step in ALL:
        if isinstance(step, Rest):
            assert seen.next_change is not None
            assert step.until is not None
            assert START < step.until <= seen.next_change


@pytest.mark.parametrize("hours", [0.5, 1, 23])
def test_absence_stays_provisional_after_a_create_of_unknown_outcome(hours: float) -> None:
    assert plan.provisional(START - timedelta(hours=hours), START)
    assert not plan.provisional(START - timedelta(hours=25), START)


def test_in_the_first_hour_of_doubt_no_two_looks_are_far_apart() -> None:
    now, looks = START, 0
    while now < START + timedelta(hours=1):
        seen = Situation(
            owed=False,
            waiting=False,
            held=False,
            closing=False,
            renewing=False,
            provenance=Provenance.BROKERED,
            observed=Observed.ABSENT,
            observed_at=now,
            observed_since=now,
            unconfirmed_create_at=START,
        )
        step = next_step(seen, now, watch=WATCH)
        assert isinstance(step, Rest)
        assert step.until is not None
        assert step.until - now <= max(timedelta(seconds=10), (now - START) / 4)
        now, looks = step.until, looks + 1
    assert looks > 15
