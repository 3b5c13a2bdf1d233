"""Entitlements over HTTP, as a bot reads them that makes a form of them."""

from protem.db.models import Account
from tests.api.applications import Api
from tests.broker.organization import arn

RICH = """
trusted_tags: [env, owner]
entitlements:
  - name: rich
    description: Everything at once
    requesters: {groups: [engineers]}
    requesters_for: {users: [carol@example.com]}
    permission_sets: {patterns: ["*Access"]}
    accounts: {organizational_units: [Workloads]}
    duration: {default: PT1H, maximum: PT4H}
    ticket: {required: true, pattern: 'OPS-[0-9]+'}
    allowed_hours: {time_zone: Europe/Berlin, windows: [{days: [mon, tue], from: "08:00", to: "18:00"}]}
    maximum_concurrent: 2
    cool_down: PT30M
    extension: {maximum_count: 1, maximum: PT1H}
    on_eligibility_lost: end
    when_removed_outside: renew
    approval:
      expires_after: PT24H
      steps:
        - {name: lead, approvers: {groups: [leads]}}
        - name: owner
          approvers: {owner_tag: owner}
          when: {duration_over: PT2H, account_tags: {env: prod}}
"""


def test_people_see_the_entitlements_that_concern_them(api: Api) -> None:
    (shown,) = api.person("carol").get("/v1/entitlements").json()["items"]
    assert shown == {
        "name": "admin",
        "description": "",
        "relations": ["approver"],
        "permission_sets": {
            "count": 1,
            "items": [{"arn": arn("AdministratorAccess"), "name": "AdministratorAccess"}],
        },
        "accounts": {
            "count": 2,
            "items": [{"id": "111111111111", "name": "alpha"}, {"id": "222222222222", "name": "beta"}],
        },
        "beneficiaries": None,
        "default_duration": "PT1H",
        "maximum_duration": "PT4H",
        "justification_minimum_length": 5,
        "ticket": {"required": False, "pattern": None},
        "allowed_hours": None,
        "maximum_concurrent": None,
        "cool_down": None,
        "approval": {
            "steps": [
                {
                    "name": "lead",
                    "required": 1,
                    "users": [],
                    "groups": ["leads"],
                    "owner_tag": None,
                    "when": [],
                }
            ],
            "expires_after": "P1D",
            "through": ["slack"],
        },
        "break_glass": False,
        "extension": None,
        "on_eligibility_lost": "keep",
        "when_removed_outside": "end",
    }
    mine = api.person("alice").get("/v1/entitlements?relation=requester").json()["items"]
    assert [item["name"] for item in mine] == ["admin", "read"]
    assert api.person("alice").get("/v1/entitlements?relation=approver").json()["items"] == []


def test_every_rule_that_a_form_needs_is_there(api: Api) -> None:
    api.world.apply(RICH)
    (shown,) = api.person("carol").get("/v1/entitlements?relation=requester_for").json()["items"]
    assert shown["relations"] == ["approver", "requester_for"]
    assert shown["beneficiaries"] == {"users": [], "groups": ["engineers"]}
    assert shown["ticket"] == {"required": True, "pattern": "OPS-[0-9]+"}
    assert shown["allowed_hours"] == {"time_zone": "Europe/Berlin", "spans": ["mon tue 08:00-18:00"]}
    assert (shown["maximum_concurrent"], shown["cool_down"]) == (2, "PT30M")
    assert shown["extension"] == {"maximum_count": 1, "maximum": "PT1H"}
    assert (shown["on_eligibility_lost"], shown["when_removed_outside"]) == ("end", "renew")
    owner = shown["approval"]["steps"][1]
    assert (owner["owner_tag"], owner["when"]) == (
        "owner",
        ["for longer than PT2H and for accounts tagged env=prod"],
    )
    assert shown["permission_sets"]["count"] == shown["accounts"]["count"] == 2


def test_entitlements_are_searched_and_paged(api: Api) -> None:
    alice = api.person("alice")
    first = alice.get("/v1/entitlements?limit=1").json()
    second = alice.get("/v1/entitlements", params={"limit": 1, "cursor": first["next_cursor"]}).json()
    assert [page["items"][0]["name"] for page in (first, second)] == ["admin", "read"]
    assert second["next_cursor"] is None
    (found,) = alice.get("/v1/entitlements?q=readonly&account=beta").json()["items"]
    assert (found["name"], [one["name"] for one in found["accounts"]["items"]]) == ("read", ["beta"])
    assert alice.get("/v1/entitlements?permission_set=Nothing").json()["items"] == []


def test_a_hundred_accounts_are_shown_and_the_others_listed(api: Api) -> None:
    with api.world.store.writing() as session:
        session.add_all(
            Account(
                id=f"9{number:011}",
                name=f"team-{number:03}",
                name_key=f"team-{number:03}",
                email="",
                status="ACTIVE",
                parent_id="r-1111",
                is_management=False,
                tags={},
            )
            for number in range(150)
        )
    alice = api.person("alice")
    read = alice.get("/v1/entitlements?q=read").json()["items"][0]
    assert (read["accounts"]["count"], len(read["accounts"]["items"])) == (152, 100)
    page = alice.get("/v1/entitlements/read/accounts?limit=200").json()
    assert (len(page["items"]), page["next_cursor"]) == (152, None)
    found = alice.get("/v1/entitlements/read/accounts?q=team-149").json()["items"]
    assert found == [{"id": "900000000149", "name": "team-149"}]


def test_bad_ways_to_look_are_named(api: Api) -> None:
    alice = api.person("alice")
    for query, field in (
        ("q=%00", "q"),
        ("account=%1b", "account"),
        ("relation=boss", "relation"),
        ("cursor=x", "cursor"),
        ("limit=0", "limit"),
    ):
        answer = alice.get(f"/v1/entitlements?{query}")
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
    assert alice.get("/v1/entitlements/nothing/accounts").status_code == 404
