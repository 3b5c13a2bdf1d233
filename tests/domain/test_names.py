"""Names are compared as people mean them, identifiers as AWS writes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protem.domain import names

USER_ID = "90676c5e2b-0a1b2c3d-1111-2222-3333-444455556666"
ARN = "arn:aws:sso:::permissionSet/ssoins-1111111111111111/ps-2222222222222222"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Alice@Example.com", "alice@example.com"),
        ("straße", "STRASSE"),
        ("Platform  Engineers ", "platform engineers"),
        ("ﬁnance", "finance"),
        ("e\u0301", "\u00e9"),
    ],
)
def test_names_that_people_take_for_the_same_are(one: str, other: str) -> None:
    assert names.key(one) == names.key(other)


def test_names_that_only_look_alike_are_not() -> None:
    assert names.key("аlice") != names.key("alice")  # noqa: RUF001  # the first begins with a Cyrillic letter


@given(st.text())
def test_a_key_is_its_own_key(name: str) -> None:
    once = names.key(name)
    assert names.key(once) == names.key(names.key(once))


@pytest.mark.parametrize("text", ["111122223333", ARN, USER_ID, USER_ID.split("-", 1)[1]])
def test_identifiers_are_recognised(text: str) -> None:
    assert names.is_identifier(text)


@pytest.mark.parametrize(
    "text", ["11112222333", "1111222233334", "AdministratorAccess", ARN + "x", "", "\uff11" * 12]
)
def test_names_are_no_identifiers(text: str) -> None:
    assert not names.is_identifier(text)


def test_an_identifier_never_matches_by_name() -> None:
    assert not names.matches("111122223333", identifier="444455556666", name="111122223333")
    assert names.matches("111122223333", identifier="111122223333", name="prod")


def test_a_name_matches_without_regard_to_case() -> None:
    assert names.matches("PROD", identifier="111122223333", name="Prod")
    assert not names.matches("prod", identifier="111122223333", name="prod-eu")


def test_handles_of_different_kinds_never_meet() -> None:
    kinds = ("user", "group", "account", "permission-set")
    found = [names.handles(kind, identifier=USER_ID, name="user-id:x") for kind in kinds]
    assert len(frozenset().union(*found)) == 2 * len(kinds)


@pytest.mark.parametrize("identifier", [USER_ID, ARN, "111122223333"])
def test_a_name_that_looks_like_an_id_does_not_pass_for_it(identifier: str) -> None:
    impostor = names.handles("user", identifier="another", name=identifier)
    assert names.handle("user", identifier) not in impostor
    assert names.handle("user", identifier) in names.handles("user", identifier=identifier, name="x")


@pytest.mark.parametrize("name", ["id:x", "-id:x", "user-id:another", ":", ""])
def test_a_name_cannot_be_written_so_that_its_handle_is_that_of_an_id(name: str) -> None:
    assert names.handle("user", name) not in names.handles("user", identifier=USER_ID, name="x")
    assert f"user-id:{USER_ID}" not in names.handles("user", identifier="another", name=name)


def test_an_identifier_is_compared_exactly() -> None:
    shouted = USER_ID.upper()
    assert names.is_identifier(shouted.split("-", 1)[1])
    assert not names.matches(USER_ID.split("-", 1)[1].upper(), identifier=USER_ID.split("-", 1)[1], name="x")


@given(st.text(), st.text())
def test_a_handle_finds_what_has_it_and_nothing_of_another_name(wanted: str, name: str) -> None:
    found = names.matches(wanted, identifier="u-1", name=name)
    assert found == (not names.is_identifier(wanted) and names.key(wanted) == names.key(name))


@pytest.mark.parametrize("unit", ["r-ab12", "ou-ab12-cdefgh12"])
def test_a_unit_is_meant_by_its_id_exactly(unit: str) -> None:
    assert names.unit_handle(unit) == f"unit-id:{unit}"
    assert names.unit_handle(unit.upper()) != f"unit-id:{unit}"
    assert names.unit_path([unit]) != names.unit_handle(unit)


def test_a_unit_is_meant_by_its_path_without_regard_to_case() -> None:
    assert names.unit_handle("/Workloads/ Prod") == names.unit_path(["WORKLOADS", "prod"])
    assert names.unit_handle("Workloads/Prod") != names.unit_handle("Workloads")
