"""Who may call what, over HTTP: every route, every kind of caller, one table written by hand."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.routing import iter_route_contexts

from protem.api.routers import PUBLIC
from protem.db.models import Request, TokenRole
from protem.domain.authority import AUTHORITY, Verb
from tests.api.applications import Api, Client, asking
from tests.broker.worlds import POLICY
from tests.broker.worlds import asking as submission
from tests.notifications.offices import Office

Sent = tuple[str, str, dict[str, Any]]

CALLERS: dict[str, Callable[[Api], Client]] = {
    "anonymous": Api.anonymous,
    "requester": lambda api: api.person("bob"),
    "beneficiary": lambda api: api.person("alice"),
    "approver": lambda api: api.person("carol"),
    "stranger": lambda api: api.person("erin"),
    "service": lambda api: api.bot("jenkins"),
    "service acting": lambda api: api.bot("slack", acting="bob"),
    "admin": Api.admin,
    "auditor": Api.auditor,
}

# fmt: off
STATUSES: dict[Verb, tuple[int, ...]] = {
    #                         anonymous requester beneficiary approver stranger service acting admin auditor
    Verb.ME_READ:              (401,     200,      200,        200,     200,     200,    200,   200,  200),
    Verb.ENTITLEMENTS_LIST:    (401,     200,      200,        200,     200,     200,    200,   200,  200),
    Verb.ENTITLEMENTS_PLAN:    (401,     403,      403,        403,     403,     403,    403,   200,  403),
    Verb.ENTITLEMENTS_APPLY:   (401,     403,      403,        403,     403,     403,    403,   200,  403),
    Verb.ENTITLEMENTS_SCHEMA:  (401,     200,      200,        200,     200,     200,    200,   200,  200),
    Verb.ENTITLEMENT_ACCOUNTS_LIST:
                               (401,     200,      200,        200,     404,     404,    200,   200,  200),
    Verb.ENTITLEMENT_VERSIONS_LIST:
                               (401,     403,      403,        403,     403,     403,    403,   200,  200),
    Verb.ENTITLEMENT_VERSIONS_READ:
                               (401,     403,      403,        403,     403,     403,    403,   200,  200),
    Verb.ACCOUNTS_LIST:        (401,     200,      200,        200,     200,     200,    200,   200,  200),
    Verb.PERMISSION_SETS_LIST: (401,     200,      200,        200,     200,     200,    200,   200,  200),
    Verb.PRINCIPALS_LIST:      (401,     200,      200,        200,     200,     200,    200,   200,  200),
    Verb.REQUESTS_SUBMIT:      (401,     201,      201,        403,     403,     403,    201,   403,  403),
    Verb.REQUESTS_LIST:        (401,     200,      200,        200,     200,     200,    200,   200,  200),
    Verb.REQUESTS_READ:        (401,     200,      200,        200,     404,     404,    200,   200,  200),
    Verb.REQUESTS_DECIDE:      (401,     403,      403,        200,     404,     404,    403,   403,  403),
    Verb.REQUESTS_WITHDRAW:    (401,     200,      200,        403,     404,     404,    200,   403,  403),
    Verb.REQUESTS_REPEAT:      (401,     201,      201,        403,     404,     404,    201,   403,  403),
    Verb.REVIEWS_LIST:         (401,     200,      200,        200,     200,     200,    200,   200,  200),
    Verb.REVIEWS_READ:         (401,     200,      200,        200,     404,     404,    200,   200,  200),
    Verb.REVIEWS_CLOSE:        (401,     403,      403,        200,     404,     404,    403,   200,  403),
    Verb.GRANTS_LIST:          (401,     200,      200,        200,     200,     200,    200,   200,  200),
    Verb.GRANTS_READ:          (401,     200,      200,        200,     404,     404,    200,   200,  200),
    Verb.GRANTS_REVOKE:        (401,     202,      202,        202,     404,     404,    202,   202,  403),
    Verb.GRANTS_EXTEND:        (401,     202,      202,        403,     404,     404,    202,   403,  403),
    Verb.LOCKS_CREATE:         (401,     403,      403,        403,     403,     403,    403,   201,  403),
    Verb.LOCKS_LIST:           (401,     403,      403,        403,     403,     403,    403,   200,  200),
    Verb.LOCKS_READ:           (401,     403,      403,        403,     403,     403,    403,   200,  200),
    Verb.LOCKS_LIFT:           (401,     403,      403,        403,     403,     403,    403,   200,  403),
    Verb.ASSIGNMENTS_LIST:     (401,     403,      403,        403,     403,     403,    403,   200,  200),
    Verb.TOKENS_CREATE:        (401,     403,      403,        403,     403,     403,    403,   201,  403),
    Verb.TOKENS_LIST:          (401,     403,      403,        403,     403,     403,    403,   200,  200),
    Verb.TOKENS_REVOKE:        (401,     403,      403,        403,     403,     403,    403,   200,  403),
    Verb.WEBHOOKS_CREATE:      (401,     403,      403,        403,     403,     403,    403,   201,  403),
    Verb.WEBHOOKS_LIST:        (401,     403,      403,        403,     403,     403,    403,   200,  200),
    Verb.WEBHOOKS_READ:        (401,     403,      403,        403,     403,     403,    403,   200,  200),
    Verb.WEBHOOKS_EDIT:        (401,     403,      403,        403,     403,     403,    403,   200,  403),
    Verb.WEBHOOKS_ROTATE:      (401,     403,      403,        403,     403,     403,    403,   200,  403),
    Verb.WEBHOOKS_TEST:        (401,     403,      403,        403,     403,     403,    403,   202,  403),
    Verb.WEBHOOKS_DELETE:      (401,     403,      403,        403,     403,     403,    403,   204,  403),
    Verb.DELIVERIES_LIST:      (401,     403,      403,        403,     403,     403,    403,   200,  200),
    Verb.DELIVERIES_READ:      (401,     403,      403,        403,     403,     403,    403,   200,  200),
    Verb.DELIVERIES_REDELIVER: (401,     403,      403,        403,     403,     403,    403,   202,  403),
    Verb.AUDIT_EVENTS_LIST:    (401,     403,      403,        403,     403,     403,    403,   200,  200),
    Verb.AUDIT_EVENTS_EXPORT:  (401,     403,      403,        403,     403,     403,    403,   200,  200),
    Verb.AUDIT_CHECKPOINTS_LIST:
                               (401,     200,      200,        200,     200,     200,    200,   200,  200),
}
# fmt: on


FOR_OTHERS = POLICY.replace(
    "  - name: admin\n",
    "  - name: admin\n"
    "    requesters_for: {users: [bob@example.com]}\n"
    "    extension: {maximum_count: 1, maximum: PT1H}\n",
)
GLASS = """
  - name: glass
    requesters: {groups: [engineers]}
    requesters_for: {users: [bob@example.com]}
    permission_sets: {names: [AdministratorAccess]}
    accounts: {all: true}
    duration: {default: PT1H, maximum: PT2H}
    break_glass: true
    notify: {users: [carol@example.com]}
"""


def pending(api: Api) -> Request:
    """Return what bob asked for on behalf of alice."""
    api.world.apply(FOR_OTHERS)
    return api.world.submit(api.world.person("bob"), submission(beneficiary="alice@example.com"))


def grant_path(api: Api) -> str:
    request = pending(api)
    api.world.decide(api.world.person("dave"), request)
    (grant,) = api.world.granted(request)
    return f"/v1/grants/{grant.id}"


def review_path(api: Api) -> str:
    """Return the address of an open review of glass that bob broke for alice."""
    api.world.apply(POLICY + GLASS)
    for earlier in api.admin().get("/v1/reviews?open=true").json()["items"]:
        api.admin().post(f"/v1/reviews/{earlier['id']}/close", {"comment": "seen"})
    asked = submission(beneficiary="alice@example.com", entitlement="glass")
    api.world.submit(api.world.person("bob"), asked)
    (review,) = api.admin().get("/v1/reviews?open=true").json()["items"]
    return f"/v1/reviews/{review['id']}"


def extend(api: Api) -> Sent:
    body = {"duration": "PT30M", "justification": "it takes longer"}
    return "POST", f"{grant_path(api)}/extend", {"json": body}


def plan(api: Api) -> Sent:
    return "POST", "/v1/entitlements/plan", {"content": POLICY, "headers": {"Content-Type": "text/yaml"}}


def apply(api: Api) -> Sent:
    headers = {"Content-Type": "text/yaml", "If-Match": '"1"'}
    return "POST", "/v1/entitlements/apply", {"content": POLICY, "headers": headers}


def decide(api: Api) -> Sent:
    request = pending(api)
    body = {"decision": "approve", "digest": request.digest}
    return "POST", f"/v1/requests/{request.id}/decisions", {"json": body}


def create_token(api: Api) -> Sent:
    return "POST", "/v1/tokens", {"json": {"name": "nightly", "role": "auditor"}}


def revoke_token(api: Api) -> Sent:
    api.bearer("spare", role=TokenRole.AUDITOR)
    listed = api.admin().get("/v1/tokens").json()["items"]
    token = next(token for token in listed if token["name"] == "spare")
    return "DELETE", f"/v1/tokens/{token['id']}", {}


LOCK = {"kind": "account", "subject": "beta", "reason": "a drill"}


def lock_path(api: Api) -> str:
    return api.admin().post("/v1/locks", LOCK).headers["Location"]


WEBHOOK = {"url": "https://bot.example/hook"}


def webhook_path(api: Api) -> str:
    return api.admin().post("/v1/webhooks", WEBHOOK).headers["Location"]


def edit_webhook(api: Api) -> Sent:
    return "PATCH", webhook_path(api), {"json": {"types": ["grant.*"]}, "headers": {"If-Match": '"1"'}}


def delivery_path(api: Api) -> str:
    return api.admin().post(f"{webhook_path(api)}/test").headers["Location"]


def settled_path(api: Api) -> str:
    path = delivery_path(api)
    Office(api.world).work()
    return path


CALLS: dict[Verb, Callable[[Api], Sent]] = {
    Verb.ME_READ: lambda api: ("GET", "/v1/me", {}),
    Verb.ENTITLEMENTS_LIST: lambda api: ("GET", "/v1/entitlements", {}),
    Verb.ENTITLEMENTS_SCHEMA: lambda api: ("GET", "/v1/entitlements/schema", {}),
    Verb.ENTITLEMENT_ACCOUNTS_LIST: lambda api: ("GET", "/v1/entitlements/admin/accounts", {}),
    Verb.ENTITLEMENT_VERSIONS_LIST: lambda api: ("GET", "/v1/entitlement-versions", {}),
    Verb.ENTITLEMENT_VERSIONS_READ: lambda api: ("GET", "/v1/entitlement-versions/1", {}),
    Verb.ENTITLEMENTS_PLAN: plan,
    Verb.ENTITLEMENTS_APPLY: apply,
    Verb.ACCOUNTS_LIST: lambda api: ("GET", "/v1/accounts", {}),
    Verb.PERMISSION_SETS_LIST: lambda api: ("GET", "/v1/permission-sets", {}),
    Verb.PRINCIPALS_LIST: lambda api: ("GET", "/v1/principals", {}),
    Verb.REQUESTS_SUBMIT: lambda api: ("POST", "/v1/requests", {"json": asking()}),
    Verb.REQUESTS_LIST: lambda api: ("GET", "/v1/requests", {}),
    Verb.REQUESTS_READ: lambda api: ("GET", f"/v1/requests/{pending(api).id}", {}),
    Verb.REQUESTS_DECIDE: decide,
    Verb.REQUESTS_WITHDRAW: lambda api: ("POST", f"/v1/requests/{pending(api).id}/withdraw", {}),
    Verb.REQUESTS_REPEAT: lambda api: ("POST", f"/v1/requests/{pending(api).id}/repeat", {}),
    Verb.REVIEWS_LIST: lambda api: ("GET", "/v1/reviews", {}),
    Verb.REVIEWS_READ: lambda api: ("GET", review_path(api), {}),
    Verb.REVIEWS_CLOSE: lambda api: ("POST", f"{review_path(api)}/close", {"json": {"comment": "seen"}}),
    Verb.GRANTS_EXTEND: extend,
    Verb.GRANTS_LIST: lambda api: ("GET", "/v1/grants", {}),
    Verb.GRANTS_READ: lambda api: ("GET", grant_path(api), {}),
    Verb.GRANTS_REVOKE: lambda api: ("POST", f"{grant_path(api)}/revoke", {"json": {"comment": "done"}}),
    Verb.LOCKS_CREATE: lambda api: ("POST", "/v1/locks", {"json": LOCK}),
    Verb.LOCKS_LIST: lambda api: ("GET", "/v1/locks", {}),
    Verb.LOCKS_READ: lambda api: ("GET", lock_path(api), {}),
    Verb.LOCKS_LIFT: lambda api: ("DELETE", lock_path(api), {}),
    Verb.ASSIGNMENTS_LIST: lambda api: ("GET", "/v1/assignments", {}),
    Verb.TOKENS_CREATE: create_token,
    Verb.TOKENS_LIST: lambda api: ("GET", "/v1/tokens", {}),
    Verb.TOKENS_REVOKE: revoke_token,
    Verb.WEBHOOKS_CREATE: lambda api: ("POST", "/v1/webhooks", {"json": WEBHOOK}),
    Verb.WEBHOOKS_LIST: lambda api: ("GET", "/v1/webhooks", {}),
    Verb.WEBHOOKS_READ: lambda api: ("GET", webhook_path(api), {}),
    Verb.WEBHOOKS_EDIT: edit_webhook,
    Verb.WEBHOOKS_ROTATE: lambda api: ("POST", f"{webhook_path(api)}/rotate", {"json": {}}),
    Verb.WEBHOOKS_TEST: lambda api: ("POST", f"{webhook_path(api)}/test", {}),
    Verb.WEBHOOKS_DELETE: lambda api: ("DELETE", webhook_path(api), {}),
    Verb.DELIVERIES_LIST: lambda api: ("GET", f"{webhook_path(api)}/deliveries", {}),
    Verb.DELIVERIES_READ: lambda api: ("GET", delivery_path(api), {}),
    Verb.DELIVERIES_REDELIVER: lambda api: ("POST", f"{settled_path(api)}/redeliver", {}),
    Verb.AUDIT_EVENTS_LIST: lambda api: ("GET", "/v1/audit-events", {}),
    Verb.AUDIT_EVENTS_EXPORT: lambda api: ("GET", "/v1/audit-events/export", {}),
    Verb.AUDIT_CHECKPOINTS_LIST: lambda api: ("GET", "/v1/audit-checkpoints", {}),
}


@pytest.mark.parametrize("verb", STATUSES)
def test_each_kind_of_caller_gets_what_the_table_says(api: Api, verb: Verb) -> None:
    got = {}
    for kind, caller in CALLERS.items():
        method, path, others = CALLS[verb](api)
        got[kind] = caller(api).send(method, path, **others).status_code
    assert got == dict(zip(CALLERS, STATUSES[verb], strict=True))


def test_every_route_is_public_or_in_the_table_of_authority(api: Api) -> None:
    routes = list(iter_route_contexts(api.app.routes))
    verbs = {getattr(route, "operation_id", None) for route in routes if route.path not in PUBLIC}
    assert verbs == {verb.value for verb in AUTHORITY}
    assert {route.path for route in routes} >= PUBLIC


def test_every_verb_is_called_in_these_tests() -> None:
    assert set(STATUSES) == set(CALLS) == set(AUTHORITY) == set(Verb)


def test_what_is_public_needs_no_credential(api: Api) -> None:
    for path in PUBLIC:
        assert api.anonymous().get(path.replace("{code}", "not-found")).status_code == 200


def test_a_service_sees_what_came_through_it_but_does_not_decide(api: Api) -> None:
    asked = api.bot("slack", acting="alice").post("/v1/requests", asking()).json()
    assert asked["via"] == "slack"
    assert api.bot("slack").get(f"/v1/requests/{asked['id']}").status_code == 200
    body = {"decision": "approve", "digest": asked["digest"]}
    assert api.bot("slack").post(f"/v1/requests/{asked['id']}/decisions", body).status_code == 403


def test_a_relayed_decision_counts_where_the_entitlement_names_the_service(api: Api) -> None:
    asked = api.asked()
    path, body = f"/v1/requests/{asked['id']}/decisions", {"decision": "approve", "digest": asked["digest"]}
    refused = api.bot("jenkins", acting="carol").post(path, body)
    assert (refused.status_code, refused.json()["code"]) == (403, "relay-refused")
    relayed = api.bot("slack", acting="carol").post(path, body)
    assert relayed.json()["decisions"][0]["via"] == "slack"
    assert relayed.json()["state"] == "approved"


def test_nobody_but_a_service_may_send_act_as(api: Api) -> None:
    answer = api.person("alice").get("/v1/me", headers={"Act-As": "carol@example.com"})
    assert (answer.status_code, answer.json()["code"]) == (403, "act-as-refused")


def test_a_request_is_what_admins_see_too(api: Api) -> None:
    api.world.submit(api.world.person("alice"), submission())
    assert len(api.auditor().get("/v1/requests").json()["items"]) == 1
    assert api.person("erin").get("/v1/requests").json()["items"] == []
