"""Small worlds by chance: people in groups, accounts in nested units with tags, and entitlements about them.

Everything has an id as AWS would write it, so that the same world can be put into a catalogue.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from hypothesis import strategies as st

from protem.domain import names
from protem.domain.catalogue import Account, Group, PermissionSet, Person, Target
from protem.domain.eligibility import Ask, Bounds
from protem.domain.entitlements import (
    NOBODY,
    Approval,
    ApprovalStep,
    DurationLimits,
    Entitlement,
    Extension,
    Policy,
    Ticket,
    When,
)
from protem.domain.histories import History
from protem.domain.hours import Hours, Span
from protem.domain.selectors import Accounts, People, PermissionSets, Wanted
from protem.domain.windows import Window

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
"""A Monday at noon."""
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
BOUNDS = Bounds(minimum_duration=MINUTE, maximum_start_ahead=7 * DAY)
INSTANCE = "arn:aws:sso:::instance/ssoins-1111111111111111"

GROUP_NAMES = ("engineers", "leads", "security", "on-call")
USER_NAMES = ("alice@example.com", "bob@example.com", "carol@example.com", "leads", "erin@example.com")
"""One of them is called like a group."""

ROOT = "r-1111"
UNITS = {
    "ou-1111-workload": ("Workloads", ROOT),
    "ou-1111-prodprod": ("Prod", "ou-1111-workload"),
    "ou-1111-producti": ("Production", "ou-1111-workload"),
    "ou-1111-prodeuro": ("Europe", "ou-1111-prodprod"),
    "ou-1111-prodberl": ("Berlin", "ou-1111-prodeuro"),
    "ou-1111-sandboxx": ("Sandbox", ROOT),
    "ou-1111-sandprod": ("Prod", "ou-1111-sandboxx"),
}
"""Organizational units by id, each with its name and what it is in."""

TAGS: Mapping[str, Sequence[str]] = {
    "env": ("prod", "Prod", "dev"),
    "owner": ("leads", "carol@example.com", "nobody"),
}
PERMISSION_SETS = {"AdministratorAccess": "high", "ReadOnlyAccess": "low", "ReadSecrets": "high"}


def chain(unit: str) -> tuple[tuple[str, str], ...]:
    """Return the id and name of a unit and of those above it, the outermost first, without the root."""
    if unit == ROOT:
        return ()
    name, parent = UNITS[unit]
    return (*chain(parent), (unit, name))


@dataclass(frozen=True)
class Scene:
    """What there is, and what is in force; ``places`` has the unit that each account is in."""

    people: tuple[Person, ...]
    accounts: tuple[Account, ...]
    permission_sets: tuple[PermissionSet, ...]
    places: Mapping[str, str]
    policy: Policy

    @property
    def targets(self) -> tuple[Target, ...]:
        """Every pair that could be named."""
        return tuple(Target(account, one) for account in self.accounts for one in self.permission_sets)


def group(name: str) -> Group:
    return Group(str(uuid.uuid5(uuid.NAMESPACE_OID, name)), name)


def person(name: str, groups: Sequence[str] = ()) -> Person:
    return Person(str(uuid.uuid5(uuid.NAMESPACE_DNS, name)), name, frozenset(map(group, groups)))


def permission_set(name: str) -> PermissionSet:
    number = list(PERMISSION_SETS).index(name)
    return PermissionSet(
        arn=f"arn:aws:sso:::permissionSet/ssoins-1111111111111111/ps-{number:016}",
        name=name,
        instance_arn=INSTANCE,
        policies_digest=f"sha256:{name}",
        session_duration=HOUR,
        tags=frozenset({("risk", PERMISSION_SETS[name])}),
    )


def account(number: int, place: str, tags: Mapping[str, str], *, status: str = "ACTIVE") -> Account:
    above = chain(place)
    paths = [names.unit_path([name for _, name in above[:depth]]) for depth in range(1, len(above) + 1)]
    ids = [names.unit_handle(unit) for unit in (ROOT, *(unit for unit, _ in above))]
    return Account(
        id=f"{number:012}",
        name=f"Account {number}",
        status=status,
        units=frozenset({*ids, *paths}),
        tags=frozenset(tags.items()),
    )


def few(choices: Sequence[str], *, least: int = 0, most: int = 3) -> st.SearchStrategy[tuple[str, ...]]:
    some = st.lists(st.sampled_from(choices), min_size=least, max_size=most, unique=True)
    return some.map(tuple)


def spelt(choices: Sequence[str]) -> list[str]:
    """Return names also in other letters, which mean the same."""
    return [*choices, *(name.upper() for name in choices)]


seldom = st.sampled_from([False, False, False, True])


def perhaps(what: st.SearchStrategy[Any], *, otherwise: Any = None) -> st.SearchStrategy[Any]:
    """Return something every fourth time: rules that all refuse show little."""
    return seldom.flatmap(lambda there: what if there else st.just(otherwise))


_USERS = [*spelt(USER_NAMES), *(person(name).id for name in USER_NAMES)]
_GROUPS = [*spelt(GROUP_NAMES), *(group(name).id for name in GROUP_NAMES)]
_ACCOUNTS = [*(f"{number:012}" for number in range(1, 5)), "account 1", "ACCOUNT 2", "000000000000"]
_UNITS = [*UNITS, ROOT, "Workloads", "workloads/prod", "Workloads/Prod/Europe", "Prod", "Sandbox/Prod"]
_SETS = [*spelt(list(PERMISSION_SETS)), permission_set("ReadOnlyAccess").arn, "Gone"]

wanted_tags: st.SearchStrategy[Wanted] = st.lists(
    st.sampled_from(list(TAGS)).flatmap(
        lambda name: st.tuples(
            st.just(name), st.frozensets(st.sampled_from(TAGS[name]), min_size=1, max_size=2)
        )
    ),
    max_size=2,
    unique_by=lambda tag: tag[0],
).map(tuple)

peoples = st.builds(People, users=few(_USERS), groups=few(_GROUPS, most=4))
account_selectors = st.builds(
    Accounts,
    named=few(_ACCOUNTS),
    units=few(_UNITS, most=2),
    tags=wanted_tags,
    all=st.booleans(),
    excluded=perhaps(few(_ACCOUNTS, most=2), otherwise=()),
)
permission_set_selectors = st.builds(
    PermissionSets,
    names=few(_SETS),
    patterns=few(["*", "read*", "*Access", "Read????Access", "*only*"], most=1),
    tags=st.sampled_from([(), (("risk", frozenset({"low"})),), (("risk", frozenset({"high", "low"})),)]),
    excluded=perhaps(few(_SETS, most=1), otherwise=()),
)
week_hours = st.builds(
    Hours,
    st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kathmandu"]),
    st.lists(
        st.builds(
            Span,
            st.frozensets(st.integers(0, 6), min_size=1),
            st.builds(time, st.integers(0, 23)),
            st.builds(time, st.integers(0, 23)),
        ),
        min_size=1,
        max_size=3,
    ).map(tuple),
)
some_time = st.sampled_from([MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR])
whens = st.builds(
    When,
    duration_over=st.none() | some_time,
    account_tags=wanted_tags,
    permission_sets=st.none() | permission_set_selectors,
    outside=st.none() | week_hours,
)
step_rules = st.builds(
    ApprovalStep,
    name=st.just("step"),
    approvers=st.builds(
        People, users=few(_USERS), groups=few(_GROUPS), owner_tag=st.sampled_from([None, None, "owner"])
    ),
    required=st.integers(1, 2),
    when=st.lists(whens, max_size=2).map(tuple),
)


@st.composite
def approvals(draw: st.DrawFn) -> Approval:
    """Return up to three steps, each with a name of its own."""
    rules = draw(st.lists(step_rules, min_size=1, max_size=3))
    steps = tuple(
        ApprovalStep(f"step-{place}", rule.approvers, rule.required, rule.when)
        for place, rule in enumerate(rules)
    )
    return Approval(steps, DAY, through=draw(few(["slack"], most=1)))


@st.composite
def entitlements(draw: st.DrawFn, name: str = "rule") -> Entitlement:
    """Return a rule that may have anything the language has."""
    default, maximum = sorted(draw(st.tuples(some_time, some_time)))
    return Entitlement(
        name=name,
        requesters=draw(peoples),
        permission_sets=draw(permission_set_selectors),
        accounts=draw(account_selectors),
        duration=DurationLimits(default, maximum),
        requesters_for=draw(perhaps(peoples, otherwise=NOBODY)),
        justification_minimum_length=draw(st.sampled_from([1, 1, 10])),
        ticket=Ticket(required=draw(seldom)),
        allowed_hours=draw(perhaps(week_hours)),
        maximum_concurrent=draw(perhaps(st.integers(1, 3))),
        cool_down=draw(perhaps(some_time)),
        approval=draw(st.none() | approvals()),
        break_glass=draw(seldom),
        extension=draw(st.none() | st.builds(Extension, st.integers(1, 2), some_time)),
    )


@st.composite
def policies(draw: st.DrawFn, most: int = 4) -> Policy:
    """Return some entitlements, each with a name of its own."""
    count = draw(st.integers(1, most))
    return Policy(1, "sha256:1", tuple(draw(entitlements(f"rule-{number}")) for number in range(count)))


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    """Return a small world with its policy."""
    places = {
        f"{number:012}": draw(st.sampled_from([ROOT, *UNITS]))
        for number in range(1, draw(st.integers(1, 4)) + 1)
    }
    accounts = tuple(
        account(
            int(identifier),
            place,
            draw(st.fixed_dictionaries({}, optional={name: st.sampled_from(TAGS[name]) for name in TAGS})),
            status=draw(st.sampled_from(["ACTIVE", "ACTIVE", "ACTIVE", "SUSPENDED"])),
        )
        for identifier, place in places.items()
    )
    return Scene(
        people=tuple(person(name, draw(few(GROUP_NAMES))) for name in USER_NAMES),
        accounts=accounts,
        permission_sets=tuple(permission_set(name) for name in PERMISSION_SETS),
        places=places,
        policy=draw(policies()),
    )


def asks(scene: Scene) -> st.SearchStrategy[Ask]:
    """Return what somebody of a scene may want, for themselves or for somebody else; mostly in due form."""
    somebody = st.sampled_from(scene.people)
    return st.builds(
        lambda requester, other, **words: Ask(requester, other or requester, **words),
        somebody,
        perhaps(somebody),
        targets=st.lists(st.sampled_from(scene.targets), min_size=1, max_size=3, unique=True).map(tuple),
        duration=perhaps(some_time | st.just(timedelta(seconds=30))),
        justification=perhaps(st.sampled_from(["", "short"]), otherwise="the pager went off"),
        ticket=perhaps(st.none(), otherwise="OPS-1"),
        starts_at=perhaps(st.sampled_from([NOW, NOW - HOUR, NOW + 3 * HOUR, NOW + 8 * DAY])),
    )


def windows() -> st.SearchStrategy[Window]:
    """Return a span of time some hours around now."""
    return st.builds(
        lambda start, length: Window(NOW + start * HOUR, NOW + (start + length) * HOUR),
        st.integers(-4, 6),
        st.integers(1, 6),
    )


histories = st.builds(
    History,
    windows=perhaps(
        st.lists(windows().filter(lambda window: window.ends_at > NOW), max_size=4).map(tuple), otherwise=()
    ),
    last_over_at=perhaps(st.sampled_from([NOW, NOW - 10 * MINUTE, NOW - HOUR, NOW - 9 * HOUR])),
    open_review=seldom,
)
