"""Finding accounts, permission sets and people."""

import pytest

from protem.broker import catalogue
from protem.broker.callers import Caller
from protem.broker.pages import Page, Paging
from protem.db.models import Account, Group, Principal
from protem.domain.errors import InvalidInput
from tests.broker.worlds import ADMIN, ALPHA, AUDITOR, BETA, World, arn, group_id, person_id, user_name


def accounts(world: World, q: str | None = None, *, caller: Caller = AUDITOR) -> list[str]:
    with world.store.reading() as session:
        return [account.name for account in catalogue.accounts(session, caller, q=q).items]


def principals(world: World, q: str | None = None) -> list[str]:
    with world.store.reading() as session:
        return [person.display_name for person in catalogue.principals(session, AUDITOR, q=q).items]


def permission_sets(world: World, q: str | None = None) -> list[str]:
    with world.store.reading() as session:
        return [found.name for found in catalogue.permission_sets(session, AUDITOR, q=q).items]


def test_what_is_there_is_listed_by_name_without_what_is_gone(world: World) -> None:
    assert accounts(world) == ["alpha", "beta", "management", "suspended"]
    assert permission_sets(world) == ["AdministratorAccess", "ReadOnlyAccess"]
    assert principals(world) == ["Alice", "Bob", "Carol", "Dave", "Erin"]
    world.remove(Principal, person_id("bob"))
    assert "Bob" not in principals(world)


def test_accounts_are_found_by_a_part_of_the_name_or_the_beginning_of_the_id(world: World) -> None:
    expected = {
        "ALP": ["alpha"],
        "a": ["alpha", "beta", "management"],
        "1111": ["alpha"],
        BETA: ["beta"],
        "2222": ["beta"],
        "nothing": [],
        "%": [],
        "_": [],
        "": ["alpha", "beta", "management", "suspended"],
        "  ": ["alpha", "beta", "management", "suspended"],
        "\\": [],
        "'; --": [],
    }
    assert {q: accounts(world, q) for q in expected} == expected


def test_people_are_found_by_either_name_or_id(world: World) -> None:
    expected = {
        "ali": ["Alice"],
        "Alice": ["Alice"],
        "EXAMPLE.COM": ["Alice", "Bob", "Carol", "Dave", "Erin"],
        person_id("carol"): ["Carol"],
    }
    assert {q: principals(world, q) for q in expected} == expected


def test_permission_sets_are_found_by_name_or_arn(world: World) -> None:
    assert permission_sets(world, "readonly") == ["ReadOnlyAccess"]
    assert permission_sets(world, arn("AdministratorAccess")) == ["AdministratorAccess"]


def test_what_cannot_be_a_search_is_refused(world: World) -> None:
    for q in ("\x00", "a\nb", "x" * 257):
        with world.refusing(InvalidInput) as caught:
            accounts(world, q)
        assert caught.value.errors[0].field == "q"


def test_everybody_may_look(world: World) -> None:
    for caller in (ADMIN, AUDITOR, world.person("erin"), world.bot(), world.bot(acting="erin")):
        assert accounts(world, "alpha", caller=caller) == ["alpha"]


def test_pages_go_on_where_the_one_before_ended(world: World) -> None:
    with world.store.writing() as session:
        for identifier in ("666666666666", "777777777777"):  # two of one name, over a page's edge
            twin = session.get_one(Account, ALPHA)
            session.add(
                Account(
                    id=identifier,
                    name="Alpha",
                    name_key=twin.name_key,
                    email="",
                    status="ACTIVE",
                    parent_id="r-1",
                    is_management=False,
                    tags={},
                )
            )
    seen: list[str] = []
    cursor = None
    while True:
        with world.store.reading() as session:
            page: Page[Account] = catalogue.accounts(session, AUDITOR, paging=Paging(limit=2, cursor=cursor))
        seen += [account.id for account in page.items]
        if (cursor := page.next_cursor) is None:
            break
    assert seen == [ALPHA, "666666666666", "777777777777", BETA, "333333333333", "444444444444"]


def test_a_person_has_their_groups(world: World) -> None:
    with world.store.reading() as session:
        dave = catalogue.person(session, person_id("dave"))
    assert dave is not None
    assert dave.user_name == user_name("dave")
    assert {(group.id, group.name) for group in dave.groups} == {
        (group_id("leads"), "leads"),
        (group_id("security"), "security"),
    }


def test_a_person_without_groups_is_somebody(world: World) -> None:
    with world.store.reading() as session:
        erin = catalogue.person(session, person_id("erin"))
    assert erin is not None
    assert erin.groups == frozenset()


def test_a_group_that_is_gone_is_left_out(world: World) -> None:
    world.remove(Group, group_id("security"))
    with world.store.reading() as session:
        dave = catalogue.person(session, person_id("dave"))
    assert dave is not None
    assert {group.name for group in dave.groups} == {"leads"}


@pytest.mark.parametrize("name", ["nobody", "bob"])
def test_who_is_not_there_or_gone_is_nobody(world: World, name: str) -> None:
    world.remove(Principal, person_id("bob"))
    with world.store.reading() as session:
        assert catalogue.person(session, person_id(name)) is None


def test_names_of_those_who_left_can_still_be_shown(world: World) -> None:
    world.remove(Principal, person_id("bob"))
    with world.store.reading() as session:
        found = catalogue.named(session, [person_id("bob"), person_id("nobody")])
    assert {identifier: row.user_name for identifier, row in found.items()} == {
        person_id("bob"): user_name("bob")
    }
