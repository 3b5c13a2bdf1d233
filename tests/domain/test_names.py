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
