"""Which way a change of a rule goes."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import time, timedelta
from typing import Any

import pytest

from protem.domain import leeway
from protem.domain.entitlements import (
    Approval,
    ApprovalStep,
    DurationLimits,
    Entitlement,
    Extension,
    OnEligibilityLost,
    Ticket,
    When,
    WhenRemovedOutside,
)
from protem.domain.hours import Hours, Span
from protem.domain.selectors import Accounts, People, PermissionSets

HOUR = timedelta(hours=1)
LEADS, SECURITY = People(groups=("leads",)), People(groups=("security",), owner_tag="owner")


@dataclass(frozen=True)
class Pattern:
    text: str

    def fits(self, ticket: str) -> bool:
        return ticket == self.text


def steps(*found: ApprovalStep, through: tuple[str, ...] = ()) -> Approval:
    return Approval(found, expires_after=HOUR, through=through)


def rule(**values: Any) -> Entitlement:
    plain = Entitlement(
        name="admin",
        requesters=LEADS,
        permission_sets=PermissionSets(names=("Admin",)),
        accounts=Accounts(all=True),
        duration=DurationLimits(HOUR, 4 * HOUR),
        justification_minimum_length=5,
        approval=steps(ApprovalStep("lead", LEADS)),
    )
    return replace(plain, **values)


WIDER: dict[str, tuple[Entitlement, Entitlement]] = {
    "approval is no longer needed": (rule(), rule(approval=None)),
    "step second is no longer needed": (
        rule(approval=steps(ApprovalStep("lead", LEADS), ApprovalStep("second", LEADS))),
        rule(),
    ),
    "step lead needs 1 instead of 2": (rule(approval=steps(ApprovalStep("lead", LEADS, 2))), rule()),
    "step lead is needed under conditions only": (
        rule(),
        rule(approval=steps(ApprovalStep("lead", LEADS, when=(When(duration_over=HOUR),)))),
    ),
    "slack may now relay decisions": (
        rule(),
        rule(approval=steps(ApprovalStep("lead", LEADS), through=("slack",))),
    ),
    "access may last PT8H instead of PT4H": (rule(), rule(duration=DurationLimits(HOUR, 8 * HOUR))),
    "access can now be extended": (rule(), rule(extension=Extension(1, HOUR))),
    "extensions: 2 instead of 1": (rule(extension=Extension(1, HOUR)), rule(extension=Extension(2, HOUR))),
    "one extension may last PT2H instead of PT1H": (
        rule(extension=Extension(1, HOUR)),
        rule(extension=Extension(1, 2 * HOUR)),
    ),
    "the shortest justification has 3 characters instead of 5": (
        rule(),
        rule(justification_minimum_length=3),
    ),
    "a ticket is no longer needed": (rule(ticket=Ticket(required=True)), rule()),
    "tickets no longer have to look a certain way": (rule(ticket=Ticket(pattern=Pattern("A-1"))), rule()),
    "the hours of access are no longer limited": (
        rule(allowed_hours=Hours("UTC", (Span(frozenset({0}), time(8), time(18)),))),
        rule(),
    ),
    "grants at a time are no longer limited": (rule(maximum_concurrent=1), rule()),
    "grants at a time: 2 instead of 1": (rule(maximum_concurrent=1), rule(maximum_concurrent=2)),
    "how soon access is given again is no longer limited": (rule(cool_down=HOUR), rule()),
    "cool-down: PT1H instead of PT2H": (rule(cool_down=2 * HOUR), rule(cool_down=HOUR)),
    "it is break-glass no longer: access is not reviewed": (rule(break_glass=True), rule()),
    "who loses eligibility keeps live access": (rule(on_eligibility_lost=OnEligibilityLost.END), rule()),
    "access that is removed outside is made anew": (
        rule(),
        rule(when_removed_outside=WhenRemovedOutside.RENEW),
    ),
}


@pytest.mark.parametrize("sentence", WIDER)
def test_what_makes_asking_easier_widens_and_the_way_back_narrows(sentence: str) -> None:
    before, after = WIDER[sentence]
    assert leeway.between(before, after) == leeway.Leeway(widens=(sentence,))
    back = leeway.between(after, before)
    assert (len(back.narrows), back.widens) == (1, ())


def test_other_approvers_are_told_both_ways() -> None:
    found = leeway.between(rule(), rule(approval=steps(ApprovalStep("lead", SECURITY))))
    assert found.widens == ("step lead may be served by security, the owner by tag owner",)
    assert found.narrows == ("step lead may no longer be served by leads",)


def test_names_are_never_read_as_templates() -> None:
    odd = rule(approval=steps(ApprovalStep("{0.secret}", SECURITY)))
    wider = rule(approval=steps(ApprovalStep("{0.secret}", People(users=("{}",)))))
    assert leeway.between(odd, wider).widens == ("step {0.secret} may be served by {}",)


UNTOLD: dict[str, Callable[[], Entitlement]] = {
    "the description": lambda: rule(description="new"),
    "the default duration": lambda: rule(duration=DurationLimits(2 * HOUR, 4 * HOUR)),
    "the same": rule,
}


@pytest.mark.parametrize("what", UNTOLD)
def test_what_makes_nothing_easier_or_harder_is_in_neither(what: str) -> None:
    assert leeway.between(rule(), UNTOLD[what]()) == leeway.Leeway()
