"""Everybody who attacks: valid credentials of each kind there is."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from protem.broker import tokens
from protem.broker.callers import CONSOLE
from protem.broker.token_terms import Wish
from protem.db.models import Token, TokenRole
from protem.domain.authority import Scope
from tests.api.applications import Api, Client
from tests.broker.worlds import user_name

PERSONAL = {"role": TokenRole.PERSONAL}
SERVICE = {"role": TokenRole.SERVICE}


@dataclass(frozen=True)
class Kind:
    """One kind of caller: what its token is made with, and as whom it acts."""

    token: Mapping[str, Any]
    acting: str | None = None


def _person(name: str, **others: Any) -> Kind:
    return Kind({**PERSONAL, "user": user_name(name), **others})


def _chat(acting: str) -> Kind:
    return Kind({**SERVICE, "act_as": True, "act_as_decide": True}, acting=user_name(acting))


KINDS: Mapping[str, Kind] = {
    "requester": _person("bob"),
    "beneficiary": _person("alice"),
    "approver": _person("carol"),
    "second approver": _person("dave"),
    "stranger": _person("erin"),
    "read-only person": _person("alice", scopes={Scope.READ}),
    "service": Kind(SERVICE),
    "service acting": _chat("alice"),
    "service deciding": _chat("carol"),
    "responder": Kind({**SERVICE, "scopes": {Scope.GRANTS_REVOKE, Scope.LOCKS_CREATE}}),
    "admin": Kind({"role": TokenRole.ADMIN}),
    "second admin": Kind({"role": TokenRole.ADMIN}),
    "admin by group": _person("frank", scopes=frozenset(Scope) - {Scope.ACT_AS_REQUEST, Scope.ACT_AS_DECIDE}),
    "auditor": Kind({"role": TokenRole.AUDITOR}),
    "identified requester": Kind({"identified": "bob"}),
    "logged-in approver": Kind({"logged_in": "carol"}),
}

_TOKENS = {"service acting": "slack", "service deciding": "slack"}
"""Those who share one token; entitlements trust a service by this name."""


@dataclass
class Cast:
    """The credentials of everybody, made when first needed, and made anew when an attack ended them."""

    api: Api
    _held: dict[str, tuple[uuid.UUID, str]] = field(default_factory=dict)
    _logins: dict[str, dict[str, str]] = field(default_factory=dict)

    def client(self, kind: str) -> Client:
        return Client(self.api.http, self.headers(kind))

    def headers(self, kind: str) -> dict[str, str]:
        token, acting = KINDS[kind].token, KINDS[kind].acting
        if "identified" in token:
            return dict(self.api.identified(token["identified"]).headers)
        if "logged_in" in token:
            return self._login(token["logged_in"])
        return {"Authorization": f"Bearer {self._secret(kind)}"} | ({"Act-As": acting} if acting else {})

    def secrets(self) -> list[str]:
        """Return every secret that was ever given out here."""
        return [secret for _, secret in self._held.values()]

    def lost(self, kind: str) -> bool:
        """Tell whether the database says that somebody's token was ended or rotated; it is then made anew."""
        if "logged_in" in KINDS[kind].token:
            return self._logins.pop(KINDS[kind].token["logged_in"], None) is not None
        with self.api.world.store.reading() as session:
            token = session.get_one(Token, self._held[_name(kind)][0])
        over = token.expires_at <= self.api.world.clock.now()
        if token.revoked_at or token.rotated_at or over:
            del self._held[_name(kind)]
            return True
        return False

    def _login(self, name: str) -> dict[str, str]:
        if name not in self._logins:
            self._logins[name] = dict(self.api.logged_in(name).headers)
        return self._logins[name]

    def _secret(self, kind: str) -> str:
        name = _name(kind)
        if name not in self._held:
            with self.api.world.store.writing() as session:
                now = self.api.world.clock.now()
                made = tokens.create(session, CONSOLE, Wish(name=name, **KINDS[kind].token), now=now)
                self._held[name] = made.token.id, made.secret
        return self._held[name][1]


def _name(kind: str) -> str:
    return _TOKENS.get(kind, kind.replace(" ", "-"))
