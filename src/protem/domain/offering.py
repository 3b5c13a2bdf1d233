"""How a person stands to entitlements, and what of an organization those are about."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from protem.domain import names
from protem.domain.authority import Relation
from protem.domain.catalogue import Account, Estate, PermissionSet, Person
from protem.domain.entitlements import Entitlement
from protem.domain.selectors import People


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """One person, and all that can be assigned."""

    person: Person
    estate: Estate
    _owned: dict[str, tuple[Account, ...]] = field(default_factory=dict)

    def relations(self, rule: Entitlement) -> frozenset[Relation]:
        """Return how the person stands to an entitlement: as none, or as several of these."""
        found = (
            (Relation.REQUESTER, rule.requesters.include(self.person)),
            (Relation.REQUESTER_FOR, rule.requesters_for.include(self.person)),
            (Relation.APPROVER, self._approves(rule)),
            (Relation.REVIEWER, rule.break_glass and rule.notify.include(self.person)),
        )
        return frozenset(relation for relation, holds in found if holds)

    def _approves(self, rule: Entitlement) -> bool:
        steps = rule.approval.steps if rule.approval else ()
        return any(
            step.approvers.include(self.person) or self._owns(rule, step.approvers.owner_tag)
            for step in steps
        )

    def _owns(self, rule: Entitlement, tag: str | None) -> bool:
        return tag is not None and any(rule.accounts.include(account) for account in self._theirs(tag))

    def _theirs(self, tag: str) -> tuple[Account, ...]:
        if tag not in self._owned:
            self._owned[tag] = tuple(one for one in self.estate.accounts if self._named(one.tag(tag)))
        return self._owned[tag]

    def _named(self, owner: str | None) -> bool:
        return bool(owner) and People(users=(owner or "",), groups=(owner or "",)).include(self.person)


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody looks for: a part of a name or of an account's id, one account, one permission set."""

    text: str = ""
    account: str | None = None
    permission_set: str | None = None


EVERYTHING = Wish()


@dataclass(frozen=True, slots=True)
class Reach:
    """The accounts and permission sets of an entitlement: each of the ones with each of the others."""

    accounts: Sequence[Account]
    permission_sets: Sequence[PermissionSet]

    @classmethod
    def of(cls, rule: Entitlement, estate: Estate) -> "Reach":
        return cls(rule.accounts.pick(estate), rule.permission_sets.pick(estate))


class Search:
    """A wish, looked up once for as many entitlements as there are."""

    def __init__(self, estate: Estate, wish: Wish) -> None:
        self._key = names.key(wish.text)
        self._picky = wish.account is not None or wish.permission_set is not None
        self._exact = _exactly(estate, wish)
        self._like = _like(self._exact, self._key)

    def within(self, rule: Entitlement) -> Reach | None:
        """Return what of an entitlement is looked for; None where it is not about that.

        Where its own name or description is like the text, that is all of it.
        """
        called = any(self._key in names.key(text) for text in (rule.name, rule.description))
        found = Reach.of(rule, self._exact) if called else self._narrowed(rule)
        if found is None or (self._picky and not (found.accounts and found.permission_sets)):
            return None
        return found

    def _narrowed(self, rule: Entitlement) -> Reach | None:
        like = Reach.of(rule, self._like)
        if not (like.accounts or like.permission_sets):
            return None
        whole = Reach.of(rule, self._exact)
        return Reach(like.accounts or whole.accounts, like.permission_sets or whole.permission_sets)


def _exactly(estate: Estate, wish: Wish) -> Estate:
    accounts, permission_sets = estate.accounts, estate.permission_sets
    if wish.account is not None:
        handle = names.handle("account", wish.account)
        accounts = tuple(one for one in accounts if handle in one.handles)
    if wish.permission_set is not None:
        handle = names.handle("permission-set", wish.permission_set)
        permission_sets = tuple(one for one in permission_sets if handle in one.handles)
    return Estate(accounts, permission_sets)


def _like(estate: Estate, key: str) -> Estate:
    return Estate(
        tuple(one for one in estate.accounts if key in names.key(one.name) or key in one.id),
        tuple(one for one in estate.permission_sets if key in names.key(one.name)),
    )
