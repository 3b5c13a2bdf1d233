"""Whatever valid parts a document is made of, its normal form means the same as what was written."""

import json
import random
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from protem.broker.documents import entitlements, parse
from protem.broker.documents.schema import published
from tests.broker.schemas import complaints

NAMES = st.sampled_from(["alice", "Bob B", "off", "1e3", "ümlaut", "team/x"])
DURATIONS = st.sampled_from(["PT30M", "PT1H", "PT60M", "PT1H30M"])
TAGS = st.dictionaries(
    st.sampled_from(["env", "owner"]), NAMES | st.lists(NAMES, min_size=1, max_size=3), min_size=1
)


def some(values: st.SearchStrategy[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(values, min_size=1, max_size=3)


def parts(needed: dict[str, Any] | None = None, **optional: Any) -> st.SearchStrategy[dict[str, Any]]:
    """Return mappings with all of what is needed, and some of the rest; never an empty one."""
    mappings = st.fixed_dictionaries(needed or {}, optional=optional)
    return mappings.filter(bool)


PEOPLE = parts(users=some(NAMES), groups=some(NAMES))
SETS = some(st.sampled_from(["AdministratorAccess", "ReadOnlyAccess", "A.b"]))
PERMISSION_SETS = parts(names=SETS, patterns=some(st.sampled_from(["*", "Read*", "?b"])), tags=TAGS).flatmap(
    lambda picked: st.fixed_dictionaries({}, optional={"except": SETS}).map(lambda more: picked | more)
)
ACCOUNTS = st.just({"all": True}) | parts(
    ids=some(st.sampled_from(["111122223333", "012345678901"])),
    names=some(NAMES),
    organizational_units=some(st.sampled_from(["Workloads", "Workloads/Prod", "ou-1111-11111111"])),
    tags=TAGS,
)
DAYS = st.lists(st.sampled_from(["mon", "wed", "sat", "sun"]), min_size=1, unique=True)
HOURS = parts(
    {
        "time_zone": st.sampled_from(["Europe/Berlin", "UTC", "America/St_Johns"]),
        "windows": st.lists(
            st.fixed_dictionaries(
                {
                    "days": DAYS,
                    "from": st.sampled_from(["08:00", "22:30", "00:05"]),
                    "to": st.sampled_from(["18:00", "24:00", "00:00", "06:00"]),
                }
            ),
            min_size=1,
            max_size=3,
        ),
    }
)
WHEN = parts(duration_over=DURATIONS, account_tags=TAGS, permission_sets=PERMISSION_SETS, outside_hours=HOURS)
STEPS = st.lists(
    parts(
        {
            "name": st.sampled_from(["lead", "Lead.2", "owner", "x"]),
            "approvers": parts(groups=some(NAMES), owner_tag=st.just("owner")),
        },
        required=st.integers(1, 100),
        when=WHEN | st.lists(WHEN, min_size=1, max_size=3),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda step: step["name"].casefold(),
)
WAYS: st.SearchStrategy[dict[str, Any]] = st.just({}) | st.one_of(
    parts({"approval": parts({"steps": STEPS}, expires_after=DURATIONS, through=some(NAMES))}),
    parts({"break_glass": st.just(value=True), "notify": PEOPLE}),
)
RULES = st.builds(
    lambda rule, way: rule | way,
    parts(
        {
            "name": st.sampled_from(["a", "B", "c-1"]),
            "requesters": PEOPLE,
            "permission_sets": PERMISSION_SETS,
            "accounts": ACCOUNTS,
            "duration": st.just({"default": "PT30M", "maximum": "PT4H"}),
        },
        description=NAMES,
        requesters_for=PEOPLE,
        justification=st.just({"minimum_length": 10}),
        ticket=parts(required=st.just(value=True), pattern=st.just(r"^[A-Z]+-\d+$")),
        allowed_hours=HOURS,
        maximum_concurrent=st.integers(1, 9),
        cool_down=DURATIONS,
        extension=st.just({"maximum_count": 2, "maximum": "PT1H"}),
        on_eligibility_lost=st.sampled_from(["keep", "end"]),
        when_removed_outside=st.sampled_from(["end", "renew"]),
    ),
    WAYS,
)
DOCUMENTS = st.lists(RULES, max_size=3, unique_by=lambda rule: rule["name"].casefold()).map(
    lambda rules: {"trusted_tags": ["env", "owner"], "entitlements": rules}
)


def text(document: Any) -> str:
    # Copied, since whatever stands twice would else be written as an alias.
    copied = json.loads(json.dumps(document))
    return yaml.safe_dump(copied, allow_unicode=True, sort_keys=False)


def shuffled(part: Any, chance: random.Random, *, ordered: bool = False) -> Any:
    """Return the same in another order, wherever order means nothing."""
    if isinstance(part, dict):
        keys = chance.sample(list(part), len(part))
        return {key: shuffled(part[key], chance, ordered=key == "steps") for key in keys}
    if isinstance(part, list):
        items = [shuffled(item, chance) for item in part]
        return items if ordered else chance.sample(items, len(items))
    return part


@settings(max_examples=50, deadline=None)
@given(DOCUMENTS)
def test_the_normal_form_parses_to_the_same(document: Any) -> None:
    once = parse(text(document), file="x")
    again = parse(text(once.normal), file="x")
    assert (again.normal, again.digest) == (once.normal, once.digest)
    assert again.entitlements == once.entitlements == entitlements(once.normal)
    assert len({hash(rule) for rule in once.entitlements}) == len(once.entitlements)


@settings(max_examples=50, deadline=None)
@given(DOCUMENTS, st.randoms(use_true_random=False))
def test_order_and_comments_mean_nothing(document: Any, chance: random.Random) -> None:
    once = parse(text(document), file="x")
    commented = text(shuffled(document, chance)).replace("\n", "  # as agreed\n")
    again = parse(commented, file="x")
    assert (again.digest, again.entitlements) == (once.digest, once.entitlements)


@settings(max_examples=50, deadline=None)
@given(DOCUMENTS)
def test_what_is_valid_is_valid_to_editors_too(document: Any) -> None:
    assert list(complaints(document, published())) == []
    assert list(complaints(parse(text(document), file="x").normal, published())) == []
