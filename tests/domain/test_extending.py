"""However often, by however much and under whatever rules somebody asks, access stays bounded."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from protem.domain import extending
from protem.domain.decisions import decide
from protem.domain.entitlements import DurationLimits, Entitlement, Extension
from tests.domain.test_eligibility import RULE

MINUTE = timedelta(minutes=1)
minutes = st.integers(1, 600).map(lambda count: count * MINUTE)
extensions = st.none() | st.builds(Extension, maximum_count=st.integers(0, 4), maximum=minutes)


def entitled(maximum: timedelta, extension: Extension | None) -> Entitlement:
    return replace(RULE, duration=DurationLimits(default=MINUTE, maximum=maximum), extension=extension)


rules = st.builds(entitled, minutes, extensions)


def refused(rule: Entitlement, *, asked: timedelta, total: timedelta, before: int) -> list[str]:
    decision = decide(tuple(extending.rules(rule, asked=asked, total=total, before=before)))
    return [check.rule for check in decision.refusals]


@given(rules, st.lists(minutes, max_size=8), st.data())
def test_no_row_of_extensions_outlasts_the_cap(
    rule: Entitlement, asked: list[timedelta], data: st.DataObject
) -> None:
    total = min(data.draw(minutes), rule.duration.maximum)
    count, longest = 0, rule.extension.maximum if rule.extension else timedelta()
    for more in asked:
        if not refused(rule, asked=more, total=total + more, before=count):
            total, count = total + more, count + 1
    assert count <= (rule.extension.maximum_count if rule.extension else 0)
    assert total <= rule.duration.maximum + count * longest


@given(st.lists(st.tuples(rules, minutes), min_size=1, max_size=8), minutes)
def test_whatever_has_changed_the_rules_of_the_last_extension_bound_it(
    steps: list[tuple[Entitlement, timedelta]], total: timedelta
) -> None:
    count = 0
    for rule, more in steps:
        if not refused(rule, asked=more, total=total + more, before=count):
            total, count = total + more, count + 1
            assert total <= rule.longest(extensions=count)


@given(rules, minutes, minutes, st.integers(0, 5))
def test_what_may_be_asked_for_may_be_asked_for_in_part(
    rule: Entitlement, asked: timedelta, had: timedelta, before: int
) -> None:
    if not refused(rule, asked=asked, total=had + asked, before=before):
        assert not refused(rule, asked=asked / 2, total=had + asked / 2, before=before)


@given(rules, st.integers(0, 10))
def test_the_longest_time_does_not_grow_beyond_the_last_extension(rule: Entitlement, count: int) -> None:
    most = rule.extension.maximum_count if rule.extension else 0
    assert rule.longest(extensions=0) == rule.duration.maximum
    assert rule.longest(extensions=most + count) == rule.longest(extensions=most)
