"""What an identity provider tells, as values of our own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from protem.domain.identification import ALGORITHMS

CALLBACK = "/login/callback"
"""Where the provider sends people back to, below PROTEM_PUBLIC_URL."""


@dataclass(frozen=True, slots=True)
class Assertion:
    """What the provider has signed about somebody."""

    issuer: str
    subject: str
    claims: Mapping[str, Any] = field(repr=False)

    @property
    def email_verified(self) -> bool:
        """Whether the provider says that it has seen the person read mail that was sent there."""
        return self.claims.get("email_verified") is True


@dataclass(frozen=True, slots=True)
class Configuration:
    """Which provider is believed, and as whom Protem is known there.

    ``audience`` is None where bearer tokens are not taken; ``client_id`` and ``redirect_uri`` are None
    where nobody logs in with a browser.
    """

    issuer: str
    audience: str | None = None
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    redirect_uri: str | None = None
    scopes: tuple[str, ...] = ("openid", "email", "profile")
    algorithms: frozenset[str] = frozenset(ALGORITHMS)
    leeway: timedelta = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Beginning:
    """A login that has begun: where to send the browser, and what it has to bring back."""

    address: str
    state: str
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
