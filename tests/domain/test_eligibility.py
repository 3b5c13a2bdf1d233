"""One entitlement decides every dimension of an ask, and says why."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from protem.domain.catalogue import Account, Group, PermissionSet, Person, Target
from protem.domain.eligibility import Ask, Bounds, matching, may_request, still_allowed
from protem.domain.entitlements import DurationLimits, Entitlement, Policy
from protem.domain.selectors import Accounts, People, PermissionSets

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
HOUR, TICK = timedelta(hours=1), timedelta(microseconds=1)
BOUNDS = Bounds(minimum_duration=timedelta(minutes=1), maximum_start_ahead=timedelta(days=7))

ENGINEERS = Group("g-1", "Engineers")
ALICE = Person("u-alice", "alice@example.com", frozenset({ENGINEERS}))
ERIN = Person("u-erin", "erin")
ADMIN = PermissionSet("arn:admin", "Admin", "arn:instance", "sha256:1", HOUR)
READ = PermissionSet("arn:read", "Read", "arn:instance", "sha256:2", HOUR)
PROD, DEV = Account("111111111111", "prod"), Account("222222222222", "dev")
RULE = Entitlement(
    name="prod-admin",
    requesters=People(groups=("engineers",)),
    permission_sets=PermissionSets(("Admin",)),
    accounts=Accounts(named=(PROD.id,)),
    duration=DurationLimits(default=HOUR, maximum=4 * HOUR),
    justification_minimum_length=5,
)
ASK = Ask(
    requester=ALICE,
    beneficiary=ALICE,
    targets=(Target(PROD, ADMIN),),
    duration=HOUR,
    justification="incident",
)


def refused(ask: Ask = ASK, rule: Entitlement = RULE) -> list[str]:
    return [check.rule for check in may_request(rule, ask, bounds=BOUNDS, now=NOW).refusals]


def test_an_ask_within_every_limit_is_allowed() -> None:
    assert may_request(RULE, ASK, bounds=BOUNDS, now=NOW).allowed


@pytest.mark.parametrize(
    ("ask", "rule"),
    [
        (replace(ASK, requester=ERIN, beneficiary=ERIN), "requesters"),
        (replace(ASK, targets=(Target(DEV, ADMIN),)), "accounts"),
        (replace(ASK, targets=(Target(PROD, READ),)), "permission_sets"),
        (replace(ASK, targets=(Target(replace(PROD, status="SUSPENDED"), ADMIN),)), "account_status"),
        (replace(ASK, duration=4 * HOUR + timedelta(seconds=1)), "duration"),
        (replace(ASK, duration=timedelta(seconds=59)), "minimum_duration"),
        (replace(ASK, duration=timedelta()), "minimum_duration"),
        (replace(ASK, starts_at=NOW - TICK), "earliest_start"),
        (replace(ASK, starts_at=NOW + timedelta(days=7) + TICK), "latest_start"),
        (replace(ASK, justification="oops"), "justification"),
        (replace(ASK, justification="    \n\t   "), "justification"),
        (replace(ASK, justification="oops" + "\u200b" * 50), "justification"),
    ],
)
def test_each_rule_refuses_by_itself(ask: Ask, rule: str) -> None:
    assert refused(ask) == [rule]


@pytest.mark.parametrize(
    "ask",
    [
        replace(ASK, duration=4 * HOUR),
        replace(ASK, duration=timedelta(minutes=1)),
        replace(ASK, starts_at=NOW),
        replace(ASK, starts_at=NOW + timedelta(days=7)),
        replace(ASK, justification="12345"),
    ],
)
def test_limits_include_their_bounds(ask: Ask) -> None:
    assert refused(ask) == []


def test_all_that_is_wrong_is_said_at_once() -> None:
    ask = replace(ASK, targets=(Target(PROD, ADMIN), Target(DEV, READ)), duration=9 * HOUR, justification="")
    assert refused(ask) == ["accounts", "permission_sets", "duration", "justification"]


def test_every_check_is_reported_not_only_the_failed_ones() -> None:
    decision = may_request(RULE, replace(ASK, duration=9 * HOUR), bounds=BOUNDS, now=NOW)
    assert len(decision.checks) > len(decision.refusals) == 1


def test_a_reason_names_the_rule_that_decided() -> None:
    (reason,) = may_request(RULE, replace(ASK, duration=9 * HOUR), bounds=BOUNDS, now=NOW).refusals
    assert reason.explanation == "PT9H is longer than the PT4H that prod-admin allows"
    assert reason.field == "duration"


def test_an_exception_takes_away_last() -> None:
    everywhere = replace(RULE, accounts=Accounts(all=True, named=(DEV.id,), excluded=(DEV.id,)))
    assert refused(rule=everywhere) == []
    assert refused(replace(ASK, targets=(Target(DEV, ADMIN),)), everywhere) == ["accounts"]


def test_users_and_groups_add_up() -> None:
    people = People(users=("ERIN",), groups=("Engineers",))
    assert people.include(ALICE)
    assert people.include(Person("u-erin", "Erin"))
    assert not people.include(Person("u-bob", "bob"))
    assert not People().include(ALICE)


def test_a_person_is_not_a_group_of_the_same_name() -> None:
    assert not People(groups=("engineers",)).include(Person("u-1", "engineers"))
    assert not People(users=("engineers",)).include(ALICE)


def test_an_entitlement_matches_only_if_it_covers_every_target() -> None:
    reading = replace(RULE, name="read", permission_sets=PermissionSets(("Read",)))
    policy = Policy(1, "", (RULE, reading))
    assert matching(policy, ALICE, [Target(PROD, ADMIN)]) == (RULE,)
    assert matching(policy, ALICE, [Target(PROD, ADMIN), Target(PROD, READ)]) == ()


def test_limits_of_two_entitlements_are_never_mixed() -> None:
    longer = replace(
        RULE, name="longer", accounts=Accounts(named=(DEV.id,)), duration=DurationLimits(HOUR, 9 * HOUR)
    )
    policy = Policy(1, "", (RULE, longer))
    (found,) = matching(policy, ALICE, ASK.targets)
    assert refused(replace(ASK, duration=9 * HOUR), found) == ["duration"]


def test_the_empty_policy_matches_nothing() -> None:
    assert matching(Policy(), ALICE, ASK.targets) == ()
    assert Policy().named("prod-admin") is None


def test_an_entitlement_is_found_without_regard_to_case() -> None:
    assert Policy(1, "", (RULE,)).named("Prod-Admin") == RULE


@pytest.mark.parametrize(
    ("beneficiary", "target", "rule"),
    [
        (Person("u-alice", "alice@example.com"), Target(PROD, ADMIN), "requesters"),
        (ALICE, Target(DEV, ADMIN), "accounts"),
        (ALICE, Target(PROD, READ), "permission_sets"),
        (ALICE, Target(replace(PROD, status="SUSPENDED"), ADMIN), "account_status"),
    ],
)
def test_what_was_allowed_may_be_so_no_more(beneficiary: Person, target: Target, rule: str) -> None:
    decision = still_allowed(RULE, beneficiary=beneficiary, target=target)
    assert [check.rule for check in decision.refusals] == [rule]
    assert still_allowed(RULE, beneficiary=ALICE, target=Target(PROD, ADMIN)).allowed
