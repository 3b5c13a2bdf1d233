"""What a token is going to be: which scopes fit which role, and the rest that is bounded."""

import re
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Self

from sqlalchemy.orm import Session

from protem.broker import catalogue, resolving, texts
from protem.db.models import TokenRole
from protem.domain import durations, networks
from protem.domain.authority import ACTING, Scope

DEFAULT_LIFETIME = timedelta(days=90)
MAXIMUM_LIFETIME = timedelta(days=366)
MAXIMUM_RATE = 100_000
MAXIMUM_LISTED = 100
"""How many groups, and how many networks, one token may name."""

_PERSONAL = frozenset({Scope.READ, Scope.REQUESTS, Scope.DECISIONS, Scope.GRANTS_REVOKE})
USUAL_SCOPES: Mapping[TokenRole, frozenset[Scope]] = {
    TokenRole.PERSONAL: _PERSONAL,
    TokenRole.SERVICE: frozenset({Scope.READ}),
    TokenRole.ADMIN: frozenset(),
    TokenRole.AUDITOR: frozenset(),
}
"""What a token is for unless something else is said; roles without scopes are bounded by the role alone."""

_FITTING: Mapping[TokenRole, frozenset[Scope]] = {
    TokenRole.PERSONAL: _PERSONAL | {Scope.LOCKS_CREATE, Scope.ADMIN},
    TokenRole.SERVICE: ACTING | {Scope.READ, Scope.GRANTS_REVOKE, Scope.LOCKS_CREATE},
    TokenRole.ADMIN: frozenset(),
    TokenRole.AUDITOR: frozenset(),
}
_HARMLESS = frozenset({Scope.READ})
_NAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,63}", re.ASCII)
_RESERVED = frozenset({"console", "entitlements-file", "protem"})
"""What the record calls those who need no token: nobody is taken for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody wants a new token to be.

    No ``scopes`` means what one of this role usually needs; ``act_as`` and ``act_as_decide`` add theirs.
    """

    name: str
    role: TokenRole
    user: str | None = None
    act_as: bool = False
    act_as_decide: bool = False
    scopes: Collection[Scope] | None = None
    act_as_groups: Sequence[str] = ()
    networks: Sequence[str] = ()
    rate_limit: int | None = None
    lifetime: timedelta = DEFAULT_LIFETIME

    @property
    def all_scopes(self) -> frozenset[Scope]:
        wanted = USUAL_SCOPES[self.role] if self.scopes is None else self.scopes
        asking = {Scope.ACT_AS_REQUEST} if self.act_as else set()
        deciding = {Scope.ACT_AS_DECIDE} if self.act_as_decide else set()
        return frozenset(wanted) | asking | deciding


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """All that a new token will be, in values that keep until somebody has confirmed it."""

    token_id: uuid.UUID
    name: str
    role: TokenRole
    principal_id: str | None
    scopes: tuple[Scope, ...]
    act_as_groups: tuple[str, ...]
    networks: tuple[str, ...]
    rate_limit: int | None
    lifetime: timedelta
    secret_hash: str = field(repr=False)

    @property
    def payload(self) -> dict[str, Any]:
        """What it is as JSON; ``of`` is the way back."""
        return {
            "token_id": str(self.token_id),
            "name": self.name,
            "role": self.role.value,
            "principal_id": self.principal_id,
            "scopes": [scope.value for scope in self.scopes],
            "act_as_groups": list(self.act_as_groups),
            "networks": list(self.networks),
            "rate_limit": self.rate_limit,
            "lifetime": durations.text(self.lifetime),
            "secret_hash": self.secret_hash,
        }

    @classmethod
    def of(cls, payload: Mapping[str, Any]) -> Self:
        return cls(
            **{
                **payload,
                "token_id": uuid.UUID(payload["token_id"]),
                "role": TokenRole(payload["role"]),
                "scopes": tuple(Scope(scope) for scope in payload["scopes"]),
                "act_as_groups": tuple(payload["act_as_groups"]),
                "networks": tuple(payload["networks"]),
                "lifetime": durations.parse(payload["lifetime"]),
            }
        )


def needs_two(role: TokenRole, scopes: Collection[str]) -> bool:
    """Tell whether such a token could do anything but read."""
    return role in {TokenRole.PERSONAL, TokenRole.ADMIN} or not _HARMLESS.issuperset(scopes)


def settle(session: Session, wish: Wish, *, token_id: uuid.UUID, secret_hash: str) -> Terms:
    """Return what ``wish`` comes to.

    Raises ``InvalidInput`` for the first field that is wrong, and what finding a user by name raises.
    """
    _check(wish)
    _check_groups(session, wish)
    return Terms(
        token_id=token_id,
        name=wish.name,
        role=wish.role,
        principal_id=None if wish.user is None else catalogue.find_principal(session, wish.user).id,
        scopes=tuple(scope for scope in Scope if scope in wish.all_scopes),
        act_as_groups=tuple(dict.fromkeys(wish.act_as_groups)),
        networks=_networks(wish),
        rate_limit=wish.rate_limit,
        lifetime=wish.lifetime,
        secret_hash=secret_hash,
    )


def check_lifetime(lifetime: timedelta) -> None:
    """Raise ``InvalidInput`` unless a token may live for so long."""
    if not timedelta() < lifetime <= MAXIMUM_LIFETIME:
        raise texts.refused("lifetime", f"a token lives for at most {MAXIMUM_LIFETIME.days} days")


def _check(wish: Wish) -> None:
    if not _NAME.fullmatch(wish.name) or wish.name in _RESERVED:
        raise texts.refused("name", "use 1 to 64 of a-z, 0-9, and . _ @ + - after the first")
    if (wish.role is TokenRole.PERSONAL) != (wish.user is not None):
        raise texts.refused("user", "a personal token, and no other, is bound to a user")
    if (wish.act_as or wish.act_as_decide) and wish.role is not TokenRole.SERVICE:
        raise texts.refused("act_as", "only the token of a service may act as others")
    _check_scopes(wish)
    if wish.rate_limit is not None and not 1 <= wish.rate_limit <= MAXIMUM_RATE:
        raise texts.refused("rate_limit", f"this is from 1 to {MAXIMUM_RATE} calls a minute")
    check_lifetime(wish.lifetime)


def _check_scopes(wish: Wish) -> None:
    fitting, wanted = _FITTING[wish.role], wish.all_scopes
    if not fitting and wish.scopes:
        raise texts.refused(
            "scopes", "what admins and auditors may do is all in their role: leave scopes out"
        )
    if not wanted <= fitting:
        unfit = ", ".join(scope for scope in Scope if scope in wanted - fitting)
        known = ", ".join(scope for scope in Scope if scope in fitting)
        raise texts.refused("scopes", f"a {wish.role.value} token takes no {unfit}; it takes {known}")
    if fitting and not wanted:
        raise texts.refused("scopes", f"give at least one of {', '.join(s for s in Scope if s in fitting)}")
    if wish.act_as_groups and ACTING.isdisjoint(wanted):
        raise texts.refused("act_as_groups", "only a token with act_as:request or act_as:decide has these")


def _check_groups(session: Session, wish: Wish) -> None:
    _bound("act_as_groups", wish.act_as_groups)
    fields = [f"act_as_groups.{place}" for place in range(len(wish.act_as_groups))]
    for group in wish.act_as_groups:
        texts.line(group, field="act_as_groups", maximum=texts.NAME_LENGTH)
    resolving.pick(session, resolving.GROUPS, list(wish.act_as_groups), fields=fields)


def _networks(wish: Wish) -> tuple[str, ...]:
    _bound("networks", wish.networks)
    found: dict[str, None] = {}
    for place, text in enumerate(wish.networks):
        try:
            found[str(networks.network(text))] = None
        except ValueError as error:
            raise texts.refused(f"networks.{place}", str(error)) from None
    return tuple(found)


def _bound(name: str, listed: Sequence[str]) -> None:
    if len(listed) > MAXIMUM_LISTED:
        raise texts.refused(name, f"one token names at most {MAXIMUM_LISTED}")
