"""Dry runs: what they say is what submitting does, and why, and what to do about it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from protem.broker import explaining
from protem.broker.callers import Caller
from protem.broker.explaining import Explanation
from protem.broker.possession import How
from protem.broker.requests import Submission
from protem.domain.decisions import Verdict
from protem.domain.errors import (
    Forbidden,
    InvalidInput,
    Refusal,
    ScopeMissing,
    UnknownAccount,
    UnknownEntitlement,
)
from protem.domain.locks import LockKind
from tests.broker.stops import stop
from tests.broker.test_suggestions import followed
from tests.broker.worlds import ADMIN, ALPHA, BETA, BOUNDS, SUSPENDED, World, arn, asking, user_name

HOUR = timedelta(hours=1)
ADMIN_ACCESS = "AdministratorAccess"

RULES = """
trusted_tags: [env, owner]
entitlements:
  - name: admin
    requesters: {groups: [engineers]}
    permission_sets: {names: [AdministratorAccess]}
    accounts: {names: [alpha]}
    duration: {default: PT1H, maximum: PT4H}
KEYS
  - name: leads-only
    requesters: {groups: [leads, security]}
    permission_sets: {names: [AdministratorAccess]}
    accounts: {names: [beta]}
    duration: {default: PT1H, maximum: PT4H}
  - name: read
    requesters: {groups: [engineers]}
    permission_sets: {names: [ReadOnlyAccess]}
    accounts: {all: true}
    duration: {default: PT1H, maximum: PT4H}
"""


def in_force(world: World, *keys: str) -> None:
    """Put the rules in force, with further keys of the first entitlement."""
    world.apply(RULES.replace("KEYS", "".join(f"    {key}\n" for key in keys)))


def tried(world: World, wish: Submission, by: str | Caller = "alice") -> Explanation:
    caller = by if isinstance(by, Caller) else world.person(by)
    before = world.contents()
    with world.store.reading() as session:
        found = explaining.dry_run(session, caller, wish, bounds=BOUNDS, now=world.clock.now())
    assert world.contents() == before
    return found


def advice(world: World, wish: Submission, by: str = "alice") -> list[tuple[str, Mapping[str, Any] | None]]:
    """Return the suggestions, each followed as far as a body can follow it."""
    found = tried(world, wish, by)
    for one in found.suggestions:
        if one.change is not None:
            assert tried(world, followed(wish, one.change), by).evaluation.refusal is None
    return [(one.sentence, one.change) for one in found.suggestions]


def code(found: Explanation) -> str | None:
    return found.evaluation.refusal.code if found.evaluation.refusal else None


def test_what_needs_approval_says_whose(world: World) -> None:
    found = tried(world, asking())
    assert (code(found), found.evaluation.entitlement and found.evaluation.entitlement.name) == (
        None,
        "admin",
    )
    (step,) = found.steps
    assert (step.step.name, step.needed, step.enough) == ("lead", True, True)
    assert list(step.people.values()) == [user_name("carol"), user_name("dave")]
    assert found.lapses_at == world.clock.now() + timedelta(hours=24)
    assert found.window
    assert found.window.ends_at == world.clock.now() + HOUR
    assert (found.suggestions, found.held, found.left_out) == ((), (), 0)


def test_what_is_given_at_once_waits_for_nobody(world: World) -> None:
    found = tried(world, asking((ALPHA, "ReadOnlyAccess")))
    assert (code(found), found.steps, found.lapses_at) == (None, (), None)


def test_every_rule_has_a_sentence_that_fits(world: World) -> None:
    found = tried(world, asking(duration=9 * HOUR))
    deciding = found.considered[0]
    said = {check.rule: (check.verdict, check.explanation) for check in deciding.checks}
    assert said["requesters"] == (Verdict.SATISFIED, "alice@example.com is among the requesters of admin")
    assert said["duration"] == (Verdict.UNSATISFIED, "PT9H is longer than the PT4H that admin allows")
    assert said["locks"] == (Verdict.SATISFIED, "no lock is on any of this")
    (other,) = found.considered[1:]
    meaningless = next(check for check in other.checks if check.rule == "duration")
    assert (other.rule.name, other.decides, meaningless.verdict) == ("read", False, Verdict.NOT_EVALUATED)
    assert meaningless.explanation.startswith("this was not looked at: read does not offer")


def test_hours_of_a_start_that_cannot_be_are_not_looked_at(world: World) -> None:
    in_force(world, "cool_down: PT1H", "maximum_concurrent: 1")
    found = tried(world, asking(starts_at=world.clock.now() - HOUR))
    verdicts = {check.rule: check.verdict for check in found.considered[0].checks}
    assert verdicts["earliest_start"] is Verdict.UNSATISFIED
    assert verdicts["cool_down"] is verdicts["maximum_concurrent"] is Verdict.NOT_EVALUATED


@pytest.mark.parametrize(
    ("wish", "kind"),
    [
        (asking(("nothing", ADMIN_ACCESS)), UnknownAccount),
        (asking(justification="\x00"), InvalidInput),
        (asking(entitlement="nothing"), UnknownEntitlement),
    ],
)
def test_words_that_mean_nothing_are_refused_as_ever(
    world: World, wish: Submission, kind: type[Refusal]
) -> None:
    with pytest.raises(kind):
        tried(world, wish)


def test_nobody_tries_what_they_could_not_submit(world: World) -> None:
    for caller, refusal in ((ADMIN, Forbidden), (world.bot(), ScopeMissing)):
        with pytest.raises(refusal):
            tried(world, asking(), caller)


def test_less_time_is_suggested(world: World) -> None:
    assert advice(world, asking(duration=timedelta(hours=4, minutes=30))) == [
        ("ask for PT4H, PT30M less", {"duration": "PT4H"})
    ]
    assert advice(world, asking(duration=timedelta(seconds=30))) == [
        ("ask for PT1M, the least that there is", {"duration": "PT1M"})
    ]


def test_several_things_can_be_wrong_at_once(world: World) -> None:
    in_force(world, "ticket: {required: true, pattern: OPS-1}", "justification: {minimum_length: 10}")
    assert advice(world, asking(duration=5 * HOUR, justification="why")) == [
        (
            "ask for PT4H, PT1H less; say why in 10 characters or more; name a ticket that looks like OPS-1",
            None,
        )
    ]


def test_a_ticket_that_nobody_wants_can_be_left_out(world: World) -> None:
    in_force(world, "ticket: {pattern: 'OPS-[0-9]+'}")
    assert advice(world, asking(ticket="what")) == [
        ("leave the ticket out", {"ticket": None}),
        ("name a ticket that looks like OPS-[0-9]+", None),
    ]


def test_a_start_is_suggested_where_time_is_in_the_way(world: World) -> None:
    now = world.clock.now()
    in_force(world)
    assert advice(world, asking(starts_at=now - HOUR)) == [
        ("leave the start out: access begins as soon as it is given", {"starts_at": None})
    ]
    ((sentence, change),) = advice(world, asking(starts_at=now + timedelta(days=9)))
    assert change == {"starts_at": f"{now + timedelta(days=7):%Y-%m-%dT%H:%M:%SZ}"}
    assert sentence == f"begin at {now + timedelta(days=7):%Y-%m-%d %H:%M:%S} UTC"


def test_hours_are_kept_by_asking_for_less_or_for_later(world: World) -> None:
    in_force(
        world,
        "allowed_hours: {time_zone: UTC, windows: [{days: [mon, tue, wed, thu, fri, sat, sun], "
        'from: "08:00", to: "18:00"}]}',
    )
    wish = asking(starts_at=tomorrow(world, 17), duration=2 * HOUR)
    assert [change for _, change in advice(world, wish)] == [
        {"duration": "PT59M"},
        {"starts_at": f"{tomorrow(world, 8) + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"},
    ]


def tomorrow(world: World, hour: int) -> datetime:
    following = world.clock.now() + timedelta(days=1)
    return following.replace(hour=hour, minute=0, second=0, microsecond=0)


def test_other_access_is_waited_for(world: World) -> None:
    in_force(world, "cool_down: PT1H", "maximum_concurrent: 1")
    world.submit(world.person("alice"), asking())
    until = world.clock.now() + 2 * HOUR
    assert advice(world, asking()) == [
        (f"begin at {until:%Y-%m-%d %H:%M:%S} UTC", {"starts_at": f"{until:%Y-%m-%dT%H:%M:%SZ}"})
    ]


def test_what_is_not_covered_is_left_out_or_replaced(world: World) -> None:
    in_force(world)
    found = advice(world, asking((ALPHA, ADMIN_ACCESS), (BETA, ADMIN_ACCESS)))
    alpha = {"account": ALPHA, "permission_set": arn(ADMIN_ACCESS)}
    assert found[0] == ("leave out AdministratorAccess in beta", {"targets": [alpha]})
    (instead,) = [change for sentence, change in found if sentence == "ask for ReadOnlyAccess instead"]
    assert instead
    assert [one["account"] for one in instead["targets"]] == [ALPHA, BETA]


def test_whoever_is_not_named_is_told_which_group_is(world: World) -> None:
    in_force(world)
    found = advice(world, asking((BETA, ADMIN_ACCESS)))
    assert found[-1] == (
        "you are not in leads (or any of security), which leads-only names: ask to be added",
        None,
    )
    assert advice(world, asking((BETA, ADMIN_ACCESS)), by="erin") == [found[-1]]
    named = tried(world, asking((BETA, ADMIN_ACCESS), entitlement="leads-only"), "erin")
    assert code(named) == "unknown-entitlement"
    assert [one.rule.name for one in named.considered] == ["leads-only"]


def test_where_several_match_each_can_be_named(world: World) -> None:
    world.apply(
        RULES.replace("KEYS", "").replace("leads, security", "engineers").replace("[beta]", "[alpha]")
    )
    assert code(tried(world, asking())) == "ambiguous-entitlement"
    assert [change for _, change in advice(world, asking())] == [
        {"entitlement": "admin"},
        {"entitlement": "leads-only"},
    ]


def test_another_entitlement_is_named_where_the_one_that_was_refuses(world: World) -> None:
    in_force(world)
    assert advice(world, asking((ALPHA, "ReadOnlyAccess"), entitlement="admin"))[0] == (
        "name the entitlement read",
        {"entitlement": "read"},
    )


def test_who_may_ask_for_nobody_else_learns_nothing_of_them(world: World) -> None:
    in_force(world)
    world.hold_standing("bob")
    found = tried(world, asking(beneficiary=user_name("bob")))
    assert (code(found), found.considered, found.held) == ("beneficiary-refused", (), ())
    assert [(one.sentence, one.change) for one in found.suggestions] == [
        ("ask for yourself", {"beneficiary": None})
    ]
    assert tried(world, asking(beneficiary=user_name("carol"))).suggestions == found.suggestions


def test_what_is_held_is_pointed_to(world: World) -> None:
    in_force(world, "extension: {maximum_count: 1, maximum: PT30M}")
    (grant,) = world.granted(world.submit(world.person("alice"), asking()))
    world.hold_standing("engineers", account=BETA)
    found = tried(world, asking((ALPHA, ADMIN_ACCESS), (BETA, ADMIN_ACCESS)))
    assert [(one.target, one.how, one.group, one.grant_id) for one in found.held] == [
        (0, How.GRANT, None, grant.id),
        (1, How.GROUP, "engineers", None),
    ]
    assert found.suggestions[0].code == "extend_grant"
    assert f"extend grant {grant.id}" in found.suggestions[0].sentence
    (only,) = tried(world, asking()).suggestions
    assert only == found.suggestions[0]


def test_what_is_held_without_asking_can_be_used(world: World) -> None:
    world.hold_standing("alice")
    found = tried(world, asking())
    assert (code(found), [one.code for one in found.suggestions]) == ("standing-access", ["use_standing"])
    assert advice(world, asking((ALPHA, ADMIN_ACCESS), (BETA, ADMIN_ACCESS)))[0][0] == (
        "leave out AdministratorAccess in alpha"
    )


def test_what_is_locked_can_be_left_out(world: World) -> None:
    stop(world, LockKind.ACCOUNT, ALPHA)
    found = tried(world, asking())
    assert (code(found), found.suggestions) == ("locked", ())
    locks = next(check for check in found.considered[0].checks if check.rule == "locks")
    assert (locks.verdict, locks.explanation) == (Verdict.UNSATISFIED, "locked: an incident")
    assert advice(world, asking((ALPHA, ADMIN_ACCESS), (BETA, ADMIN_ACCESS)))[0][0] == (
        "leave out AdministratorAccess in alpha"
    )


def test_a_step_that_nobody_could_serve_is_spared_by_asking_for_less(world: World) -> None:
    in_force(
        world,
        "approval: {steps: [{name: lead, approvers: {groups: [leads]}}, "
        "{name: ciso, approvers: {users: [alice@example.com]}, when: {duration_over: PT2H}}]}",
    )
    wish = asking(duration=3 * HOUR)
    found = tried(world, wish)
    assert code(found) == "no-approvers"
    assert [(one.step.name, len(one.people), one.enough) for one in found.steps] == [
        ("lead", 2, True),
        ("ciso", 0, False),
    ]
    assert advice(world, wish) == [("ask for PT2H, PT1H less", {"duration": "PT2H"})]


def test_what_is_in_no_state_to_be_assigned_is_refused_as_ever(world: World) -> None:
    with pytest.raises(Refusal) as caught:
        tried(world, asking((SUSPENDED, "ReadOnlyAccess")))
    assert caught.value.code == "account-not-assignable"


def test_of_many_entitlements_twenty_are_told_of(world: World) -> None:
    rules = RULES.replace("KEYS", "").partition("  - name: leads-only")[0]
    entitlement = rules.partition("entitlements:\n")[2]
    more = "".join(entitlement.replace("admin\n", f"admin-{number:02}\n") for number in range(25))
    world.apply(rules + more)
    found = tried(world, asking(entitlement="admin"))
    assert (len(found.considered), found.left_out) == (20, 6)
    assert [one.rule.name for one in found.considered[:2]] == ["admin", "admin-00"]
