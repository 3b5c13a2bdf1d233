"""From a claim to exactly one user of Identity Center, or to nobody."""

from typing import Any

import pytest

from protem.broker.assertions import Matching
from protem.db.models import Principal
from protem.domain import names
from protem.domain.identification import IdentityRefused, Matches
from protem.identity_provider.values import Assertion
from tests.broker.worlds import World, person_id

EXTERNAL = Matching(claim="oid", matches=Matches.EXTERNAL_ID)
EMAIL = Matching(matches=Matches.EMAIL)
UPN = Matching(claim="upn")
FULLWIDTH = "\uff41"


def found(world: World, matching: Matching, **claims: Any) -> str:
    """Return who is meant, or why nobody is."""
    with world.store.reading() as session:
        try:
            return matching.person(session, Assertion("https://id.example.com", "s", claims)).id
        except IdentityRefused as refusal:
            return refusal.detail


def add(world: World, name: str, **values: Any) -> None:
    given = {"user_name": name, "display_name": name, "email": f"{name}@example.com", **values}
    keys = {"user_name_key": names.key(given["user_name"]), "email_key": names.key(given["email"])}
    with world.store.writing() as session:
        session.add(Principal(id=person_id(name), **given, **keys))


@pytest.mark.parametrize(
    ("matching", "claims"),
    [
        (Matching(), {"email": "alice@example.com", "email_verified": True}),
        (EMAIL, {"email": "ALICE@Example.com", "email_verified": True}),
        (UPN, {"upn": "Alice@EXAMPLE.com"}),
        (EXTERNAL, {"oid": "00u-alice"}),
        (Matching(email_asserted=True), {"email": "alice@example.com"}),
    ],
)
def test_a_claim_means_one_user(world: World, matching: Matching, claims: dict[str, Any]) -> None:
    assert found(world, matching, **claims) == person_id("alice")


@pytest.mark.parametrize("verified", [False, None, "true", 1, "yes", [True]])
def test_an_address_counts_only_if_it_is_verified(world: World, verified: object) -> None:
    refused = found(world, EMAIL, email="alice@example.com", email_verified=verified)
    assert "not say that the e-mail address is verified" in refused


@pytest.mark.parametrize(
    "value",
    [None, "", " ", 7, True, ["alice@example.com"], {"a": 1}, "a" * 600, "alice@example.com\n", "a\x00"],
)
def test_a_claim_that_is_no_name_is_refused(world: World, value: object) -> None:
    assert found(world, UPN, upn=value).startswith(("what the identity provider says", "the `upn` holds"))


@pytest.mark.parametrize(
    "value",
    [
        f"{FULLWIDTH}lice@example.com",
        "alice@example\uff0ecom",
        "alice@ex\u00adample.com",
        "\u0430lice@example.com",  # Cyrillic
        " alice@example.com",
        "alice@example.com ",
        "ALİCE@example.com",
        "mallory@example.com",
        "%@example.com",
        "alice@example.com' OR '1'='1",
        person_id("alice"),
    ],
)
def test_what_only_looks_like_a_name_is_nobody(world: World, value: str) -> None:
    for matching in (UPN, Matching(claim="upn", matches=Matches.EMAIL)):
        assert found(world, matching, upn=value) not in {person_id(name) for name in ("alice", "bob")}


def test_letters_that_are_written_in_two_ways_are_one_name(world: World) -> None:
    add(world, "zoe", user_name="zoe\u0301@example.com")
    assert found(world, UPN, upn="zo\u00e9@example.com") == person_id("zoe")


def test_two_users_with_one_address_are_nobody(world: World) -> None:
    add(world, "twin", email="Alice@Example.COM")
    refused = found(world, EMAIL, email="alice@example.com", email_verified=True)
    assert refused.startswith("2 users of Identity Center have this email")


def test_two_users_whose_names_look_alike_are_nobody(world: World) -> None:
    add(world, "lookalike", user_name=f"{FULLWIDTH}lice@example.com")
    for value in ("alice@example.com", f"{FULLWIDTH}lice@example.com"):
        assert found(world, UPN, upn=value).startswith("2 users")


def test_two_users_with_one_external_id_are_nobody(world: World) -> None:
    add(world, "twin", external_id="00u-alice")
    assert found(world, EXTERNAL, oid="00u-alice").startswith("2 users")


@pytest.mark.parametrize("value", ["00U-ALICE", "00u-alice ", "00u-", "00u-mallory"])
def test_an_external_id_is_compared_exactly(world: World, value: str) -> None:
    assert found(world, EXTERNAL, oid=value).startswith("no user")


def test_whoever_has_left_is_nobody(world: World) -> None:
    world.remove(Principal, person_id("alice"))
    assert "has left" in found(world, UPN, upn="alice@example.com")


def test_whoever_got_the_name_of_somebody_who_left_is_somebody_else(world: World) -> None:
    world.remove(Principal, person_id("alice"))
    add(world, "successor", user_name="alice@example.com")
    assert found(world, UPN, upn="alice@example.com") == person_id("successor")
