"""What can be asked for, as it is enumerated: exactly what asking would not be refused for whom or where."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy.orm import Session

from protem.broker import catalogue, offers
from protem.broker.callers import Caller
from protem.broker.evaluation import evaluate
from protem.broker.offers import View
from protem.broker.pages import Paging
from protem.db.models import TokenRole
from protem.db.store import Store
from protem.domain.authority import Relation
from protem.domain.catalogue import Estate, Person, Target
from protem.domain.decisions import Verdict
from protem.domain.eligibility import Ask
from protem.domain.entitlements import Entitlement
from protem.domain.errors import InvalidInput, NotFound
from protem.domain.offering import EVERYTHING, Wish
from tests.broker import scenery
from tests.broker.worlds import ADMIN, ALPHA, AUDITOR, World
from tests.clocks import ManualClock
from tests.policies import BOUNDS, NOW, Scene, scenes

OWNED = """
trusted_tags: [owner]
entitlements:
  - name: owned
    description: What its owner agrees to
    requesters: {groups: [engineers]}
    requesters_for: {groups: [leads]}
    permission_sets: {patterns: ["*"]}
    accounts: {all: true}
    duration: {default: PT1H, maximum: PT4H}
    approval: {steps: [{name: owner, approvers: {owner_tag: owner}}]}
"""


def shown(world: World, caller: Caller, **wish: str) -> dict[str, tuple[list[str], list[str]]]:
    """Return the names of accounts and permission sets of each offer, by its name."""
    with world.store.reading() as session:
        found = offers.list_(session, caller, wish=Wish(**wish)).items
    return {
        offer.rule.name: (
            [one.name for one in offer.reach.accounts],
            [one.name for one in offer.reach.permission_sets],
        )
        for offer in found
    }


def named(world: World, caller: Caller, relation: Relation | None = None) -> list[str]:
    with world.store.reading() as session:
        return [offer.rule.name for offer in offers.list_(session, caller, relation=relation).items]


def test_everybody_sees_what_concerns_them(world: World) -> None:
    assert named(world, ADMIN) == named(world, AUDITOR) == named(world, world.person("alice"))
    assert named(world, world.person("alice")) == ["admin", "read"]
    assert named(world, world.person("carol")) == ["admin"]
    assert named(world, world.person("carol"), Relation.APPROVER) == ["admin"]
    assert named(world, world.person("carol"), Relation.REQUESTER) == []
    assert named(world, world.person("erin")) == named(world, world.bot()) == []
    assert named(world, world.bot(acting="carol")) == ["admin"]


def test_only_what_can_be_assigned_is_offered(world: World) -> None:
    assert shown(world, world.person("alice"))["read"] == (["alpha", "beta"], ["ReadOnlyAccess"])


def test_an_owner_of_one_account_approves_and_who_asks_for_others_is_told(world: World) -> None:
    world.apply(OWNED)
    with world.store.reading() as session:
        (dave,) = offers.list_(session, world.person("dave")).items
        (carol,) = offers.list_(session, world.person("carol")).items
        (alice,) = offers.list_(session, world.person("alice")).items
    assert dave.relations == {Relation.APPROVER, Relation.REQUESTER_FOR}
    assert carol.relations == {Relation.APPROVER, Relation.REQUESTER_FOR}
    assert alice.relations == {Relation.REQUESTER}


def test_what_is_looked_for_narrows_what_is_shown(world: World) -> None:
    alice = world.person("alice")
    both = ["alpha", "beta"]
    assert shown(world, alice, text="ALPH") == {
        "admin": (["alpha"], ["AdministratorAccess"]),
        "read": (["alpha"], ["ReadOnlyAccess"]),
    }
    assert shown(world, alice, text="2222") == shown(world, alice, account="Beta")
    assert shown(world, alice, text="readonly") == {"read": (both, ["ReadOnlyAccess"])}
    assert shown(world, alice, text="adm") == {"admin": (both, ["AdministratorAccess"])}
    assert shown(world, alice, permission_set="readonlyaccess") == {"read": (both, ["ReadOnlyAccess"])}
    assert shown(world, alice, account=ALPHA, permission_set="AdministratorAccess") == {
        "admin": (["alpha"], ["AdministratorAccess"])
    }
    assert shown(world, alice, text="no such thing") == shown(world, alice, account="gone") == {}


def test_offers_come_in_pages(world: World) -> None:
    with world.store.reading() as session:
        first = offers.list_(session, ADMIN, paging=Paging(limit=1))
        second = offers.list_(session, ADMIN, paging=Paging(limit=1, cursor=first.next_cursor))
    assert [offer.rule.name for offer in (*first.items, *second.items)] == ["admin", "read"]
    assert second.next_cursor is None


def test_every_account_of_an_entitlement_can_be_listed(world: World) -> None:
    alice = world.person("alice")
    with world.store.reading() as session:
        first = offers.accounts(session, alice, "READ", paging=Paging(limit=1))
        second = offers.accounts(session, alice, "read", paging=Paging(limit=1, cursor=first.next_cursor))
        found = offers.accounts(session, alice, "read", q="bet")
    assert [one.name for one in (*first.items, *second.items)] == ["alpha", "beta"]
    assert (second.next_cursor, [one.name for one in found.items]) == (None, ["beta"])
    with world.refusing(InvalidInput), world.store.reading() as session:
        offers.accounts(session, alice, "admin", paging=Paging(cursor=first.next_cursor))


def test_the_accounts_of_what_concerns_somebody_else_are_not_shown(world: World) -> None:
    for caller, name in ((world.person("erin"), "admin"), (world.bot(), "admin"), (ADMIN, "nothing")):
        with world.refusing(NotFound), world.store.reading() as session:
            offers.accounts(session, caller, name)


@pytest.fixture
def bare(database_url: str) -> Iterator[Store]:
    """A store with nothing in it."""
    store = Store(database_url, clock=ManualClock(), agreed_time=False)
    yield store
    store.close()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(scenes())
def test_what_is_enumerated_is_exactly_what_can_be_asked_for(bare: Store, scene: Scene) -> None:
    with scenery.filled(bare, scene) as session:
        estate = catalogue.estate(session)
        assert {one.id for one in estate.accounts} == {one.id for one in scene.accounts if one.assignable}
        for person in scene.people:
            view = View(scene.policy, estate, Caller("it", TokenRole.PERSONAL, person=person))
            listed = {
                (offer.rule.name, account.id, one.arn)
                for offer in view.offers(EVERYTHING, Relation.REQUESTER)
                for account in offer.reach.accounts
                for one in offer.reach.permission_sets
            }
            possible = {
                (rule.name, target.account.id, target.permission_set.arn)
                for rule in scene.policy.entitlements
                for target in scene.targets
                if can_ask(session, scene, rule, person, target)
            }
            assert listed == possible


_WHO_AND_WHERE = frozenset({"requesters", "accounts", "permission_sets", "account_status"})


def can_ask(session: Session, scene: Scene, rule: Entitlement, person: Person, target: Target) -> bool:
    """Tell whether nothing but the time, the words or the approvers may be in the way."""
    ask = Ask(person, person, (target,), None, "because")
    found = evaluate(session, ask, rules=scene.policy, named=rule.name, bounds=BOUNDS, now=NOW)
    checks = found.decision.checks if found.decision else ()
    met = {check.rule for check in checks if check.verdict is Verdict.SATISFIED}
    unmet = {check.rule for check in checks if check.verdict is not Verdict.SATISFIED}
    return met >= _WHO_AND_WHERE and not unmet & _WHO_AND_WHERE


@settings(max_examples=40)
@given(scenes())
def test_whatever_is_looked_for_was_offered_before(scene: Scene) -> None:
    estate = Estate(tuple(one for one in scene.accounts if one.assignable), scene.permission_sets)
    view = View(scene.policy, estate, ADMIN)
    whole = {offer.rule.name: offer.reach for offer in view.offers(EVERYTHING, None)}
    for wish in (
        Wish("a"),
        Wish("read"),
        Wish("rule-1"),
        Wish("3", account="Account 3"),
        Wish("x", "y", "z"),
    ):
        for offer in view.offers(wish, None):
            assert set(offer.reach.accounts) <= set(whole[offer.rule.name].accounts)
            assert set(offer.reach.permission_sets) <= set(whole[offer.rule.name].permission_sets)
