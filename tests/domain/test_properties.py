"""What holds of every policy, seen in small worlds by chance."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from protem.domain.approvals import Answer, Cast, Question, may_decide, outcome, steps_open_to
from protem.domain.catalogue import Estate
from protem.domain.eligibility import Ask, matching, may_request
from protem.domain.entitlements import Entitlement, Policy
from protem.domain.histories import History
from protem.domain.steps import OwnerUnknownError, needed, steps_for
from protem.domain.windows import Window
from tests.domain import evaluator
from tests.policies import BOUNDS, MINUTE, NOW, Scene, asks, entitlements, histories, scenes

many = settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])

Option = tuple[str, str, str, str]


@st.composite
def asked(draw: st.DrawFn) -> tuple[Scene, Ask]:
    """Return a world and what somebody in it wants."""
    scene = draw(scenes())
    return scene, draw(asks(scene))


def options(scene: Scene, policy: Policy) -> Counter[Option]:
    """Return who could ask for what for whom, and under how many entitlements."""
    return Counter(
        (requester.id, beneficiary.id, target.account.id, target.permission_set.arn)
        for requester in scene.people
        for beneficiary in scene.people
        for target in scene.targets
        for _ in matching(policy, requester, [target], beneficiary=beneficiary)
    )


def allowed(policy: Policy, ask: Ask, history: History) -> list[str]:
    """Return the names of the entitlements under which an ask may be submitted."""
    return [
        rule.name
        for rule in policy.entitlements
        if may_request(rule, ask, bounds=BOUNDS, now=NOW, history=history).allowed
    ]


@given(asked(), histories)
@settings(many, max_examples=100)
def test_each_entitlement_decides_as_a_second_reading_of_the_design_does(
    case: tuple[Scene, Ask], history: History
) -> None:
    scene, ask = case
    for rule in scene.policy.entitlements:
        decision = may_request(rule, ask, bounds=BOUNDS, now=NOW, history=history)
        assert {check.rule for check in decision.refusals} == evaluator.refusing(scene, rule, ask, history)


@given(asked())
@many
def test_what_matches_is_what_a_scan_of_all_entitlements_finds(case: tuple[Scene, Ask]) -> None:
    scene, ask = case
    found = matching(scene.policy, ask.requester, ask.targets, beneficiary=ask.beneficiary)
    assert found == tuple(
        rule
        for rule in scene.policy.entitlements
        if evaluator.lets_ask(rule, ask)
        and all(evaluator.covers(scene, rule, target) for target in ask.targets)
    )


@given(scenes())
@many
def test_the_index_of_requesters_finds_what_a_scan_finds(scene: Scene) -> None:
    for person in scene.people:
        assert scene.policy.open_to(person) == tuple(
            rule for rule in scene.policy.entitlements if evaluator.belongs(rule.requesters, person)
        )


@given(asked())
@many
def test_the_people_whom_steps_ask_are_those_of_a_second_reading(case: tuple[Scene, Ask]) -> None:
    scene, ask = case
    for rule in scene.policy.entitlements:
        if not evaluator.owner_is_known(rule, ask):
            continue
        window = ask.window(rule, NOW)
        found = needed(steps_for(rule.approval, ask.targets, duration=ask.lasting(rule)), window)
        seats = [
            (frozenset(one.id for one in scene.people if step.approvers.include(one)), step.required)
            for step in found
        ]
        assert Counter(seats) == Counter(evaluator.must_agree(rule, ask, window, scene.people))
        assert len({step.name for step in found}) == len(found)


@given(asked(), histories, entitlements("another"))
@many
def test_another_entitlement_takes_no_option_away(
    case: tuple[Scene, Ask], history: History, another: Entitlement
) -> None:
    scene, ask = case
    more = replace(scene.policy, entitlements=(*scene.policy.entitlements, another))
    assert options(scene, scene.policy) <= options(scene, more)
    assert set(allowed(scene.policy, ask, history)) <= set(allowed(more, ask, history))


@given(asked(), histories, st.data())
@many
def test_a_requester_less_gives_nobody_an_option(
    case: tuple[Scene, Ask], history: History, data: st.DataObject
) -> None:
    scene, ask = case
    rules = [rule for rule in scene.policy.entitlements if rule.requesters.users or rule.requesters.groups]
    if not rules:
        return
    rule = data.draw(st.sampled_from(rules))
    gone = data.draw(st.sampled_from([*rule.requesters.users, *rule.requesters.groups]))
    fewer = replace(
        rule.requesters,
        users=tuple(one for one in rule.requesters.users if one != gone),
        groups=tuple(one for one in rule.requesters.groups if one != gone),
    )
    changed = (replace(rule, requesters=fewer) if one is rule else one for one in scene.policy.entitlements)
    less = replace(scene.policy, entitlements=tuple(changed))
    assert options(scene, less) <= options(scene, scene.policy)
    assert set(allowed(less, ask, history)) <= set(allowed(scene.policy, ask, history))


@given(asked(), histories)
@many
def test_what_several_entitlements_refuse_they_refuse_together(
    case: tuple[Scene, Ask], history: History
) -> None:
    scene, ask = case
    together = set(allowed(scene.policy, ask, history))
    alone = {
        name
        for rule in scene.policy.entitlements
        for name in allowed(replace(scene.policy, entitlements=(rule,)), ask, history)
    }
    assert together == alone


@given(scenes())
@many
def test_what_is_picked_for_a_form_is_what_an_entitlement_covers(scene: Scene) -> None:
    estate = Estate(scene.accounts, scene.permission_sets)
    for rule in scene.policy.entitlements:
        offered = {
            (account.id, one.arn)
            for account in rule.accounts.pick(estate)
            for one in rule.permission_sets.pick(estate)
        }
        assert offered == {
            (target.account.id, target.permission_set.arn)
            for target in scene.targets
            if evaluator.covers(scene, rule, target)
        }


@given(asked(), st.integers(1, 240))
@many
def test_to_ask_for_less_time_asks_nobody_else(case: tuple[Scene, Ask], minutes: int) -> None:
    scene, ask = case
    for rule in scene.policy.entitlements:
        lasting = ask.lasting(rule)
        shorter = min(lasting, minutes * MINUTE)
        try:
            steps = steps_for(rule.approval, ask.targets, duration=lasting)
        except OwnerUnknownError:
            continue
        assert {step.name.partition(":")[0] for step in steps} >= {
            step.name.partition(":")[0] for step in steps_for(rule.approval, ask.targets, duration=shorter)
        }
        start = ask.window(rule, NOW).starts_at
        whole, part = Window(start, start + lasting), Window(start, start + shorter)
        assert set(needed(steps, part)) <= set(needed(steps, whole))


@given(asked(), st.data())
@many
def test_nobody_decides_about_what_they_asked_for_or_what_is_theirs(
    case: tuple[Scene, Ask], data: st.DataObject
) -> None:
    scene, ask = case
    for rule in scene.policy.entitlements:
        try:
            steps = steps_for(rule.approval, ask.targets, duration=ask.lasting(rule))
        except OwnerUnknownError:
            continue
        through = rule.approval.through if rule.approval else ()
        question = Question(ask.requester.id, ask.beneficiary.id, steps, through)
        service = data.draw(st.sampled_from([None, "slack", "teams"]))
        for person in scene.people:
            may = may_decide(question, person, through=service).allowed
            assert may == (
                person not in {ask.requester, ask.beneficiary}
                and any(evaluator.belongs(step.approvers, person) for step in steps)
                and (service is None or service in through)
            )


@given(asked(), st.data())
@many
def test_as_many_different_people_agree_as_the_steps_want(
    case: tuple[Scene, Ask], data: st.DataObject
) -> None:
    scene, ask = case
    for rule in scene.policy.entitlements:
        try:
            steps = steps_for(rule.approval, ask.targets, duration=ask.lasting(rule))
        except OwnerUnknownError:
            continue
        agreeing = data.draw(st.lists(st.sampled_from(scene.people), unique=True))
        casts = [Cast(one.id, Answer.APPROVE, steps_open_to(steps, one)) for one in agreeing]
        if outcome(steps, casts) is Answer.APPROVE:
            assert len(agreeing) >= sum(step.required for step in steps)
            for step in steps:
                assert sum(step.approvers.include(one) for one in agreeing) >= step.required
        denial = Cast("u-last", Answer.DENY, (), timedelta())
        assert outcome(steps, [*casts, denial]) is Answer.DENY
