"""What authors are told of mistakes in entitlements: where, and what would be right."""

import pytest

from protem.broker.documents import entitlements, parse
from protem.domain.errors import EntitlementsInvalid
from tests.broker.writing import OFFICE, STEP, written


def wrongs(text: str) -> dict[str, str]:
    with pytest.raises(EntitlementsInvalid) as refused:
        parse(text, file="it.yaml")
    return {error.field: error.message for error in refused.value.errors}


@pytest.mark.parametrize(
    ("key", "value", "field", "message"),
    [
        ("requesters", "{owner_tag: owner}", "requesters.owner_tag", "stands only under approvers"),
        ("requesters_for", "{}", "requesters_for", "names nobody"),
        ("permission_sets", "{except: [A]}", "permission_sets", "picks no permission set; write names"),
        ("permission_sets", "{names: ['Read*']}", "permission_sets.names[0]", "stands under patterns"),
        ("permission_sets", "{patterns: ['[a-z]*']}", "permission_sets.patterns[0]", "is no pattern"),
        ("permission_sets", "{patterns: []}", "permission_sets.patterns", "at least one entry"),
        (
            "permission_sets",
            "{tags: {Risk: low}}",
            "permission_sets.tags.Risk",
            "the tag Risk is not",
        ),
        ("permission_sets", "{tags: risk}", "permission_sets.tags", "write tags with their values"),
        ("accounts", "{tags: {colour: red}}", "accounts.tags.colour", "it.yaml:6:23: the tag colour is not"),
        ("accounts", "{tags: {env: ''}}", "accounts.tags.env", "is empty"),
        ("accounts", "{tags: {env: []}}", "accounts.tags.env", "at least one entry"),
        ("accounts", "{tags: {env: {a: b}}}", "accounts.tags.env", "write text here"),
        ("accounts", "{tags: {}}", "accounts.tags", "at least one entry"),
        ("accounts", "{names: ['111122223333']}", "accounts.names[0]", "is an id; write it under ids"),
        ("accounts", "{organizational_units: [a//b]}", "accounts.organizational_units[0]", "write a path"),
        ("accounts", "{organizational_units: [/]}", "accounts.organizational_units[0]", "write a path"),
        ("accounts", "{all: true, tags: {env: prod}}", "accounts", "names tags beside all: true"),
        ("accounts", "{except: [a]}", "accounts", "names no account"),
        ("accounts", "{excluded: [a], all: true}", "accounts.excluded", "is not a key of the language"),
        ("accounts", "{organisational_units: [a]}", "accounts.organisational_units", "did you mean organiz"),
        ("ticket", "{}", "ticket", "asks for nothing"),
        ("ticket", "{required: false}", "ticket", "asks for nothing"),
        (
            "ticket",
            "{pattern: '('}",
            "ticket.pattern",
            "it.yaml:8:23: is no pattern that RE2 reads",
        ),
        ("ticket", "{pattern: '(?=a)'}", "ticket.pattern", "it has no look-around"),
        ("ticket", f"{{pattern: '{'x' * 501}'}}", "ticket.pattern", "longer than 500 characters"),
        ("maximum_concurrent", "0", "maximum_concurrent", "must be at least 1"),
        ("maximum_concurrent", "2.5", "maximum_concurrent", "write a whole number"),
        ("cool_down", "PT0S", "cool_down", "longer than nothing"),
        ("extension", "{maximum: PT1H}", "extension.maximum_count", "is missing; write how often"),
        ("extension", "{maximum_count: 1, maximum: P8D}", "extension.maximum", "P7D is the most"),
        (
            "extension",
            "{maximum_count: 100, maximum: P1D}",
            "extension",
            "last P100DT4H altogether",
        ),
        ("break_glass", "true", "notify", "is missing; break_glass tells somebody"),
        ("break_glass", "1", "break_glass", "write true here"),
        ("notify", "{users: [a]}", "notify", "write break_glass: true as well"),
        ("on_eligibility_lost", "stop", "on_eligibility_lost", "is none of these: 'keep' or 'end'"),
        ("when_removed_outside", "keep", "when_removed_outside", "is none of these: 'end' or 'renew'"),
        ("maximum_session", "PT1H", "maximum_session", "not supported by this version"),
        ("requesters_fro", "{users: [a]}", "requesters_fro", "did you mean requesters_for?"),
        ("approval", STEP % "{}", "approval.steps[0].when", "holds no condition"),
        ("approval", STEP % "[]", "approval.steps[0].when", "at least one entry"),
        ("approval", STEP % "[{}]", "approval.steps[0].when[0]", "holds no condition"),
        ("approval", STEP % "night", "approval.steps[0].when", "the keys are duration_over, account_tags"),
        (
            "approval",
            STEP % "{outside_hour: x}",
            "approval.steps[0].when.outside_hour",
            "mean outside_hours?",
        ),
        (
            "approval",
            STEP % "[{duration_over: 2h}]",
            "approval.steps[0].when[0].duration_over",
            "written like",
        ),
        (
            "approval",
            STEP % "{account_tags: {tier: gold}}",
            "approval.steps[0].when.account_tags.tier",
            "the tag tier is not trusted; name it under trusted_tags",
        ),
        (
            "approval",
            "{steps: [{name: a, approvers: {owner_tag: boss}}]}",
            "approval.steps[0].approvers.owner_tag",
            "it.yaml:8:57: the tag boss is not trusted",
        ),
        (
            "approval",
            "{steps: [{name: a, approvers: {users: [x, X]}, required: 2}]}",
            "approval.steps[0].required",
            "asks for 2 people, but the step names 1",
        ),
    ],
)
def test_a_mistake_is_named_with_its_place(key: str, value: str, field: str, message: str) -> None:
    found = wrongs(written(**{key: value}))
    assert message in found[f"entitlements[0].{field}"]
    assert found[f"entitlements[0].{field}"].startswith("it.yaml:")


def test_glass_that_has_to_be_approved_before_it_breaks_is_refused() -> None:
    approval = "{steps: [{name: a, approvers: {users: [x]}}]}"
    found = wrongs(written(approval=approval, break_glass="true", notify="{users: [a]}"))
    assert "leave one of them out" in found["entitlements[0].break_glass"]


@pytest.mark.parametrize(
    ("old", "new", "field", "message"),
    [
        ("Europe/Berlin", "Berlin", "time_zone", "'Berlin' is no time zone; did you mean Europe/Berlin?"),
        ("Europe/Berlin", "europe/berlin", "time_zone", "did you mean Europe/Berlin?"),
        ("Europe/Berlin", "America/New York", "time_zone", "did you mean America/New_York?"),
        ("Europe/Berlin", "localtime", "time_zone", "is no time zone"),
        ("Europe/Berlin", "../../etc/passwd", "time_zone", "write an IANA name"),
        ("[tue, mon]", "[Monday]", "windows[0].days[0]", "is none of these: 'mon', 'tue'"),
        ("[tue, mon]", "[mon, tue, mon]", "windows[0].days", "names mon twice"),
        ("[tue, mon]", "[]", "windows[0].days", "at least one entry"),
        ("'08:00'", "8:00", "windows[0].from", 'write hours and minutes, as in "08:00"'),
        ("'08:00'", "24:00", "windows[0].from", "is no time of day"),
        ("'18:00'", "24:01", "windows[0].to", '"24:00" at most'),
        ("'18:00'", "18:00:00", "windows[0].to", "is no time of day"),
        ("'18:00'", "08:00", "windows[0].to", 'for a whole day write from: "00:00", to: "24:00"'),
        ("from: '08:00', ", "", "windows[0].from", "is missing; write when it begins"),
    ],
)
def test_hours_that_nobody_could_keep_are_refused(old: str, new: str, field: str, message: str) -> None:
    found = wrongs(written(allowed_hours=OFFICE.replace(old, new)))
    assert message in found[f"entitlements[0].allowed_hours.{field}"]


def test_no_tag_is_trusted_but_those_that_are_named() -> None:
    found = wrongs(written("", accounts="{tags: {env: prod}}"))
    assert list(found) == ["entitlements[0].accounts.tags.env"]
    assert "at least one entry" in wrongs(written("trusted_tags: []\n"))["trusted_tags"]
    document = parse(written(accounts="{tags: {env: prod}}"), file="it.yaml")
    assert document.normal["trusted_tags"] == ["env"]
    with pytest.raises(ValueError, match="not trusted"):
        entitlements({**document.normal, "trusted_tags": ["owner"]})
