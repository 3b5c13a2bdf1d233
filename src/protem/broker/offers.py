"""What somebody can ask for or approve: entitlements with the accounts and permission sets they mean."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from protem.broker import catalogue, pages, policy, texts
from protem.broker.callers import Caller
from protem.broker.pages import FIRST, Page, Paging
from protem.domain import names
from protem.domain.authority import Relation, Verb
from protem.domain.catalogue import Account, Estate
from protem.domain.entitlements import Entitlement, Policy
from protem.domain.errors import NotFound
from protem.domain.offering import EVERYTHING, Reach, Search, Viewpoint, Wish

_READERS = frozenset({Relation.ADMIN, Relation.AUDITOR})
_ENTITLEMENTS, _ACCOUNTS = "entitlements", "entitlement-accounts"


@dataclass(frozen=True, slots=True)
class Offer:
    """An entitlement as one caller sees it, and what of it they look for."""

    rule: Entitlement
    relations: frozenset[Relation]
    reach: Reach


def list_(
    session: Session,
    caller: Caller,
    *,
    wish: Wish = EVERYTHING,
    relation: Relation | None = None,
    paging: Paging = FIRST,
) -> Page[Offer]:
    """Return the entitlements that concern ``caller``, by name; admins and auditors see all.

    What an offer reaches is exactly what can be asked for under it, as the catalogue has it now.
    ``relation`` narrows to those to which the caller stands like this.
    """
    caller.require(Verb.ENTITLEMENTS_LIST)
    _check(wish)
    after = pages.reached(paging, of=_ENTITLEMENTS, length=1)
    view = View(policy.current(session), catalogue.estate(session), caller)
    found = view.offers(wish, relation, after=after)
    return pages.walk(found, paging, of=_ENTITLEMENTS, by=lambda offer: _place(offer.rule), length=1)


def accounts(
    session: Session, caller: Caller, name: str, *, q: str | None = None, paging: Paging = FIRST
) -> Page[Account]:
    """Return every account that an entitlement reaches, by name; ``q`` is a part of the name or id.

    Raises ``NotFound`` for an entitlement that does not concern ``caller`` as for none.
    """
    caller.require(Verb.ENTITLEMENT_ACCOUNTS_LIST)
    wanted = names.key(texts.line(q or "", field="q", maximum=texts.NAME_LENGTH))
    view = View(policy.current(session), catalogue.estate(session), caller)
    rule = view.rules.named(name)
    if rule is None or not view.sees(rule):
        raise NotFound("there is no such entitlement, or it does not concern you")
    found = (
        one for one in rule.accounts.pick(view.estate) if wanted in names.key(one.name) or wanted in one.id
    )
    of = f"{_ACCOUNTS}:{names.key(rule.name)}"
    return pages.walk(found, paging, of=of, by=lambda one: (names.key(one.name), one.id), length=2)


def relations(session: Session, caller: Caller) -> frozenset[Relation]:
    """Return how ``caller`` stands to any entitlement."""
    if caller.person is None:
        return frozenset()
    view = View(policy.current(session), catalogue.estate(session), caller)
    return frozenset[Relation]().union(*(view.relations(rule) for rule in view.rules.entitlements))


class View:
    """All entitlements from where one caller stands."""

    def __init__(self, rules: Policy, estate: Estate, caller: Caller) -> None:
        self.rules, self.estate, self._caller = rules, estate, caller
        self._viewpoint = Viewpoint(caller.person, estate) if caller.person else None

    def relations(self, rule: Entitlement) -> frozenset[Relation]:
        return self._viewpoint.relations(rule) if self._viewpoint else frozenset()

    def sees(self, rule: Entitlement) -> bool:
        return not self._caller.relations.isdisjoint(_READERS) or bool(self.relations(rule))

    def offers(
        self, wish: Wish, relation: Relation | None, *, after: tuple[str, ...] = ()
    ) -> Iterator[Offer]:
        """Yield the offers whose names come after a place, by name."""
        search = Search(self.estate, wish)
        rules = (rule for rule in self._concerning(relation) if _place(rule) > after)
        for rule in sorted(rules, key=_place):
            relations = self.relations(rule)
            wanted = relation in relations if relation else self.sees(rule)
            if wanted and (reach := search.within(rule)):
                yield Offer(rule, relations, reach)

    def _concerning(self, relation: Relation | None) -> Sequence[Entitlement]:
        """Return what has to be looked at: few of a thousand name anybody as a requester."""
        if relation is Relation.REQUESTER and self._caller.person is not None:
            return self.rules.open_to(self._caller.person)
        return self.rules.entitlements


def _check(wish: Wish) -> None:
    for field, text in (("q", wish.text), ("account", wish.account), ("permission_set", wish.permission_set)):
        texts.line(text or "", field=field, maximum=texts.NAME_LENGTH)


def _place(rule: Entitlement) -> tuple[str, ...]:
    return (names.key(rule.name),)
