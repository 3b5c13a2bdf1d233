"""Conditions and owners are worked out for each request, and never to somebody's favour by mistake."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from datetime import time as clock

import pytest

from protem.domain.catalogue import Account, PermissionSet, Person, Target
from protem.domain.entitlements import Approval, ApprovalStep, When
from protem.domain.hours import Hours, Span
from protem.domain.selectors import People, PermissionSets
from protem.domain.steps import OwnerUnknownError, Step, needed, steps_for
from protem.domain.windows import Window
from tests.policies import HOUR

LEADS, OWNER = People(groups=("leads",)), People(owner_tag="owner")
OFFICE = Hours("UTC", (Span(frozenset(range(5)), clock(9), clock(17)),))
NIGHT = Hours("UTC", (Span(frozenset(range(7)), clock(22), clock(6)),))
MONDAY = datetime(2026, 1, 5, tzinfo=UTC)


def target(number: int = 1, permission_set: str = "Admin", **tags: str) -> Target:
    return Target(
        Account(f"{number:012}", f"account-{number}", tags=frozenset(tags.items())),
        PermissionSet(f"arn:{permission_set}", permission_set, "arn:instance", "sha256:1", HOUR),
    )


PROD, DEV = target(1, env="prod", owner="leads"), target(2, env="dev", owner="dave@example.com")
IN_PROD = When(account_tags=(("env", frozenset({"prod"})),))
ADMIN = When(permission_sets=PermissionSets(names=("admin",)))


def steps(
    *rules: ApprovalStep, targets: Sequence[Target] = (PROD,), duration: timedelta = HOUR
) -> list[Step]:
    return list(steps_for(Approval(rules, HOUR), targets, duration=duration))


def lead(*when: When, approvers: People = LEADS) -> ApprovalStep:
    return ApprovalStep("lead", approvers, when=when)


def test_no_approval_wants_nobody() -> None:
    assert steps_for(None, (PROD,), duration=HOUR) == ()


def test_a_step_without_conditions_is_always_needed() -> None:
    assert steps(replace(lead(), required=2)) == [Step("lead", LEADS, 2)]
    assert steps(lead())[0].needed(Window(MONDAY, MONDAY + HOUR))


@pytest.mark.parametrize(
    ("when", "targets", "duration", "holds"),
    [
        ([When(duration_over=HOUR)], [PROD], HOUR, False),
        ([When(duration_over=HOUR)], [PROD], HOUR + timedelta(seconds=1), True),
        ([IN_PROD], [PROD], HOUR, True),
        ([IN_PROD], [DEV], HOUR, False),
        ([IN_PROD], [DEV, PROD], HOUR, True),
        ([ADMIN], [target(permission_set="Read")], HOUR, False),
        ([ADMIN], [target(permission_set="ADMIN")], HOUR, True),
        ([replace(IN_PROD, duration_over=HOUR)], [PROD], HOUR, False),
        ([replace(IN_PROD, duration_over=HOUR)], [DEV], 2 * HOUR, False),
        ([replace(IN_PROD, duration_over=HOUR)], [PROD], 2 * HOUR, True),
        ([IN_PROD, When(duration_over=HOUR)], [DEV], 2 * HOUR, True),
        ([IN_PROD, When(duration_over=HOUR)], [PROD], HOUR, True),
        ([IN_PROD, When(duration_over=HOUR)], [DEV], HOUR, False),
        ([When()], [DEV], HOUR, True),
    ],
)
def test_all_of_one_condition_and_any_of_several(
    when: list[When],
    targets: list[Target],
    duration: timedelta,
    *,
    holds: bool,
) -> None:
    assert bool(steps(lead(*when), targets=targets, duration=duration)) is holds


def test_what_a_condition_says_of_a_target_holds_for_one_and_the_same() -> None:
    admin_in_prod = replace(IN_PROD, permission_sets=ADMIN.permission_sets)
    apart = [target(1, "Read", env="prod"), target(2, "Admin", env="dev")]
    assert steps(lead(admin_in_prod), targets=apart) == []
    assert steps(lead(admin_in_prod), targets=[*apart, target(1, "Admin", env="prod")]) != []


@pytest.mark.parametrize(
    ("start", "length", "wanted"),
    [
        (MONDAY + 9 * HOUR, 8 * HOUR, False),
        (MONDAY + 9 * HOUR, 8 * HOUR + timedelta(seconds=1), True),
        (MONDAY + 8 * HOUR, 2 * HOUR, True),
        (MONDAY - 12 * HOUR, HOUR, True),
        (MONDAY + 12 * HOUR, 24 * HOUR, True),
    ],
)
def test_a_step_for_outside_of_hours_goes_by_the_time_of_the_access(
    start: datetime,
    length: timedelta,
    *,
    wanted: bool,
) -> None:
    found = steps(lead(When(outside=OFFICE)))
    assert found == [Step("lead", LEADS, 1, (OFFICE,))]
    window = Window(start, start + length)
    assert found[0].needed(window) is wanted
    assert needed(found, window) == (tuple(found) if wanted else ())


def test_hours_count_only_with_the_rest_of_their_condition() -> None:
    outside_in_prod = replace(IN_PROD, outside=OFFICE)
    assert steps(lead(outside_in_prod), targets=[DEV]) == []
    assert steps(lead(outside_in_prod))[0].outside == (OFFICE,)


def test_one_condition_that_holds_at_any_time_makes_hours_pointless() -> None:
    assert steps(lead(When(outside=OFFICE), IN_PROD))[0].outside == ()
    assert steps(lead(When(outside=OFFICE), IN_PROD), targets=[DEV])[0].outside == (OFFICE,)


def test_a_step_is_needed_outside_of_any_of_several_hours() -> None:
    both = Step("lead", LEADS, 1, (OFFICE, NIGHT))
    assert both.needed(Window(MONDAY + 10 * HOUR, MONDAY + 11 * HOUR))
    assert both.needed(Window(MONDAY + 23 * HOUR, MONDAY + 24 * HOUR))


def test_an_owner_is_a_user_or_a_group_beside_those_who_are_named() -> None:
    approvers = People(users=("erin",), groups=("security",), owner_tag="owner")
    (step,) = steps(lead(approvers=approvers))
    assert step.approvers == People(users=("erin", "leads"), groups=("security", "leads"))
    assert step.name == "lead"
    assert not step.approvers.include(Person("u-1", "owner"))


def test_each_owner_is_asked_about_their_own_accounts() -> None:
    found = steps(lead(approvers=OWNER), targets=[PROD, DEV, target(3, owner="leads")])
    assert [(step.name, step.approvers.users) for step in found] == [
        ("lead:leads", ("leads",)),
        ("lead:dave@example.com", ("dave@example.com",)),
    ]


def test_an_owner_is_the_same_in_whatever_spelling() -> None:
    (step,) = steps(lead(approvers=OWNER), targets=[PROD, target(3, owner="LEADS ")])
    assert step.name == "lead"


@pytest.mark.parametrize("tags", [{}, {"Owner": "leads"}, {"owner": ""}])
def test_an_account_without_an_owner_has_nobody_to_ask(tags: dict[str, str]) -> None:
    with pytest.raises(OwnerUnknownError, match=r"account-3 \(000000000003\), which has no tag owner"):
        steps(lead(approvers=OWNER), targets=[PROD, target(3, **tags)])


def test_only_owners_of_accounts_that_a_condition_is_about_are_asked() -> None:
    (step,) = steps(lead(IN_PROD, approvers=OWNER), targets=[PROD, DEV, target(3)])
    assert (step.name, step.approvers.users) == ("lead", ("leads",))
    assert steps(lead(IN_PROD, approvers=OWNER), targets=[DEV, target(3)]) == []


def test_hours_are_those_of_the_owner_s_own_accounts() -> None:
    rule = lead(IN_PROD, When(outside=OFFICE), approvers=OWNER)
    found = steps(rule, targets=[PROD, DEV])
    assert [(step.name, step.outside) for step in found] == [
        ("lead:leads", ()),
        ("lead:dave@example.com", (OFFICE,)),
    ]
