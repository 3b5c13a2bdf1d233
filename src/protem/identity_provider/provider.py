"""The identity provider as the rest of Protem uses it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import structlog

from protem.clock import Clock
from protem.domain.errors import Unauthenticated
from protem.domain.identification import IdentityProviderUnavailable
from protem.identity_provider import claims, code_flow, discovery, keys
from protem.identity_provider.claims import Expected
from protem.identity_provider.network import Fetch, UnreachableError
from protem.identity_provider.remembering import Remembered
from protem.identity_provider.tokens import Signatures, looks_like_one
from protem.identity_provider.values import Assertion, Beginning, Configuration

_AT_ONCE = 2
_PATIENCE_SECONDS = 1.0
"""Anybody can bring a code: those who wait for the provider must not take every thread there is."""

Found = TypeVar("Found")

_log = structlog.get_logger("protem.identity_provider")


class IdentityProvider:
    """Turns tokens and codes into what the provider asserts; never inside a transaction."""

    def __init__(self, configuration: Configuration, *, fetch: Fetch, clock: Clock) -> None:
        self.configuration = configuration
        self._fetch, self._clock = fetch, clock
        self._exchanges = threading.BoundedSemaphore(_AT_ONCE)
        self._metadata = Remembered(
            "discovery document", lambda: discovery.discover(fetch, configuration.issuer), clock=clock
        )
        self._signatures = Signatures(
            Remembered("keys", self._published, clock=clock), configuration.algorithms
        )

    @property
    def takes_logins(self) -> bool:
        """Whether people can log in with a browser."""
        return self.configuration.client_id is not None and self.configuration.redirect_uri is not None

    def knows(self, bearer: str) -> bool:
        """Tell whether ``bearer`` looks like a token of this kind, and such tokens are taken."""
        return self.configuration.audience is not None and looks_like_one(bearer)

    def assertion(self, bearer: str) -> Assertion:
        """Return what a bearer token asserts; ``Unauthenticated``, ``IdentityProviderUnavailable``."""
        return self._checked(bearer, audience=self.configuration.audience or "")

    def begin(self) -> Beginning:
        """Return the beginning of a login; ``IdentityProviderUnavailable``."""
        return self._reached(lambda: code_flow.begin(self._metadata.get(), self.configuration))

    def complete(self, *, code: str, verifier: str, nonce: str) -> Assertion:
        """Return what the code of a login stands for; raises as ``assertion`` does."""
        metadata = self._metadata.get()
        with self._turn():
            token = self._reached(
                lambda: code_flow.exchange(
                    self._fetch, metadata, self.configuration, code=code, verifier=verifier
                )
            )
        return self._checked(token, audience=self.configuration.client_id or "", nonce=nonce)

    def _checked(self, token: str, *, audience: str, nonce: str | None = None) -> Assertion:
        parties = frozenset(filter(None, (audience, self.configuration.client_id)))
        expected = Expected(self.configuration.issuer, audience, parties, nonce)
        found = self._signatures.claims(token)
        try:
            return claims.check(found, expected, now=self._clock.now(), leeway=self.configuration.leeway)
        except Unauthenticated as refused:
            _log.info("identity_provider.token_refused", reason=refused.detail)
            raise

    def _published(self) -> tuple[keys.Key, ...]:
        try:
            return keys.published(self._fetch, self._metadata.get().jwks_uri)
        except IdentityProviderUnavailable as refused:
            raise UnreachableError(refused.detail) from None

    def _reached(self, ask: Callable[[], Found]) -> Found:
        try:
            return ask()
        except UnreachableError as error:
            _log.warning("identity_provider.unavailable", what="login", error=str(error))
            raise IdentityProviderUnavailable("the identity provider cannot be reached now") from None

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._exchanges.acquire(timeout=_PATIENCE_SECONDS):
            raise IdentityProviderUnavailable("too many people are logging in at this moment")
        try:
            yield
        finally:
            self._exchanges.release()
