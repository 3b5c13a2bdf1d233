"""One digest for one meaning."""

from hypothesis import given
from hypothesis import strategies as st

from protem.domain.digests import Canonical, digest

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=8,
)


def test_the_order_of_keys_does_not_matter() -> None:
    assert digest({"a": 1, "b": [2]}) == digest({"b": [2], "a": 1})


def test_the_order_of_a_list_does() -> None:
    assert digest([1, 2]) != digest([2, 1])


def test_the_form_is_a_named_sha256() -> None:
    assert digest({}) == "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"


@given(JSON, JSON)
def test_different_facts_have_different_digests(one: Canonical, other: Canonical) -> None:
    # Python holds True for 1, JSON does not.
    same = repr(_sorted(one)) == repr(_sorted(other))
    assert (digest(one) == digest(other)) == same


def _sorted(facts: Canonical) -> object:
    match facts:
        case dict():
            return {key: _sorted(facts[key]) for key in sorted(facts)}
        case list():
            return [_sorted(value) for value in facts]
        case _:
            return facts
