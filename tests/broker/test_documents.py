"""What authors write, and what they are told when it is wrong."""

from datetime import timedelta
from itertools import pairwise

import pytest

from protem.broker.documents import Document, entitlements, parse
from protem.domain.errors import EntitlementsInvalid
from protem.domain.selectors import Accounts, People

WHOLE = """\
entitlements:
  - name: prod-admin
    description: Administrator in production
    requesters: {groups: [platform-engineers], users: [carol@example.com]}
    permission_sets: {names: [AdministratorAccess]}
    accounts: {all: true, except: ["999988887777"]}
    duration: {default: PT1H, maximum: PT4H}
    justification: {minimum_length: 10}
    approval:
      expires_after: PT2H
      through: [slack]
      steps:
        - {name: lead, approvers: {groups: [sre-leads]}, required: 2}
        - {name: security, approvers: {users: [ciso@example.com]}}
"""
LEAST = """\
entitlements:
  - name: sandbox
    requesters: {groups: [engineers]}
    permission_sets: {names: [ReadOnlyAccess]}
    accounts: {ids: ["111122223333"]}
    duration: {default: PT1H, maximum: PT4H}
"""


def read(text: str) -> Document:
    return parse(text, file="prod.yaml")


def wrongs(text: str) -> dict[str, str]:
    with pytest.raises(EntitlementsInvalid) as refused:
        read(text)
    return {error.field: error.message for error in refused.value.errors}


def with_line(line: str, *, instead_of: str) -> str:
    lines = LEAST.splitlines(keepends=True)
    place = next(n for n, present in enumerate(lines) if present.strip().startswith(instead_of))
    indent = lines[place][: len(lines[place]) - len(lines[place].lstrip())]
    return "".join([*lines[:place], f"{indent}{line}\n" if line else "", *lines[place + 1 :]])


def test_every_key_reaches_the_rule_it_makes() -> None:
    (rule,) = read(WHOLE).entitlements
    assert rule.requesters == People(users=("carol@example.com",), groups=("platform-engineers",))
    assert rule.accounts == Accounts(all=True, excluded=("999988887777",))
    assert (rule.duration.default, rule.duration.maximum) == (timedelta(hours=1), timedelta(hours=4))
    assert rule.justification_minimum_length == 10
    assert rule.approval
    assert rule.approval.expires_after == timedelta(hours=2)
    assert rule.approval.through == ("slack",)
    assert [(step.name, step.required) for step in rule.approval.steps] == [("lead", 2), ("security", 1)]


def test_access_without_approval_is_what_leaving_approval_out_means() -> None:
    assert read(LEAST).entitlements[0].approval is None


@pytest.mark.parametrize("text", [WHOLE, LEAST, "entitlements: []"])
def test_the_normal_form_means_what_the_text_means(text: str) -> None:
    document = read(text)
    assert entitlements(document.normal) == document.entitlements


def test_comments_order_and_spelling_leave_the_digest_alone() -> None:
    again = (
        WHOLE.replace("PT4H", "PT240M").replace("required: 2", '"required": "2"').replace("all: true, ", "")
    )
    again = again.replace('except: ["999988887777"]', "except: ['999988887777'], all: true")
    assert read(again).digest == read(WHOLE).digest
    assert read(WHOLE.replace("PT4H", "PT5H")).digest != read(WHOLE).digest


@pytest.mark.parametrize(
    ("text", "digest"),
    [
        (WHOLE, "sha256:5c68f417c3ff402b4eb03aaa0fecb0a376cf61ac2e2ec1b0ea91c102a0aa5346"),
        (LEAST, "sha256:b84bba497a00b06101246a18da090eff801fa0b0fe46616db47dfd79182bf464"),
    ],
)
def test_a_document_of_an_earlier_version_keeps_its_digest(text: str, digest: str) -> None:
    assert read(text).digest == digest


def test_plain_scalars_are_the_text_that_was_written() -> None:
    text = LEAST.replace('"111122223333"', "012345678901").replace("engineers", "off, 2024-01-01, 1e3")
    (rule,) = read(text).entitlements
    assert rule.accounts.named == ("012345678901",)
    assert rule.requesters.groups == ("1e3", "2024-01-01", "off")


@pytest.mark.parametrize(
    ("line", "instead_of", "field", "message"),
    [
        ("", "requesters", "requesters", "prod.yaml:2:5: is missing; write who may ask"),
        ("", "permission_sets", "permission_sets", "prod.yaml:2:5: is missing"),
        ("", "accounts", "accounts", "prod.yaml:2:5: is missing"),
        ("", "duration", "duration", "prod.yaml:2:5: is missing"),
        ("requesters: {}", "requesters", "requesters", "prod.yaml:3:5: names nobody"),
        ("requesters: {groups: []}", "requesters", "requesters.groups", "at least one"),
        ("requesters: all", "requesters", "requesters", "prod.yaml:3:17: write keys and values"),
        ("requesters: {groups: x}", "requesters", "requesters.groups", "write a list here"),
        ("requestors: {}", "requesters", "requestors", "did you mean requesters?"),
        ("permission_sets: {names: ['*']}", "permission", "permission_sets.names[0]", "'*'"),
        ("accounts: {ids: [Prod]}", "accounts", "accounts.ids[0]", "prod.yaml:5:22: 'Prod' is not"),
        ("accounts: {}", "accounts", "accounts", "names no account"),
        ("accounts: {all: false}", "accounts", "accounts", "names no account"),
        ("accounts: {all: yes}", "accounts", "accounts.all", "write true"),
        ("accounts: {all: true, names: [a]}", "accounts", "accounts", "names names beside all: true"),
        ("ending: enforced", "duration", "ending", "not supported by this version"),
        ("duration: {default: PT5H, maximum: PT4H}", "duration", "duration.default", "longer than the"),
        ("duration: {default: PT1H, maximum: P8D}", "duration", "duration.maximum", "prod.yaml:6:40"),
        ("duration: {default: PT0S, maximum: P1D}", "duration", "duration.default", "longer than no"),
        ("duration: {default: P1M, maximum: P1D}", "duration", "duration.default", "written like"),
        ("duration: {default: -PT1H, maximum: P1D}", "duration", "duration.default", "written like"),
        ("duration: {default: 3600, maximum: P1D}", "duration", "duration.default", "written like"),
        ("- name: ../../x", "- name", "name", "prod.yaml:2:11: use letters"),
        ("- name:", "- name", "name", "is empty; write a value"),
    ],
)
def test_a_mistake_is_named_with_its_place_and_what_would_be_right(
    line: str, instead_of: str, field: str, message: str
) -> None:
    found = wrongs(with_line(line, instead_of=instead_of))
    assert message in found[f"entitlements[0].{field}"]
    assert all(sentence.startswith("prod.yaml:") for sentence in found.values())


@pytest.mark.parametrize(
    ("approval", "field", "message"),
    [
        ("", "approval", "is empty"),
        ("null", "approval", "is empty"),
        ("{}", "approval.steps", "is missing; write a list of steps"),
        ("{steps: []}", "approval.steps", "at least one"),
        ("{steps: [{name: a, approvers: {}}]}", "approval.steps[0].approvers", "names nobody"),
        (
            "{steps: [{name: a, approvers: {users: [b]}, required: 0}]}",
            "approval.steps[0].required",
            "at least 1",
        ),
        (
            "{steps: [{name: a, approvers: {users: [b]}, required: 2}]}",
            "approval.steps[0].required",
            "names 1",
        ),
        (
            "{steps: [{name: a, approvers: {users: [b]}, required: many}]}",
            "approval.steps[0].required",
            "whole",
        ),
        ("{expires_after: P99D, steps: []}", "approval.expires_after", "P30D is the most"),
        (
            "{steps: [{name: a, approvers: {users: [b]}}, {name: A, approvers: {users: [c]}}]}",
            "approval.steps[1].name",
            "'A' is also the name of entitlements[0].approval.steps[0]",
        ),
    ],
)
def test_an_approval_that_nobody_could_give_is_refused(approval: str, field: str, message: str) -> None:
    found = wrongs(f"{LEAST}    approval: {approval}\n")
    assert message in found[f"entitlements[0].{field}"]


def test_all_mistakes_are_told_at_once_from_top_to_bottom() -> None:
    found = wrongs(
        WHOLE.replace("PT1H", "P1Y").replace("sre-leads", "''").replace("justification:", "reason:")
    )
    lines = [int(message.split(":")[1]) for message in found.values()]
    assert len(found) == 3
    assert all(earlier < later for earlier, later in pairwise(lines))


def test_names_are_unique_whatever_their_case() -> None:
    found = wrongs(LEAST + LEAST.replace("entitlements:\n", "").replace("sandbox", "SandBox"))
    assert found["entitlements[1].name"] == "prod.yaml:7:11: 'SandBox' is also the name of entitlements[0]"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "prod.yaml:1:1: the document is empty"),
        ("# nothing\n", "the document is empty"),
        ("entitlements: [", "prod.yaml:2:1: this is not valid YAML"),
        ("\tentitlements: []", "prod.yaml:1:1: this is not valid YAML"),
        ("entitlements: []\n---\na: b", "prod.yaml:2:1: a second document"),
        ("[]", "write keys and values here; the keys are trusted_tags, entitlements"),
        ("entitlements: \x07", "prod.yaml:1:15: the character U+0007"),
        ("entitlements: \udcff", "the character U+DCFF"),
        ("entitlements: " + "[" * 100_000, "nothing is nested this deep"),
        ("? [a, b]\n: c", "a key is a single word"),
        ("#" + "x" * 1_048_576, "larger than one mebibyte"),
        ("- x\n" * 2_600_000, "larger than one mebibyte"),
    ],
)
def test_what_is_no_document_is_refused_as_a_whole(text: str, message: str) -> None:
    found = wrongs(text)
    assert message in found[""]


@pytest.mark.parametrize(
    "text",
    [
        "entitlements: &a []",
        "entitlements: *a",
        "entitlements: [&a {name: x}, *a]",
        "entitlements: !!python/name:os []",
    ],
)
def test_anchors_aliases_and_tags_are_refused(text: str) -> None:
    assert any("not read" in message for message in wrongs(text).values())


def test_of_very_many_mistakes_the_first_are_told_and_soon() -> None:
    with pytest.raises(EntitlementsInvalid) as refused:
        read("entitlements:\n" + "  - &a x\n" * 20_000)
    assert "these are the first 100" in refused.value.detail
    assert len(refused.value.errors) == 100
    assert refused.value.errors[0].message.startswith("prod.yaml:2:5:")


def test_a_million_mistakes_are_not_all_put_into_words() -> None:
    with pytest.raises(EntitlementsInvalid) as refused:
        parse("entitlements: [" + "{}," * 100_000 + "]", file="rules.yaml")
    assert refused.value.detail.startswith("1000 or more things are wrong in rules.yaml")
    assert len(refused.value.errors) == 100


def test_a_bomb_of_aliases_does_not_explode() -> None:
    levels = [f"{name}: &{name} [{', '.join([f'*{inner}'] * 9)}]" for inner, name in pairwise("abcdefghi")]
    assert wrongs("\n".join(["a: &a [lol]", *levels]))["b"].endswith("write the value out")


def test_a_key_that_stands_twice_is_refused_with_both_places() -> None:
    found = wrongs(with_line("requesters: {users: [a], users: [b]}", instead_of="requesters"))
    assert found == {
        "entitlements[0].requesters.users": "prod.yaml:3:30: is here twice; the first is in line 3"
    }
