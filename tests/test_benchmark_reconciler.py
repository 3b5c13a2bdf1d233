"""What the benchmark of the reconciler reckons is right, and its scenarios run."""

from pathlib import Path

import pytest

from benchmarks.reconciler import creating_and_ending, figures, rush
from benchmarks.reconciler.bounds import Kind, Ran, bound, listings, necessary_calls
from benchmarks.reconciler.estate import QUICK
from benchmarks.reconciler.ideal import Ending, waits
from benchmarks.reconciler.results import Result
from benchmarks.reconciler.stages import Stages


def ran(account: str, began: float, finished: float, *, kind: Kind = "creation", principal: str = "p") -> Ran:
    return Ran(kind, account, "ps", principal, began, finished)


def test_the_bound_of_few_accounts_is_their_operations_one_after_the_other() -> None:
    least = bound([ran("a", 0, 4), ran("a", 5, 8, kind="deletion"), ran("b", 0, 6)])
    assert (least.account, least.seconds) == (7, 7)


def test_the_bound_of_many_accounts_is_how_many_operations_of_a_kind_run_at_once() -> None:
    least = bound([ran(f"a{number}", 0, 4) for number in range(60)])
    assert (least.outstanding, least.seconds) == (16, 16)


def test_creates_and_deletes_do_not_share_what_may_be_outstanding() -> None:
    creates = [ran(f"a{number}", 0, 4) for number in range(30)]
    deletes = [ran(f"b{number}", 0, 6, kind="deletion") for number in range(30)]
    assert bound(creates + deletes).outstanding == bound(deletes).outstanding == 12


def test_the_bound_of_what_takes_no_time_is_the_calls_that_it_needs() -> None:
    many = [ran(f"a{number}", 0, 0.001, principal=f"p{number}") for number in range(100)]
    assert sum(necessary_calls(many).values()) == 200
    assert bound(many).seconds == bound(many).calls == 10


@pytest.mark.parametrize(
    ("told", "fewest"),
    [
        ([("a", "p"), ("a", "q"), ("a", "r")], 1),
        ([("a", "p"), ("b", "p"), ("c", "p")], 1),
        ([("a", "p"), ("b", "q"), ("c", "r")], 3),
        ([("a", "p"), ("a", "q"), ("b", "r"), ("c", "r")], 2),
        ([(place, principal) for place in "abcd" for principal in "pq"], 2),
    ],
)
def test_a_listing_tells_of_a_place_or_of_a_principal(told: list[tuple[str, str]], fewest: int) -> None:
    assert listings(told) == fewest


def test_what_nobody_can_avoid_is_to_wait_for_an_account_or_for_one_of_the_slots() -> None:
    assert waits([Ending(0, "a", 10), Ending(4, "a", 10), Ending(5, "b", 10)], []) == [0, 0, 6]
    assert sorted(waits([Ending(0, f"a{number}", 10) for number in range(31)], [])) == [0] * 15 + [
        10
    ] * 15 + [20]
    assert waits([Ending(2, "a", 10)], [ran("a", 0, 5)]) == [3]


def test_a_distribution_names_values_that_were_there() -> None:
    spread = figures.spread(range(1, 101))
    assert (spread.p50, spread.p99, spread.longest) == (50, 99, 100)


def test_a_slot_is_idle_until_an_operation_takes_the_place_of_another() -> None:
    slots = figures.slots([ran("a", 1, 5), ran("a", 7, 9), ran("a", 9, 12)], "creation", begin=0)
    assert slots is not None
    assert (slots.first, slots.refills.longest, slots.idle, slots.last) == (1, 2, 2, 3)


def met(result: Result, sentence: str) -> bool:
    return next(aim.met for aim in result.aims if sentence in aim.sentence)


def test_a_tiny_part_of_two_scenarios_runs_within_aws_limits(migrated_file: Path) -> None:
    stages = Stages(migrated=migrated_file)
    for result in (
        creating_and_ending.run(stages, QUICK, accounts=2, users=1),
        rush.run(stages, QUICK, accounts=2, endings=2, beginnings=1),
    ):
        assert met(result, "all")
        assert met(result, "no throttling of our own making")
