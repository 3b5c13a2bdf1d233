"""Every list, with each of its filters, by those who see everything and those who see some of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from benchmarks.growth import estate, history
from protem.api.calls import Turn
from protem.api.presenting import grants as shown_grants
from protem.api.presenting import requests as shown_requests
from protem.broker import assignments, catalogue, changes, deliveries, grants, locks, requests, reviews
from protem.broker.callers import Caller
from protem.broker.pages import FIRST, Page, Paging, cursor
from protem.db.models import DeliveryState, Observed, Provenance, TokenRole
from protem.db.store import Store
from protem.domain.authority import Relation, Scope
from protem.domain.lifecycle import GrantState, RequestState

AUDITOR = Caller(name="benchmark", role=TokenRole.AUDITOR)
ADMIN = Caller(name="benchmark", role=TokenRole.ADMIN)
_BUSY, _QUIET = estate.ORGANIZATION.accounts[0].id, estate.ORGANIZATION.accounts[77].id
_SET = estate.ORGANIZATION.permission_sets[3].arn
_LATER = datetime(2100, 1, 1, tzinfo=UTC)
_SOMEBODY = estate.ORGANIZATION.people[7]
_TOLD = {_BUSY: "with a fifth of all", _QUIET: "of 400", _SET: "of 20", _SOMEBODY.user_name: "of 2,000"}

List = Callable[..., Page[Any]]


@dataclass(frozen=True, slots=True)
class Look:
    """One list, as one caller narrows it."""

    of: str
    name: str
    page: Callable[[Session, Caller, Paging], Page[Any]]
    caller: Caller | None
    """None for the person whose name the look begins with."""
    person_id: str | None = None

    def first(self, store: Store) -> int:
        return self._shown(store, FIRST)

    def deep(self, store: Store, *, middle: datetime) -> int:
        """Return how many a page in the middle of the history shows."""
        onwards = cursor([history.identifier(middle, 0, 0)], of=self.of)
        return self._shown(store, Paging(cursor=onwards))

    def _shown(self, store: Store, paging: Paging) -> int:
        with store.reading() as session:
            caller = self.caller or person(session, self.person_id or "")
            page = self.page(session, caller, paging)
            turn = Turn(session, caller, store.now(session))
            if self.of == "requests":
                shown_requests.many(turn, page.items)
            if self.of == "grants":
                shown_grants.many(turn, page.items)
            return len(page.items)


def looks() -> Iterator[Look]:
    """Yield each list plain, with each filter, and as people, approvers and bots see it."""
    yield from _by_office()
    lead, seldom = (estate.ORGANIZATION.members[group][0].id for group in (estate.LEADS, estate.SELDOM))
    for of, list_, waiting in (
        ("requests", requests.list_, {"state": RequestState.PENDING}),
        ("grants", grants.list_, {"live": True}),
    ):
        name = ", ".join(waiting)
        for who, person_id in (
            ("somebody", _SOMEBODY.id),
            ("who approves", lead),
            ("who seldom does", seldom),
        ):
            yield Look(of, f"{of} of {who}", _narrowed(list_), None, person_id)
            yield Look(of, f"{of} of {who}, {name}", _narrowed(list_, **waiting), None, person_id)
        for name in estate.BOTS:
            yield Look(of, f"{of} through {name}", _narrowed(list_), bot(name))
    approving = _narrowed(requests.list_, relation=Relation.APPROVER, state=RequestState.PENDING)
    yield Look("requests", "requests that wait for who approves", approving, None, lead)


def _by_office() -> Iterator[Look]:
    for of, caller, list_, filters in (
        (
            "requests",
            AUDITOR,
            requests.list_,
            [
                *({"state": state} for state in RequestState),
                *({"entitlement": name} for name in (estate.OFTEN, estate.RARE)),
                {"requester": _SOMEBODY.user_name},
                {"beneficiary": _SOMEBODY.user_name},
                *({"account": account} for account in (_BUSY, _QUIET)),
            ],
        ),
        (
            "grants",
            AUDITOR,
            grants.list_,
            [
                *({"state": state} for state in (GrantState.ACTIVE, GrantState.ENDED, GrantState.FAILED)),
                *({"live": live} for live in (True, False)),
                {"principal": _SOMEBODY.user_name},
                *({"account": account} for account in (_BUSY, _QUIET)),
                {"permission_set": _SET},
            ],
        ),
        (
            "assignments",
            AUDITOR,
            assignments.list_,
            [
                *({"provenance": provenance} for provenance in Provenance),
                *({"observed": observed} for observed in Observed),
                *({"account": account} for account in (_BUSY, _QUIET)),
                {"permission_set": _SET},
                {"principal": _SOMEBODY.user_name},
            ],
        ),
        ("reviews", AUDITOR, reviews.list_, [{"still_open": True}, {"still_open": False}]),
        ("changes", ADMIN, changes.list_, []),
    ):
        for how in ({}, *filters):
            yield Look(of, f"{of}{_told(how)}", _narrowed(list_, **how), caller)
    for how in ({}, {"state": DeliveryState.PENDING}, {"state": DeliveryState.DELIVERED}):
        log = partial(deliveries.list_, webhook_id=estate.WEBHOOK)
        yield Look("deliveries", f"deliveries{_told(how)}", _narrowed(log, **how), ADMIN)
    yield Look("locks", "locks", _at(locks.list_), AUDITOR)


def _narrowed(list_: List, **how: Any) -> Callable[[Session, Caller, Paging], Page[Any]]:
    return lambda session, caller, paging: list_(session, caller, paging=paging, **how)


def _at(list_: List) -> Callable[[Session, Caller, Paging], Page[Any]]:
    return lambda session, caller, paging: list_(session, caller, paging=paging, now=_LATER)


def _told(how: dict[str, Any]) -> str:
    return "".join(f", {name} {_TOLD.get(value, value)}" for name, value in how.items())


def person(session: Session, person_id: str) -> Caller:
    return Caller(
        name="laptop",
        role=TokenRole.PERSONAL,
        person=catalogue.person(session, person_id),
        scopes=frozenset(Scope),
    )


def bot(name: str) -> Caller:
    return Caller(name=name, role=TokenRole.SERVICE, token_id=estate.BOTS[name], scopes=frozenset(Scope))
