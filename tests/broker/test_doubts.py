"""What authors are warned of, though nothing about it is wrong."""

from time import perf_counter

import pytest

from protem.broker import documents
from protem.broker.documents import doubts
from protem.db.models import Account, Group
from tests.broker.worlds import ALPHA, World, group_id

_TRUSTED = "trusted_tags: [env, owner, risk]\n"
BASE = {
    "requesters": "{groups: [engineers]}",
    "permission_sets": "{names: [AdministratorAccess]}",
    "accounts": '{ids: ["111111111111", "222222222222"]}',
    "duration": "{default: PT1H, maximum: PT4H}",
}


def warned(world: World, **keys: str) -> list[str]:
    """Return what is said of one entitlement with these keys, without its name."""
    lines = "".join(f"    {key}: {value}\n" for key, value in {**BASE, **keys}.items())
    document = documents.parse(f"{_TRUSTED}entitlements:\n  - name: it\n{lines}", file="it.yaml")
    with world.store.reading() as session:
        found = doubts.warnings(session, document.entitlements)
    return [sentence.removeprefix("it: ") for sentence in found]


def steps(*each: str) -> str:
    return f"{{steps: [{', '.join(each)}]}}"


def test_nothing_is_said_of_what_is_as_it_should_be(world: World) -> None:
    assert warned(world, approval=steps("{name: lead, approvers: {groups: [leads]}}")) == []


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("requesters", "{users: [zoe]}", "requesters name the user 'zoe', whom the catalogue does not know"),
        (
            "requesters_for",
            "{groups: [ghosts]}",
            "requesters_for name the group 'ghosts', which the catalogue does not know",
        ),
        ("permission_sets", "{names: [Nothing]}", "the catalogue knows no permission set 'Nothing'"),
        (
            "permission_sets",
            "{patterns: ['*'], except: [Nothing]}",
            "the catalogue knows no permission set 'Nothing'",
        ),
        (
            "permission_sets",
            "{patterns: ['Read?Access', 'admin*']}",
            "no permission set has a name like 'Read?Access'",
        ),
        ("permission_sets", "{tags: {risk: [none, some]}}", "no permission set has the tags risk=none|some"),
        ("accounts", '{ids: ["000000000000"]}', "the catalogue knows no account 000000000000"),
        ("accounts", "{names: [ALPHA, omega]}", "the catalogue knows no account omega"),
        ("accounts", "{all: true, except: [omega]}", "the catalogue knows no account omega"),
        (
            "accounts",
            "{organizational_units: [Workloads/Prod, Elsewhere]}",
            "the catalogue knows no organizational unit 'Elsewhere'",
        ),
        ("accounts", "{tags: {env: test}}", "no account is tagged env=test"),
        (
            "accounts",
            "{organizational_units: [workloads/prod], tags: {env: dev}}",
            "no account is below workloads/prod and tagged env=dev",
        ),
        (
            "approval",
            "{through: [slack], steps: [{name: lead, approvers: {groups: [leads]}}]}",
            "through names 'slack', but no service of that name has a token that may decide",
        ),
        (
            "approval",
            "{steps: [{name: a, approvers: {groups: [leads]}, when: {duration_over: PT4H}}]}",
            "step a is needed over PT4H, but nothing lasts longer than PT4H",
        ),
        (
            "approval",
            "{steps: [{name: a, approvers: {groups: [leads]}, when: {account_tags: {env: test}}}]}",
            "a condition of step a concerns nothing that can be asked for",
        ),
        (
            "approval",
            steps(
                "{name: a, approvers: {groups: [leads]}, when: {permission_sets: {names: [ReadOnlyAccess]}}}"
            ),
            "a condition of step a concerns nothing that can be asked for",
        ),
    ],
)
def test_what_is_unknown_or_picks_nothing_is_named(world: World, key: str, value: str, sentence: str) -> None:
    assert warned(world, **{key: value}) == [sentence]


@pytest.mark.parametrize(
    ("each", "sentence"),
    [
        (
            ["{name: a, approvers: {groups: [security]}, required: 2}"],
            "too few people can serve step a; its requests will be refused",
        ),
        (
            ["{name: a, approvers: {groups: [leads]}, required: 3}"],
            "too few people can serve step a; its requests will be refused",
        ),
        (
            [
                "{name: a, approvers: {groups: [leads]}, required: 2}",
                "{name: b, approvers: {groups: [security]}, when: {duration_over: PT2H}}",
            ],
            "too few people can serve step b where it is needed; such requests will be refused",
        ),
        (
            ["{name: a, approvers: {users: [alice@example.com]}}"],
            "too few people could approve besides the requester for alice@example.com (step a)",
        ),
        (
            [f"{{name: s{number}, approvers: {{groups: [leads]}}, required: 30}}" for number in range(4)],
            "its steps ask for 120 people altogether, which nobody will wait for",
        ),
    ],
)
def test_steps_for_which_there_are_too_few_people_are_named(
    world: World, each: list[str], sentence: str
) -> None:
    assert warned(world, approval=steps(*each)) == [sentence]


def test_who_asks_for_others_does_not_approve_either(world: World) -> None:
    approval = steps("{name: a, approvers: {users: [erin@example.com]}}")
    assert warned(world, requesters_for="{users: [erin@example.com]}", approval=approval) == [
        "too few people could approve besides the requester for erin@example.com (step a)"
    ]


def test_accounts_whose_owner_nobody_knows_are_named(world: World) -> None:
    approval = steps("{name: a, approvers: {owner_tag: owner}}")
    assert warned(world, approval=approval) == []
    with world.store.writing() as session:
        session.get_one(Account, ALPHA).tags = {"env": "prod"}
    assert warned(world, approval=approval) == [
        "step a asks the owner, but alpha has no tag owner",
    ]
    with world.store.writing() as session:
        session.get_one(Account, ALPHA).tags = {"env": "prod", "owner": "nobody"}
    assert warned(world, approval=approval) == [
        "step a asks the owner, but nobody is meant by owner=nobody",
    ]


def test_an_owner_that_only_asks_leaves_a_step_without_people(world: World) -> None:
    approval = steps("{name: a, approvers: {owner_tag: owner}}")
    (sentence,) = warned(world, requesters="{groups: [leads]}", approval=approval)
    assert sentence == (
        "in what dave@example.com owns, too few people could approve besides the requester"
        " for dave@example.com (step a)"
    )


def test_only_accounts_that_a_condition_concerns_need_an_owner(world: World) -> None:
    with world.store.writing() as session:
        session.get_one(Account, ALPHA).tags = {"env": "prod"}
    approval = steps("{name: a, approvers: {owner_tag: owner}, when: {account_tags: {env: dev}}}")
    assert warned(world, approval=approval) == []


def test_broken_glass_that_nobody_hears_of_is_warned_about(world: World) -> None:
    assert warned(world, break_glass="true", notify="{groups: [leads]}") == []
    assert warned(world, break_glass="true", notify="{users: [bob@example.com]}") == [
        "notify names bob@example.com only, who could not review what they ask for"
    ]
    world.remove(Group, group_id("leads"))
    assert warned(world, break_glass="true", notify="{groups: [leads]}") == [
        "notify name the group 'leads', which the catalogue does not know",
        "notify names nobody whom the catalogue knows: broken glass would go unseen",
    ]


def test_a_thousand_entitlements_are_looked_through_in_seconds(world: World) -> None:
    rule = "".join(f"    {key}: {value}\n" for key, value in BASE.items())
    approval = steps(
        "{name: a, approvers: {groups: [leads], owner_tag: owner}, when: {account_tags: {env: prod}}}",
        "{name: b, approvers: {groups: [security]}, when: {duration_over: PT2H}}",
    )
    text = "".join(f"  - name: r{number}\n{rule}    approval: {approval}\n" for number in range(1000))
    document = documents.parse(f"{_TRUSTED}entitlements:\n{text}", file="it.yaml")
    began = perf_counter()
    with world.store.reading() as session:
        doubts.warnings(session, document.entitlements)
    assert perf_counter() - began < 5
