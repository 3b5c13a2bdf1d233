"""What leads from one reach to another, against counting triples."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from protem.domain.effects import NOWHERE, Reach, gained

some = st.frozensets(st.sampled_from("abcd"), max_size=4)
reaches = st.builds(Reach, principals=some, accounts=some, permission_sets=some)

Triples = list[tuple[str, ...]]


def triples(*parts: Reach) -> Triples:
    return [
        triple
        for part in parts
        for triple in product(sorted(part.principals), sorted(part.accounts), sorted(part.permission_sets))
    ]


@given(reaches, reaches)
def test_what_is_gained_is_exactly_what_was_not_there_before(before: Reach, after: Reach) -> None:
    found = triples(*gained(before, after))
    assert set(found) == set(triples(after)) - set(triples(before))


@given(reaches, reaches)
def test_nothing_is_named_twice_and_nothing_is_empty(before: Reach, after: Reach) -> None:
    parts = gained(before, after)
    found = triples(*parts)
    assert len(found) == len(set(found))
    assert all(parts)
    assert len(parts) <= 3


@given(reaches, reaches)
def test_what_was_there_with_what_is_gained_and_without_what_is_lost_is_what_is_there(
    before: Reach, after: Reach
) -> None:
    then = (set(triples(before)) | set(triples(*gained(before, after)))) - set(
        triples(*gained(after, before))
    )
    assert then == set(triples(after))


@given(reaches)
def test_out_of_nothing_everything_is_gained_in_one_part(after: Reach) -> None:
    assert gained(NOWHERE, after) == ((after,) if after else ())


def test_a_rule_without_accounts_reached_nobody() -> None:
    before = Reach(frozenset("a"), frozenset(), frozenset("s"))
    after = Reach(frozenset("a"), frozenset("x"), frozenset("s"))
    assert gained(before, after) == (after,)
    assert gained(after, before) == ()
