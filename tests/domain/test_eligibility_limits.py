"""The rules that an entitlement may have besides: who speaks for whom, tickets, hours, extensions, owners."""

import re
from dataclasses import dataclass, replace
from datetime import time, timedelta

import pytest

from protem.domain.catalogue import Target
from protem.domain.decisions import Verdict
from protem.domain.eligibility import Ask, matching, may_request, may_still
from protem.domain.entitlements import Approval, ApprovalStep, Entitlement, Extension, Policy, Ticket
from protem.domain.histories import NO_HISTORY, History
from protem.domain.hours import Hours, Span
from protem.domain.selectors import People
from protem.domain.windows import Window
from tests.domain.test_eligibility import ALICE, ASK, BOUNDS, DEV, ENGINEERS, ERIN, HOUR, NOW, PROD, RULE

SECOND = timedelta(seconds=1)
FOR_ALICE = replace(ASK, requester=ERIN)


@dataclass(frozen=True)
class Written:
    """A pattern as Python's own expressions have it."""

    text: str

    def fits(self, ticket: str) -> bool:
        return re.fullmatch(self.text, ticket) is not None


def refused(rule: Entitlement, ask: Ask = ASK, history: History = NO_HISTORY) -> list[str]:
    decision = may_request(rule, ask, bounds=BOUNDS, now=NOW, history=history)
    return [check.rule for check in decision.refusals]


@pytest.mark.parametrize(
    ("speakers", "verdict"),
    [
        (People(users=("ERIN",)), []),
        (People(users=("bob",)), ["requesters_for"]),
        (People(), ["requesters_for"]),
        (People(groups=("engineers",)), ["requesters_for"]),
    ],
)
def test_only_those_who_are_named_ask_for_somebody_else(speakers: People, verdict: list[str]) -> None:
    assert refused(replace(RULE, requesters_for=speakers), FOR_ALICE) == verdict


def test_asking_for_others_is_no_right_to_ask_for_oneself() -> None:
    rule = replace(RULE, requesters_for=People(users=("erin",)))
    assert refused(rule, replace(ASK, requester=ERIN, beneficiary=ERIN)) == ["requesters"]
    assert refused(rule, replace(ASK, beneficiary=ERIN)) == ["requesters", "requesters_for"]
    assert not rule.lets_ask(ERIN, beneficiary=ERIN)
    assert rule.lets_ask(ERIN, beneficiary=ALICE)
    assert rule.lets_ask(ALICE, beneficiary=ALICE)


def test_an_entitlement_matches_only_for_whom_it_lets_one_ask() -> None:
    policy = Policy(1, "", (RULE, replace(RULE, name="for", requesters_for=People(users=("erin",)))))
    assert [rule.name for rule in matching(policy, ERIN, ASK.targets, beneficiary=ALICE)] == ["for"]
    assert matching(policy, ERIN, ASK.targets) == ()
    assert matching(policy, ALICE, ASK.targets, beneficiary=ERIN) == ()


@pytest.mark.parametrize(
    ("rule", "ticket", "verdict"),
    [
        (Ticket(required=True), None, ["ticket"]),
        (Ticket(required=True), "anything", []),
        (Ticket(pattern=Written(r"OPS-\d+")), None, []),
        (Ticket(pattern=Written(r"OPS-\d+")), "OPS-12", []),
        (Ticket(pattern=Written(r"OPS-\d+")), "OPS-12 and more", ["ticket_pattern"]),
        (Ticket(required=True, pattern=Written(r"OPS-\d+")), None, ["ticket"]),
        (Ticket(required=True, pattern=Written(r"OPS-\d+")), "x", ["ticket_pattern"]),
    ],
)
def test_a_ticket_is_there_and_looks_as_it_should(
    rule: Ticket, ticket: str | None, verdict: list[str]
) -> None:
    assert refused(replace(RULE, ticket=rule), replace(ASK, ticket=ticket)) == verdict


@pytest.mark.parametrize(
    ("opens", "closes", "verdict"),
    [(9, 10, []), (8, 17, []), (9, 9, []), (10, 17, ["allowed_hours"]), (22, 6, ["allowed_hours"])],
)
def test_the_whole_access_lies_within_the_hours(opens: int, closes: int, verdict: list[str]) -> None:
    hours = Hours("UTC", (Span(frozenset(range(7)), time(opens), time(closes)),))
    rule = replace(RULE, allowed_hours=hours)
    assert refused(rule) == verdict
    assert refused(rule, replace(ASK, starts_at=NOW + 24 * HOUR)) == verdict


def test_access_that_outlasts_the_hours_is_refused_to_the_second() -> None:
    rule = replace(RULE, allowed_hours=Hours("UTC", (Span(frozenset({0}), time(9), time(10)),)))
    assert refused(rule, replace(ASK, duration=HOUR + SECOND)) == ["allowed_hours"]
    assert refused(rule, replace(ASK, starts_at=NOW + SECOND)) == ["allowed_hours"]
    assert refused(rule, replace(ASK, starts_at=NOW + 7 * 24 * HOUR)) == []


def test_an_account_without_an_owner_leaves_the_approvers_open() -> None:
    owners = ApprovalStep("owner", People(owner_tag="owner"))
    rule = replace(RULE, approval=Approval((owners,), HOUR))
    decision = may_request(rule, ASK, bounds=BOUNDS, now=NOW)
    (check,) = decision.refusals
    assert (check.rule, check.verdict, check.field) == ("approvers", Verdict.NOT_EVALUATED, "targets")
    owned = Target(replace(PROD, tags=frozenset({("owner", "leads")})), ASK.targets[0].permission_set)
    assert refused(rule, replace(ASK, targets=(owned,))) == []


GRANT = Window(NOW - HOUR, NOW + HOUR)
LONGER = replace(ASK, duration=HOUR, extends=GRANT)
EXTENSIBLE = replace(RULE, extension=Extension(maximum_count=2, maximum=HOUR))


@pytest.mark.parametrize(
    ("rule", "ask", "before", "verdict"),
    [
        (EXTENSIBLE, LONGER, 0, []),
        (EXTENSIBLE, LONGER, 1, []),
        (EXTENSIBLE, LONGER, 2, ["extensions"]),
        (RULE, LONGER, 0, ["extensions"]),
        (EXTENSIBLE, replace(LONGER, duration=HOUR + SECOND), 0, ["extension"]),
        (EXTENSIBLE, replace(LONGER, duration=SECOND), 0, ["minimum_duration"]),
        (EXTENSIBLE, replace(LONGER, requester=ERIN, beneficiary=ERIN), 0, ["requesters"]),
        (EXTENSIBLE, replace(LONGER, targets=(Target(DEV, ASK.targets[0].permission_set),)), 0, ["accounts"]),
    ],
)
def test_a_grant_is_extended_by_the_rules(
    rule: Entitlement, ask: Ask, before: int, verdict: list[str]
) -> None:
    assert refused(rule, ask, History(windows=(GRANT,), extensions=before)) == verdict


def test_an_extension_is_asked_for_in_addition_to_the_longest_duration() -> None:
    longest = Window(NOW - 3 * HOUR, NOW + HOUR)
    ask, history = replace(LONGER, extends=longest), History(windows=(longest,))
    assert ask.total(EXTENSIBLE) == 5 * HOUR
    assert refused(EXTENSIBLE, ask, history) == []
    assert refused(EXTENSIBLE, replace(ask, extends=Window(NOW - 5 * HOUR, NOW + HOUR)), history) == [
        "extension_total"
    ]


def test_an_extension_stays_within_the_hours() -> None:
    rule = replace(EXTENSIBLE, allowed_hours=Hours("UTC", (Span(frozenset({0}), time(8), time(11)),)))
    assert refused(rule, LONGER) == []
    assert refused(rule, replace(LONGER, extends=Window(NOW, NOW + 2 * HOUR))) == ["allowed_hours"]


def test_what_was_asked_is_asked_again_by_the_rules_in_force() -> None:
    def still(rule: Entitlement, ask: Ask, history: History = NO_HISTORY) -> list[str]:
        return [check.rule for check in may_still(rule, ask, now=NOW, history=history).refusals]

    one = replace(RULE, maximum_concurrent=1)
    assert still(RULE, ASK) == []
    assert still(RULE, FOR_ALICE) == ["requesters_for"]
    assert still(one, ASK, History(windows=(GRANT,))) == ["maximum_concurrent"]
    assert still(RULE, LONGER) == ["extensions"]
    assert still(EXTENSIBLE, LONGER, History(windows=(GRANT,))) == []


def test_a_group_that_is_called_like_an_engineer_s_is_not_theirs() -> None:
    assert refused(replace(RULE, requesters=People(groups=(ENGINEERS.name + "s",)))) == ["requesters"]


def test_nobody_goes_through_the_days_of_decades_to_refuse_them() -> None:
    ask = replace(ASK, duration=timedelta(days=23_000))
    assert ask.window(RULE, NOW).ends_at - NOW <= timedelta(days=366)
    assert refused(RULE, ask) == ["duration"]
