"""Versions of the entitlements over HTTP: listed, read, gone back to."""

import base64
import json

from tests.api.applications import Api
from tests.api.test_entitlements import LONGER, YAML
from tests.broker.worlds import POLICY


def put(api: Api, source: str, *, base: int, query: str = "") -> dict[str, object]:
    headers = {**YAML, "If-Match": f'"{base}"'}
    answer = api.admin().send("POST", f"/v1/entitlements/apply{query}", content=source, headers=headers)
    assert answer.status_code == 200
    found: dict[str, object] = answer.json()
    return found


def test_versions_are_listed_the_newest_first_in_pages(api: Api) -> None:
    put(api, LONGER, base=1)
    put(api, "entitlements: []", base=2)
    first = api.auditor().get("/v1/entitlement-versions?limit=2").json()
    rest = api.auditor().get(f"/v1/entitlement-versions?cursor={first['next_cursor']}").json()
    listed = [*first["items"], *rest["items"]]
    assert [(one["version"], one["entitlements"]) for one in listed] == [(3, 0), (2, 2), (1, 2)]
    assert listed[0]["applied_by"] == "admin:root"
    assert (rest["next_cursor"], set(listed[0])) == (
        None,
        {"version", "digest", "applied_at", "applied_by", "entitlements"},
    )


def test_a_version_shows_its_source_as_it_was_written(api: Api) -> None:
    commented = f"# ours\n{LONGER}"
    put(api, commented, base=1)
    shown = api.auditor().get("/v1/entitlement-versions/2").json()
    assert shown["source"] == commented
    assert [rule["name"] for rule in shown["document"]["entitlements"]] == ["admin", "read"]


def test_an_old_source_applied_again_is_a_new_version_that_means_the_old(api: Api) -> None:
    before = put(api, POLICY.replace("PT4H", "PT3H"), base=1)
    put(api, LONGER, base=2)
    source = api.admin().get("/v1/entitlement-versions/2").json()["source"]
    after = put(api, source, base=3)
    assert (after["version"], after["digest"]) == (4, before["digest"])


def test_a_version_that_never_was_is_not_found(api: Api) -> None:
    assert api.admin().get("/v1/entitlement-versions/7").json()["code"] == "not-found"
    for odd in ("0", "-1", "latest", "1e3", "99999999999999999999"):
        answer = api.admin().get(f"/v1/entitlement-versions/{odd}")
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid-input")


def test_cursors_of_versions_hold_numbers_alone(api: Api) -> None:
    for odd in ("x", "9" * 30, "-1", "1.5", "²"):
        cursor = base64.urlsafe_b64encode(json.dumps(["entitlement-versions", odd]).encode()).decode()
        answer = api.admin().get(f"/v1/entitlement-versions?cursor={cursor}")
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "cursor")
