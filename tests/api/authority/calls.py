"""One call of every operation, to something that is there and could be done."""

from collections.abc import Callable, Mapping
from typing import Any

from protem.domain.authority import Verb
from tests.api.applications import asking
from tests.api.authority.scenes import LOCK, RULES, WEBHOOK, Scene

Sent = tuple[str, str, dict[str, Any]]
Making = Callable[[Scene], Sent]

COMMENT = {"json": {"comment": "seen"}}
YAML = {"Content-Type": "text/yaml"}


def get(path: str) -> Making:
    return lambda scene: ("GET", path, {})


def reading(make: Callable[[Scene], str], below: str = "") -> Making:
    return lambda scene: ("GET", f"{make(scene)}{below}", {})


def posting(make: Callable[[Scene], str], below: str, **others: Any) -> Making:
    return lambda scene: ("POST", f"{make(scene)}{below}", others)


def request(scene: Scene) -> str:
    return f"/v1/requests/{scene.request().id}"


def grant(scene: Scene) -> str:
    return f"/v1/grants/{scene.grant().id}"


def review(scene: Scene) -> str:
    return f"/v1/reviews/{scene.review()}"


def decide(scene: Scene) -> Sent:
    asked = scene.request()
    body = {"decision": "approve", "digest": asked.digest}
    return "POST", f"/v1/requests/{asked.id}/decisions", {"json": body}


def apply(scene: Scene) -> Sent:
    versions = scene.api.admin().get("/v1/entitlement-versions").json()["items"]
    headers = {**YAML, "If-Match": f'"{versions[0]["version"]}"'}
    return "POST", "/v1/entitlements/apply", {"content": RULES, "headers": headers}


EXTENSION = {"duration": "PT30M", "justification": "it takes longer"}
EDIT = {"json": {"types": ["grant.*"]}, "headers": {"If-Match": '"1"'}}

CALLS: Mapping[Verb, Making] = {
    Verb.ME_READ: get("/v1/me"),
    Verb.ENTITLEMENTS_LIST: get("/v1/entitlements"),
    Verb.ENTITLEMENTS_SCHEMA: get("/v1/entitlements/schema"),
    Verb.ENTITLEMENT_ACCOUNTS_LIST: lambda scene: (
        "GET",
        f"/v1/entitlements/{scene.parties.entitlement}/accounts",
        {},
    ),
    Verb.ENTITLEMENT_VERSIONS_LIST: get("/v1/entitlement-versions"),
    Verb.ENTITLEMENT_VERSIONS_READ: get("/v1/entitlement-versions/1"),
    Verb.ENTITLEMENTS_PLAN: lambda scene: (
        "POST",
        "/v1/entitlements/plan",
        {"content": RULES, "headers": YAML},
    ),
    Verb.ENTITLEMENTS_APPLY: apply,
    Verb.ACCOUNTS_LIST: get("/v1/accounts"),
    Verb.PERMISSION_SETS_LIST: get("/v1/permission-sets"),
    Verb.PRINCIPALS_LIST: get("/v1/principals"),
    Verb.REQUESTS_SUBMIT: lambda scene: ("POST", "/v1/requests", {"json": asking(entitlement="admin")}),
    Verb.REQUESTS_LIST: get("/v1/requests"),
    Verb.REQUESTS_READ: reading(request),
    Verb.REQUESTS_DECIDE: decide,
    Verb.REQUESTS_WITHDRAW: posting(request, "/withdraw"),
    Verb.REQUESTS_REPEAT: posting(request, "/repeat"),
    Verb.REVIEWS_LIST: get("/v1/reviews"),
    Verb.REVIEWS_READ: reading(review),
    Verb.REVIEWS_CLOSE: posting(review, "/close", **COMMENT),
    Verb.GRANTS_LIST: get("/v1/grants"),
    Verb.GRANTS_READ: reading(grant),
    Verb.GRANTS_REVOKE: posting(grant, "/revoke", **COMMENT),
    Verb.GRANTS_EXTEND: posting(grant, "/extend", json=EXTENSION),
    Verb.GRANTS_RECEIPT: reading(grant, "/receipt"),
    Verb.LOCKS_CREATE: lambda scene: ("POST", "/v1/locks", {"json": LOCK}),
    Verb.LOCKS_LIST: get("/v1/locks"),
    Verb.LOCKS_READ: reading(Scene.lock),
    Verb.LOCKS_LIFT: lambda scene: ("DELETE", scene.lock(), {}),
    Verb.ASSIGNMENTS_LIST: get("/v1/assignments"),
    Verb.ASSIGNMENTS_RETRY: posting(Scene.blocked, "/retry"),
    Verb.RECONCILER_READ: get("/v1/reconciler"),
    Verb.ASSIGNMENTS_FORCE_CLOSE: posting(Scene.blocked, "/force-close", **COMMENT),
    Verb.CHANGES_LIST: get("/v1/changes"),
    Verb.CHANGES_READ: reading(Scene.change),
    Verb.CHANGES_CONFIRM: posting(Scene.change, "/confirm", **COMMENT),
    Verb.CHANGES_REJECT: posting(Scene.change, "/reject", **COMMENT),
    Verb.LOGINS_LIST: get("/v1/logins"),
    Verb.LOGINS_END: lambda scene: ("DELETE", scene.login(), {}),
    Verb.TOKENS_CREATE: lambda scene: ("POST", "/v1/tokens", {"json": {"name": "spare", "role": "auditor"}}),
    Verb.TOKENS_LIST: get("/v1/tokens"),
    Verb.TOKENS_READ: reading(Scene.token),
    Verb.TOKENS_ROTATE: posting(Scene.token, "/rotate", json={}),
    Verb.TOKENS_REVOKE: lambda scene: ("DELETE", scene.token(), {}),
    Verb.WEBHOOKS_CREATE: lambda scene: ("POST", "/v1/webhooks", {"json": WEBHOOK}),
    Verb.WEBHOOKS_LIST: get("/v1/webhooks"),
    Verb.WEBHOOKS_READ: reading(Scene.webhook),
    Verb.WEBHOOKS_EDIT: lambda scene: ("PATCH", scene.webhook(), EDIT),
    Verb.WEBHOOKS_ROTATE: posting(Scene.webhook, "/rotate", json={}),
    Verb.WEBHOOKS_TEST: posting(Scene.webhook, "/test"),
    Verb.WEBHOOKS_DELETE: lambda scene: ("DELETE", scene.webhook(), {}),
    Verb.DELIVERIES_LIST: reading(Scene.webhook, "/deliveries"),
    Verb.DELIVERIES_READ: reading(Scene.delivery),
    Verb.DELIVERIES_REDELIVER: posting(Scene.settled, "/redeliver"),
    Verb.AUDIT_EVENTS_LIST: get("/v1/audit-events"),
    Verb.AUDIT_EVENTS_EXPORT: get("/v1/audit-events/export"),
    Verb.AUDIT_CHECKPOINTS_LIST: get("/v1/audit-checkpoints"),
}
