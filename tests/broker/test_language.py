"""Every key of the language, and what it comes to mean."""

from datetime import UTC, datetime, time, timedelta

import pytest

from protem.broker.documents import entitlements, parse
from protem.broker.documents.differences import between
from protem.broker.patterns import LinearPattern
from protem.domain.entitlements import (
    Entitlement,
    Extension,
    OnEligibilityLost,
    Ticket,
    When,
    WhenRemovedOutside,
)
from protem.domain.hours import Hours, Span
from protem.domain.selectors import Accounts, People, PermissionSets
from protem.domain.windows import Window
from tests.broker.writing import OFFICE, STEP, written


def rule(**keys: str) -> Entitlement:
    document = parse(written(**keys), file="it.yaml")
    assert entitlements(document.normal) == document.entitlements
    return document.entitlements[0]


def test_people_may_ask_for_others() -> None:
    assert rule(requesters_for="{users: [a], groups: [b]}").requesters_for == People(("a",), ("b",))


def test_permission_sets_are_picked_by_name_pattern_and_tag() -> None:
    found = rule(permission_sets="{names: [A], patterns: ['*b?'], tags: {risk: low}, except: [C]}")
    assert found.permission_sets == PermissionSets(
        names=("A",), patterns=("*b?",), tags=(("risk", frozenset({"low"})),), excluded=("C",)
    )


def test_accounts_are_picked_by_id_name_place_and_tag() -> None:
    found = rule(
        accounts="{ids: [012345678901], names: [x], organizational_units: [/Workloads/ Prod/,"
        " ou-1111-11111111], tags: {owner: me, env: [staging, prod]}, except: [y, '999988887777']}"
    )
    assert found.accounts == Accounts(
        named=("012345678901", "x"),
        units=("Workloads/Prod", "ou-1111-11111111"),
        tags=(("env", frozenset({"prod", "staging"})), ("owner", frozenset({"me"}))),
        excluded=("999988887777", "y"),
    )


def test_tickets_have_a_pattern() -> None:
    found = rule(ticket=r"{required: true, pattern: '^[A-Z]+-\d+$'}").ticket
    assert found == Ticket(required=True, pattern=LinearPattern(r"^[A-Z]+-\d+$"))


def test_hours_of_the_week_are_in_a_time_zone() -> None:
    assert rule(allowed_hours=OFFICE).allowed_hours == Hours(
        "Europe/Berlin",
        (
            Span(frozenset({0, 1}), time(8), time(18)),
            Span(frozenset({5}), time(22), time(0)),
        ),
    )


def test_a_window_until_midnight_ends_when_the_day_does() -> None:
    found = rule(
        allowed_hours="{time_zone: UTC, windows: [{days: [mon], from: '00:00', to: '24:00'}]}"
    ).allowed_hours
    monday = datetime(2026, 11, 2, tzinfo=UTC)
    assert found
    assert found.cover(Window(monday, monday + timedelta(days=1)))
    assert not found.cover(Window(monday, monday + timedelta(days=1, seconds=1)))


def test_how_often_and_how_soon_again() -> None:
    found = rule(maximum_concurrent="2", cool_down="PT1H", extension="{maximum_count: 3, maximum: PT30M}")
    assert (found.maximum_concurrent, found.cool_down) == (2, timedelta(hours=1))
    assert found.extension == Extension(maximum_count=3, maximum=timedelta(minutes=30))


def test_steps_have_conditions_and_owners() -> None:
    found = rule(
        approval="{steps: [{name: a, approvers: {users: [x], owner_tag: owner}, required: 3, when:"
        " {duration_over: PT2H, account_tags: {env: prod}, permission_sets: {names: [A]},"
        f" outside_hours: {OFFICE}}}}}]}}"
    ).approval
    assert found
    (step,) = found.steps
    assert step.approvers == People(users=("x",), owner_tag="owner")
    assert step.when == (
        When(
            duration_over=timedelta(hours=2),
            account_tags=(("env", frozenset({"prod"})),),
            permission_sets=PermissionSets(names=("A",)),
            outside=rule(allowed_hours=OFFICE).allowed_hours,
        ),
    )


def test_broken_glass_is_told_to_somebody() -> None:
    found = rule(break_glass="true", notify="{groups: [security]}")
    assert (found.break_glass, found.notify) == (True, People(groups=("security",)))


def test_what_becomes_of_live_access() -> None:
    assert rule().on_eligibility_lost is OnEligibilityLost.KEEP
    assert rule(on_eligibility_lost="end").on_eligibility_lost is OnEligibilityLost.END
    assert rule().when_removed_outside is WhenRemovedOutside.END
    assert rule(when_removed_outside="renew").when_removed_outside is WhenRemovedOutside.RENEW


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"accounts": "{tags: {env: prod}}"}, {"accounts": "{tags: {env: [prod]}}"}),
        (
            {"accounts": "{tags: {env: prod, owner: [b, a]}}"},
            {"accounts": "{tags: {owner: [a, b], env: prod}}"},
        ),
        (
            {"allowed_hours": OFFICE},
            {"allowed_hours": OFFICE.replace("[tue, mon]", "[mon, tue]").replace("to: 00:00", "to: '24:00'")},
        ),
        ({}, {}),
        (
            {"approval": "{steps: [{name: a, approvers: {users: [x]}, when: {duration_over: PT1H}}]}"},
            {"approval": "{steps: [{name: a, approvers: {users: [x]}, when: [{duration_over: PT60M}]}]}"},
        ),
        ({"break_glass": "false"}, {"on_eligibility_lost": "keep", "when_removed_outside": "end"}),
    ],
)
def test_two_ways_to_write_the_same_have_one_digest(one: dict[str, str], other: dict[str, str]) -> None:
    trusted = "trusted_tags: [owner, env]\n"
    assert parse(written(**one), file="x").digest == parse(written(trusted, **other), file="x").digest


def test_a_plan_shows_hours_tags_and_conditions_by_name() -> None:
    approval = STEP % "[{duration_over: PT2H}]"
    before = parse(written(allowed_hours=OFFICE, approval=approval), file="it.yaml").normal
    after = parse(
        written(
            allowed_hours=OFFICE.replace("18:00", "19:00"),
            approval=approval.replace("PT2H", "PT3H"),
            accounts="{tags: {env: prod}}",
        ),
        file="it.yaml",
    ).normal
    (changed,) = between(before, after).changed
    assert {change.field: (change.before, change.after) for change in changed.fields} == {
        "accounts.ids": (["111122223333"], []),
        "accounts.tags.env": (None, ["prod"]),
        "allowed_hours.windows": (
            ["mon tue 08:00-18:00", "sat 22:00-24:00"],
            ["mon tue 08:00-19:00", "sat 22:00-24:00"],
        ),
        "approval.steps[a].when[0].duration_over": ("PT2H", "PT3H"),
    }
