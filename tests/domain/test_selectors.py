"""Names as people mean them, ids exactly, units with all that is below, tags to the letter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protem.domain import names
from protem.domain.catalogue import Account, Estate, Group, PermissionSet, Person
from protem.domain.selectors import Accounts, People, PermissionSets, tagged
from tests.policies import HOUR

USER_ID = "0a1b2c3d-1111-2222-3333-444455556666"
ALICE = Person(USER_ID, "Alice@Example.com", frozenset({Group("g-1", "Platform  Engineers")}))


def account(number: int, *path: str, **tags: str) -> Account:
    """Return an account below units of these names, the outermost first."""
    units = {names.unit_path(path[:depth]) for depth in range(1, len(path) + 1)}
    ids = {names.unit_handle(f"ou-1111-{name.lower():0>8}") for name in path if name.isalnum()}
    return Account(
        f"{number:012}", f"account-{number}", units=frozenset(units | ids), tags=frozenset(tags.items())
    )


def permission_set(name: str, **tags: str) -> PermissionSet:
    return PermissionSet(f"arn:{name}", name, "arn:instance", "sha256:1", HOUR, frozenset(tags.items()))


@pytest.mark.parametrize(
    "people",
    [
        People(users=("ALICE@example.COM",)),
        People(users=(" alice@example.com ",)),
        People(users=(USER_ID,)),
        People(groups=("platform engineers",)),
        People(users=("nobody",), groups=("g-2", "PLATFORM ENGINEERS")),
    ],
)
def test_people_are_named_as_people_write_names(people: People) -> None:
    assert people.include(ALICE)


@pytest.mark.parametrize(
    "people",
    [
        People(),
        People(users=(USER_ID.upper(),)),
        People(users=("platform engineers",)),
        People(groups=("alice@example.com", USER_ID)),
        People(users=("alice",)),
        People(owner_tag="owner"),
    ],
)
def test_people_who_are_not_named_are_not_included(people: People) -> None:
    assert not people.include(ALICE)


@pytest.mark.parametrize(
    ("unit", "included"),
    [
        ("Workloads", True),
        ("workloads/PROD", True),
        ("/Workloads/Prod/", True),
        ("Workloads/Prod/eu/central/one", True),
        ("ou-1111-0000prod", True),
        ("ou-1111-0000PROD", False),
        ("Prod", False),
        ("Workloads/Pro", False),
        ("Workloads/Production", False),
        ("Workloads/Prod/eu/central/one/more", False),
        ("", False),
    ],
)
def test_a_unit_is_meant_with_everything_below_it(unit: str, *, included: bool) -> None:
    deep = account(1, "Workloads", "Prod", "eu", "central", "one")
    assert Accounts(units=(unit,)).include(deep) is included


@given(st.lists(st.text(min_size=1).filter(lambda name: "/" not in names.key(name)), min_size=1, max_size=8))
def test_an_account_is_below_each_unit_above_it_and_below_no_other(path: list[str]) -> None:
    here = account(1, *path)
    for depth in range(1, len(path) + 1):
        assert Accounts(units=("/".join(path[:depth]),)).include(here)
    assert not Accounts(units=("/".join([*path, "more"]),)).include(here)
    assert not Accounts(units=("/".join([path[0] + "x", *path[1:]]),)).include(here)


def test_a_unit_that_is_called_like_an_id_does_not_pass_for_it() -> None:
    here = Account("1" * 12, "alpha", units=frozenset({names.unit_path(["ou-1111-prodprod"])}))
    assert not Accounts(units=("ou-1111-prodprod",)).include(here)


def test_units_and_tags_must_both_match_and_names_add_up() -> None:
    rule = Accounts(units=("Workloads",), tags=(("env", frozenset({"prod", "live"})),), named=("account-9",))
    assert rule.include(account(1, "Workloads", env="prod"))
    assert rule.include(account(1, "Workloads", "eu", env="live"))
    assert not rule.include(account(1, "Workloads", env="dev"))
    assert not rule.include(account(1, "Workloads"))
    assert not rule.include(account(1, "Sandbox", env="prod"))
    assert rule.include(account(9, "Sandbox"))


def test_tags_alone_reach_everywhere_and_no_selector_reaches_nowhere() -> None:
    assert Accounts(tags=(("env", frozenset({"prod"})),)).include(account(1, env="prod"))
    assert not Accounts().include(account(1, "Workloads", env="prod"))
    assert Accounts(all=True).include(account(1))


@pytest.mark.parametrize("tags", [{"Env": "prod"}, {"env": "Prod"}, {"env": "prod "}, {"env": ""}, {}])
def test_tags_are_compared_to_the_letter(tags: dict[str, str]) -> None:
    assert not tagged(frozenset(tags.items()), (("env", frozenset({"prod"})),))


def test_every_tag_that_is_wanted_has_to_be_there() -> None:
    wanted = (("env", frozenset({"prod"})), ("owner", frozenset({"leads"})))
    assert tagged(frozenset({("env", "prod"), ("owner", "leads"), ("more", "x")}), wanted)
    assert not tagged(frozenset({("env", "prod")}), wanted)
    assert not tagged(frozenset({("env", "prod")}), (("env", frozenset()),))


@pytest.mark.parametrize("excluded", ["ACCOUNT-1", "000000000001"])
@pytest.mark.parametrize(
    "picked",
    [{"all": True}, {"named": ("account-1",)}, {"named": ("000000000001",)}, {"units": ("Workloads",)}],
)
def test_an_exception_takes_away_last_whatever_picked(picked: dict[str, object], excluded: str) -> None:
    here = account(1, "Workloads")
    assert Accounts(**picked).include(here)  # type: ignore[arg-type]  # the cases are rightly typed
    assert not Accounts(**picked, excluded=(excluded,)).include(here)  # type: ignore[arg-type]  # ditto


def test_an_account_that_is_called_like_an_id_does_not_pass_for_it() -> None:
    impostor = Account("222222222222", "111111111111")
    assert not Accounts(named=("111111111111",)).include(impostor)
    assert Accounts(all=True, excluded=("111111111111",)).include(impostor)


@pytest.mark.parametrize(
    ("pattern", "name", "fits"),
    [
        ("ReadOnly*", "readonlyAccess", True),
        ("*access", "ReadOnlyAccess", True),
        ("Team-?", "team-a", True),
        ("Team-?", "team-ab", False),
        ("Team-?", "team-", False),
        ("read", "ReadOnlyAccess", False),
        ("*", "x", True),
        ("", "x", False),
        ("Team.A", "TeamXA", False),
        ("[rw]*", "read", False),
        ("[!x]*", "read", False),
        ("a]*", "a]b", True),
        ("x|*", "read", False),
        ("(a*)*$", "aaa", False),
        ("read\\*", "read", False),
    ],
)
def test_a_pattern_is_a_name_with_stars_and_question_marks(pattern: str, name: str, *, fits: bool) -> None:
    assert PermissionSets(patterns=(pattern,)).include(permission_set(name)) is fits


@given(st.text("ab*?", max_size=8), st.text("ab", max_size=8))
def test_a_pattern_fits_what_the_rules_of_patterns_say(pattern: str, name: str) -> None:
    def fits(rest: str, left: str) -> bool:
        if not rest:
            return not left
        if rest[0] == "*":
            return any(fits(rest[1:], left[taken:]) for taken in range(len(left) + 1))
        return bool(left) and rest[0] in {"?", left[0]} and fits(rest[1:], left[1:])

    assert PermissionSets(patterns=(pattern,)).include(permission_set(name)) is fits(pattern, name)


@pytest.mark.parametrize("pattern", ["*a" * 30 + "*c", "*" * 100 + "c", "a*" * 40 + "!", "?*" * 30 + "c"])
def test_no_pattern_takes_exponential_time(pattern: str) -> None:
    # It would not come to an end.
    assert not PermissionSets(patterns=(pattern,)).include(permission_set("a" * 2_000 + "b"))


def test_permission_sets_add_up_and_exceptions_take_away_last() -> None:
    rule = PermissionSets(
        names=("arn:exact", "Admin"),
        patterns=("read*",),
        tags=(("risk", frozenset({"low"})),),
        excluded=("ReadSecrets",),
    )
    assert [
        one.name
        for one in map(permission_set, ("admin", "ReadOnly", "readsecrets", "other"))
        if rule.include(one)
    ] == ["admin", "ReadOnly"]
    assert rule.include(permission_set("other", risk="low"))
    assert not rule.include(permission_set("other", risk="high"))
    assert not rule.include(permission_set("readsecrets", risk="low"))
    assert not PermissionSets().include(permission_set("x"))


def test_an_arn_is_exact_and_a_name_is_no_arn() -> None:
    arn = "arn:aws:sso:::permissionSet/ssoins-1111111111111111/ps-2222222222222222"
    other = arn.replace("2222222222222222", "3333333333333333")
    named_so = PermissionSet(other, arn, "arn:instance", "sha256:1", HOUR)
    assert PermissionSets((arn,)).include(PermissionSet(arn, "Admin", "arn:instance", "sha256:1", HOUR))
    assert not PermissionSets((arn,)).include(named_so)
    assert not PermissionSets((arn.upper(),)).include(
        PermissionSet(arn, "Admin", "arn:instance", "sha256:1", HOUR)
    )


def test_what_is_picked_is_what_is_included_in_order() -> None:
    accounts = tuple(account(number, "Workloads", env="dev" if number % 2 else "prod") for number in range(9))
    estate = Estate(accounts, (permission_set("a"), permission_set("b")))
    rule = Accounts(tags=(("env", frozenset({"prod"})),), excluded=("account-4",))
    assert rule.pick(estate) == tuple(one for one in accounts if rule.include(one))
    assert rule.pick(estate) is rule.pick(estate)
    assert PermissionSets(patterns=("b",)).pick(estate) == (permission_set("b"),)
