"""Plans over HTTP: who gains what, what is refused, what ends."""

from tests.api.applications import Api
from tests.api.test_entitlements import YAML
from tests.broker.worlds import POLICY, World

WIDER = POLICY.replace('accounts: {ids: ["111111111111", "222222222222"]}', "accounts: {all: true}").replace(
    "groups: [engineers]", "groups: [engineers, leads]"
)
WITHOUT_ADMIN = POLICY.split("  - name: admin")[0]


def test_a_plan_says_who_gains_what_in_blocks_with_names_and_counts(api: Api) -> None:
    answer = api.admin().send("POST", "/v1/entitlements/plan", content=WIDER, headers=YAML)
    changed = {change["name"]: change for change in answer.json()["changed"]}
    assert changed["admin"]["gains"] == [
        {
            "principals": {"count": 2, "names": ["carol@example.com", "dave@example.com"]},
            "accounts": {"count": 2, "names": ["alpha (111111111111)", "beta (222222222222)"]},
            "permission_sets": {"count": 1, "names": ["AdministratorAccess"]},
        }
    ]
    assert (changed["admin"]["losses"], changed["admin"]["direction"]) == ([], "widens")


def test_strict_refuses_what_is_odd_once_or_always(api: Api, world: World) -> None:
    odd = POLICY.replace("[engineers]", "[engineers, ghosts]")
    planned = api.admin().send("POST", "/v1/entitlements/plan", content=odd, headers=YAML)
    strict = api.admin().send("POST", "/v1/entitlements/plan?strict=true", content=odd, headers=YAML)
    assert (strict.status_code, strict.json()["code"]) == (422, "entitlements-invalid")
    assert [error["message"] for error in strict.json()["errors"]] == planned.json()["warnings"]
    always = Api(world, entitlements_strict=True)
    with always.http:
        headers = {**YAML, "If-Match": '"1"', **api.bearer("root")}
        answer = always.http.post("/v1/entitlements/apply", content=odd, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "entitlements-invalid")
    assert api.admin().get("/v1/entitlement-versions").json()["items"][0]["version"] == 1


def test_grants_of_removed_entitlements_are_ended_where_that_is_wanted(api: Api, world: World) -> None:
    grant = world.approved()
    headers = {**YAML, "If-Match": '"1"'}
    answer = api.admin().send(
        "POST", "/v1/entitlements/apply?end_grants=true", content=WITHOUT_ADMIN, headers=headers
    )
    assert (answer.json()["grants_ended"], answer.json()["grants_left"]) == (1, 0)
    shown = api.person("alice").get(f"/v1/grants/{grant.id}").json()
    assert shown["revoked_by"] == "admin:root"
    assert "version 2 of the entitlements" in shown["revoke_comment"]


def test_the_schema_is_for_everybody_and_says_what_a_document_holds(api: Api) -> None:
    schema = api.person("erin").get("/v1/entitlements/schema").json()
    assert schema["$schema"].startswith("https://json-schema.org/")
    assert "entitlements" in schema["properties"]


def test_whoever_may_not_apply_does_not_have_documents_read(api: Api) -> None:
    for verb in ("plan", "apply"):
        headers = {**YAML, "If-Match": '"1"'}
        answer = api.person("alice").send(
            "POST", f"/v1/entitlements/{verb}", content="not: [valid", headers=headers
        )
        assert (answer.status_code, answer.json()["code"]) == (403, "scope-missing")
