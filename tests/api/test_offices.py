"""People whose groups make them admins or auditors: both what a person may do, and what an admin may."""

from typing import Any

import pytest
from sqlalchemy import select

from protem.broker.authentication import Admission
from protem.db.models import Group, Membership, Token, TokenRole
from protem.domain import names
from protem.domain.authority import Scope
from tests.api.applications import Api, Client, asking
from tests.api.test_changes import code, confirm
from tests.broker.worlds import World, group_id, person_id, user_name

WHOLE = frozenset(Scope) - {Scope.ACT_AS_REQUEST, Scope.ACT_AS_DECIDE}
LOCK = {"kind": "account", "subject": "beta", "reason": "a drill"}


class Offices(Api):
    """Engineers are admins, and security are auditors: dave is one, besides approving as a lead."""

    def __init__(self, world: World, **settings: Any) -> None:
        admission = Admission(admins=frozenset({"Engineers"}), auditors=frozenset({group_id("security")}))
        super().__init__(world, admission=admission, **settings)

    def in_office(self, name: str) -> Client:
        """Return somebody with a token that is for everything they may do."""
        kind = {"role": TokenRole.PERSONAL, "user": user_name(name), "scopes": WHOLE}
        return Client(self.http, self.bearer(f"{name}-office", **kind))


@pytest.fixture
def offices(world: World) -> Offices:
    return Offices(world)


def may(client: Client) -> set[str]:
    return set(client.get("/v1/me").json()["may"])


def test_an_admin_of_the_directory_may_what_a_person_and_what_an_admin_may(offices: Offices) -> None:
    me = offices.in_office("bob").get("/v1/me").json()
    assert (me["role"], me["offices"]) == ("personal", ["admin"])
    assert may(offices.admin()) <= set(me["may"])
    assert may(offices.person("bob")) <= set(me["may"])
    assert offices.in_office("dave").get("/v1/me").json()["offices"] == ["auditor"]


def test_a_token_that_is_not_for_it_makes_nobody_an_admin(offices: Offices) -> None:
    bob = offices.person("bob")
    assert bob.get("/v1/me").json()["offices"] == []
    assert bob.get("/v1/tokens").status_code == 403
    assert code(bob.post("/v1/locks", LOCK)) == (403, "scope-missing")


def test_a_service_that_acts_as_an_admin_gains_none_of_it(offices: Offices) -> None:
    acting = offices.bot("slack", acting="bob")
    assert acting.get("/v1/me").json()["offices"] == []
    assert may(acting).isdisjoint({"tokens.create", "locks.create", "audit_events.list", "changes.confirm"})
    assert code(acting.get("/v1/audit-events")) == (403, "forbidden")
    asked = offices.asked()
    assert acting.get(f"/v1/requests/{asked['id']}").status_code == 404
    assert acting.get("/v1/requests").json()["items"] == []


def test_admins_and_auditors_of_the_directory_see_what_is_nobody_of_theirs(offices: Offices) -> None:
    grant = offices.granted()
    for client in (offices.in_office("bob"), offices.in_office("dave"), offices.auditor()):
        for path in ("/v1/requests", "/v1/grants"):
            assert len(client.get(path).json()["items"]) == 1
        assert client.get(f"/v1/grants/{grant['id']}").status_code == 200
        assert client.get(f"/v1/requests/{grant['request_id']}").status_code == 200
        names = {one["name"] for one in client.get("/v1/entitlements").json()["items"]}
        assert names == {"admin", "read"}
    assert offices.person("bob").get("/v1/grants").json()["items"] == []


def test_they_find_their_own_among_everything(offices: Offices) -> None:
    offices.asked()
    own = offices.in_office("bob").post("/v1/requests", asking()).json()
    everything = offices.in_office("bob").get("/v1/requests").json()["items"]
    theirs = offices.in_office("bob").get("/v1/requests?relation=requester").json()["items"]
    assert len(everything) == 2
    assert [one["id"] for one in theirs] == [own["id"]]


def test_an_admin_approves_nothing_by_being_one(offices: Offices) -> None:
    asked = offices.asked()
    bob = offices.in_office("bob")
    assert bob.get(f"/v1/requests/{asked['id']}").json()["actions"] == []
    body = {"decision": "approve", "digest": asked["digest"]}
    assert code(bob.post(f"/v1/requests/{asked['id']}/decisions", body)) == (403, "forbidden")


def test_nor_does_one_decide_about_a_request_of_their_own(world: World) -> None:
    leads = Offices(world)
    leads.parts.admission = Admission(admins=frozenset({"leads"}), two_persons=False)
    world.apply(
        "entitlements:\n  - name: lead\n    requesters: {groups: [leads]}\n"
        "    permission_sets: {names: [AdministratorAccess]}\n    accounts: {all: true}\n"
        "    duration: {default: PT1H, maximum: PT4H}\n"
        "    approval: {expires_after: PT24H, steps: [{name: lead, approvers: {groups: [leads]}}]}\n"
    )
    carol, dave = leads.in_office("carol"), leads.in_office("dave")
    asked = carol.post("/v1/requests", asking()).json()
    path, body = f"/v1/requests/{asked['id']}/decisions", {"decision": "approve", "digest": asked["digest"]}
    assert code(carol.post(path, body)) == (403, "own-request")
    assert dave.post(path, body).status_code == 200


def test_an_admin_revokes_what_is_not_theirs_and_gives_back_what_is(offices: Offices) -> None:
    grant = offices.granted()
    revoked = offices.in_office("bob").post(f"/v1/grants/{grant['id']}/revoke", {"comment": ""})
    assert (revoked.status_code, revoked.json()["end_reason"]) == (202, "revoked")
    own = offices.granted()
    given_back = offices.in_office("alice").post(f"/v1/grants/{own['id']}/revoke", {"comment": ""})
    assert given_back.json()["end_reason"] == "relinquished"


def test_an_auditor_of_the_directory_changes_nothing_but_what_is_theirs(offices: Offices) -> None:
    dave = offices.in_office("dave")
    assert dave.get("/v1/audit-events").status_code == 200
    assert code(dave.post("/v1/locks", LOCK)) == (403, "forbidden")
    grant = offices.granted()
    assert dave.post(f"/v1/grants/{grant['id']}/revoke", {"comment": ""}).status_code == 202  # as approver


def test_two_admins_of_the_directory_confirm_each_other_and_not_themselves(world: World) -> None:
    both = Offices(world, two_person_rule=True)
    alice, bob = both.in_office("alice"), both.in_office("bob")
    lock = bob.post("/v1/locks", LOCK).headers["Location"]
    change = bob.send("DELETE", lock).headers["Location"]
    kind = {"role": TokenRole.PERSONAL, "user": user_name("bob"), "scopes": WHOLE}
    elsewhere = Client(both.http, both.bearer("bob-phone", **kind))
    assert code(confirm(elsewhere, change)) == (403, "own-change")
    assert code(confirm(both.in_office("dave"), change)) == (403, "forbidden")
    assert confirm(alice, change).status_code == 200
    assert both.auditor().get(lock).json()["lifted_by"] == "user:bob@example.com with user:alice@example.com"


def test_a_lock_on_an_admin_suspends_the_office(world: World) -> None:
    both = Offices(world, two_person_rule=True)
    alice, bob = both.in_office("alice"), both.in_office("bob")
    lock = bob.post("/v1/locks", LOCK).headers["Location"]
    change = bob.send("DELETE", lock).headers["Location"]
    stolen = {"kind": "principal", "subject": "bob@example.com", "reason": "the laptop was stolen"}
    assert alice.post("/v1/locks", stolen).status_code == 201
    assert bob.get("/v1/me").json()["offices"] == []
    assert bob.get("/v1/tokens").status_code == 403
    assert code(confirm(alice, change)) == (409, "proposer-gone")


def test_what_somebody_proposed_who_is_no_admin_any_more_cannot_be_confirmed(world: World) -> None:
    both = Offices(world, two_person_rule=True)
    alice, bob = both.in_office("alice"), both.in_office("bob")
    lock = bob.post("/v1/locks", LOCK).headers["Location"]
    change = bob.send("DELETE", lock).headers["Location"]
    world.leave("bob", group="engineers")
    assert code(confirm(alice, change)) == (409, "proposer-gone")
    hindrance = alice.get(change).json()["hindrance"]
    assert hindrance == "user:bob@example.com proposed this, and is no longer an admin, or locked"


def test_whose_own_token_it_is_confirms_nothing_with_one_that_the_proposer_made(world: World) -> None:
    both = Offices(world, two_person_rule=True)
    bob = both.in_office("bob")
    wanted = {"name": "alice-phone", "role": "personal", "user": "alice@example.com"}
    made = both.in_office("bob").post("/v1/tokens", wanted)
    assert confirm(both.in_office("alice"), made.headers["Location"]).status_code == 200
    assert person_id("alice") in both.auditor().get("/v1/tokens").text
    phone = Client(both.http, {"Authorization": f"Bearer {made.json()['secret']}"})
    assert phone.get("/v1/me").json()["offices"] == []
    lock = bob.post("/v1/locks", LOCK).headers["Location"]
    change = bob.send("DELETE", lock).headers["Location"]
    assert confirm(phone, change).status_code == 403


LOOKALIKES = [
    "\uff45ngineers",
    "engineers ",
    "engi\u00adneers",
    "\u017fecurity",
    "security\u2000",
]


@pytest.mark.parametrize("name", LOOKALIKES)
def test_a_group_that_only_looks_like_one_makes_nobody_an_admin_and_is_acted_for_by_no_service(
    offices: Offices, name: str
) -> None:
    fake = group_id("fake")
    with offices.world.store.writing() as session:
        session.add(Group(id=fake, name=name, name_key=names.key(name)))
        session.flush()
        session.add(Membership(group_id=fake, principal_id=person_id("erin")))
    assert offices.in_office("erin").get("/v1/me").json()["offices"] == []
    kind = {"role": TokenRole.SERVICE, "act_as": True, "act_as_groups": [fake]}
    bearer = offices.bearer("chat", **kind)
    with offices.world.store.writing() as session:
        token = session.scalars(select(Token).where(Token.name == "chat")).one()
        token.act_as_groups = ["engineers", "security"]
    acting = Client(offices.http, {**bearer, "Act-As": user_name("erin")})
    assert code(acting.get("/v1/me")) == (403, "act-as-refused")
