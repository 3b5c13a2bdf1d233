"""People who call with a token of their identity provider."""

from tests.api.applications import Api
from tests.broker.worlds import person_id


def test_a_person_is_known_by_a_token_of_the_identity_provider(api: Api) -> None:
    me = api.identified("alice").get("/v1/me").json()
    assert me["person"]["id"] == person_id("alice")
    assert {group["name"] for group in me["person"]["groups"]} == {"engineers"}


def test_a_person_is_known_by_a_login(api: Api) -> None:
    me = api.logged_in("alice").get("/v1/me").json()
    assert me["person"]["id"] == person_id("alice")
