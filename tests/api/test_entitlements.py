"""Entitlements over HTTP: planned and applied."""

from tests.api.applications import Api
from tests.broker.worlds import POLICY, World

YAML = {"Content-Type": "application/yaml"}
LONGER = POLICY.replace("maximum: PT4H", "maximum: PT8H", 1)


def test_a_plan_says_what_would_change_and_against_which_version(api: Api) -> None:
    answer = api.admin().send("POST", "/v1/entitlements/plan", content=LONGER, headers=YAML)
    plan = answer.json()
    assert (answer.status_code, answer.headers["ETag"], plan["base_version"]) == (200, '"1"', 1)
    change = {"field": "duration.maximum", "before": "PT4H", "after": "PT8H"}
    (changed,) = plan["changed"]
    assert (changed["name"], changed["fields"], changed["direction"]) == ("read", [change], "widens")
    assert changed["widens"] == ["access may last PT8H instead of PT4H"]
    assert (plan["added"], plan["removed"], plan["unchanged"]) == ([], [], False)


def test_what_was_planned_is_applied_once(api: Api) -> None:
    headers = {**YAML, "If-Match": '"1"'}
    answer = api.admin().send("POST", "/v1/entitlements/apply", content=LONGER, headers=headers)
    assert (answer.status_code, answer.json()["version"], answer.headers["ETag"]) == (200, 2, '"2"')
    again = api.admin().send("POST", "/v1/entitlements/apply", content=POLICY, headers=headers)
    assert (again.status_code, again.json()["code"]) == (412, "version-moved")


def test_applying_without_having_planned_is_refused(api: Api) -> None:
    answer = api.admin().send("POST", "/v1/entitlements/apply", content=LONGER, headers=YAML)
    assert (answer.status_code, answer.json()["code"]) == (428, "precondition-required")
    for tag in ("1", '"one"', "*", 'W/"1"'):
        headers = {**YAML, "If-Match": tag}
        odd = api.admin().send("POST", "/v1/entitlements/apply", content=LONGER, headers=headers)
        assert (odd.status_code, odd.json()["errors"][0]["field"]) == (422, "If-Match")


def test_mistakes_are_named_with_their_places(api: Api) -> None:
    wrong = POLICY.replace("PT4H", "4 hours", 1)
    answer = api.admin().send("POST", "/v1/entitlements/plan", content=wrong, headers=YAML)
    assert (answer.status_code, answer.json()["code"]) == (422, "entitlements-invalid")
    (error,) = answer.json()["errors"]
    assert error["field"].endswith("duration.maximum")
    assert "yaml:7:" in error["message"]


def test_a_document_may_be_longer_than_other_bodies_but_not_endless(api: Api) -> None:
    padded = POLICY + "\n# " + "x" * 100_000
    assert api.admin().send("POST", "/v1/entitlements/plan", content=padded, headers=YAML).status_code == 200
    endless = POLICY + "\n# " + "x" * 1_048_576
    answer = api.admin().send("POST", "/v1/entitlements/plan", content=endless, headers=YAML)
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")


def test_a_document_is_yaml_in_utf_8(api: Api) -> None:
    plan = "/v1/entitlements/plan"
    wrong_type = api.admin().send("POST", plan, content=POLICY, headers={"Content-Type": "text/html"})
    assert (wrong_type.status_code, wrong_type.json()["code"]) == (415, "unsupported-media-type")
    latin = api.admin().send("POST", plan, content=b"# caf\xe9", headers=YAML)
    assert (latin.status_code, latin.json()["code"]) == (422, "invalid-input")


def test_where_a_file_is_the_source_nothing_is_applied_over_http(world: World) -> None:
    api = Api(world, entitlements_file="/etc/protem/entitlements.yaml")
    with api.http:
        headers = {**YAML, "If-Match": '"1"'}
        answer = api.admin().send("POST", "/v1/entitlements/apply", content=LONGER, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "entitlements-from-file")
