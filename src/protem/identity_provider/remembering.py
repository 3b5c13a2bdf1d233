"""What the provider publishes, kept here: asked for seldom, whoever wants it, and served while it is down."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

import structlog

from protem.clock import Clock
from protem.domain.identification import IdentityProviderUnavailable
from protem.identity_provider.network import UnreachableError

LIFESPAN_SECONDS = 600.0
"""After which it is asked for again: what the provider withdraws has to stop counting."""
LONGEST_SECONDS = 24 * 3600.0
"""For which it is served if the provider does not answer; after that, withdrawn keys could be in it."""
INTERVAL_SECONDS = 60.0
"""Between two attempts; anybody can present a token with a key that nobody knows."""
FIRST_INTERVAL_SECONDS = 5.0
"""Between two attempts as long as none has succeeded."""
_PATIENCE_SECONDS = 1.0
"""For which a caller waits while another one asks."""

Value = TypeVar("Value")

_log = structlog.get_logger("protem.identity_provider")


class Remembered(Generic[Value]):
    """One thing that the provider publishes; ``load`` raises ``UnreachableError``."""

    def __init__(self, what: str, load: Callable[[], Value], *, clock: Clock) -> None:
        self._what, self._load, self._clock = what, load, clock
        self._asking = threading.Lock()
        self._value: Value | None = None
        self._read_at: float | None = None
        self._tried_at: float | None = None
        self._failing = False

    def get(self) -> Value:
        """Return it, at most a few minutes old while the provider answers.

        Raises ``IdentityProviderUnavailable`` if there is none, or none but a very old one.
        """
        if self._age() >= LIFESPAN_SECONDS:
            self._ask(patience=0.0 if self._usable else _PATIENCE_SECONDS)
        if self._value is None or not self._usable:
            raise self.unavailable()
        return self._value

    def renewed(self) -> Value:
        """Return it as it is now, if the provider may be asked again already."""
        self._ask(patience=_PATIENCE_SECONDS)
        return self.get()

    @property
    def failing(self) -> bool:
        """Whether the provider did not answer when it was last asked, or is being asked now."""
        return self._failing or self._asking.locked()

    def unavailable(self) -> IdentityProviderUnavailable:
        return IdentityProviderUnavailable(f"the identity provider's {self._what} cannot be read now")

    @property
    def _usable(self) -> bool:
        return self._age() < LONGEST_SECONDS

    def _age(self) -> float:
        return float("inf") if self._read_at is None else self._clock.monotonic() - self._read_at

    def _ask(self, *, patience: float) -> None:
        """Ask, unless somebody else does or has just done so."""
        idle = not self._asking.locked()
        if (idle and not self._due()) or not self._asking.acquire(timeout=patience):
            return
        try:
            if self._due():
                self._read()
        finally:
            self._asking.release()

    def _due(self) -> bool:
        interval = FIRST_INTERVAL_SECONDS if self._read_at is None else INTERVAL_SECONDS
        return self._tried_at is None or self._clock.monotonic() - self._tried_at >= interval

    def _read(self) -> None:
        self._tried_at = self._clock.monotonic()
        try:
            self._value = self._load()
        except UnreachableError as error:
            self._failing = True
            _log.warning("identity_provider.unavailable", what=self._what, error=str(error))
        else:
            self._failing, self._read_at = False, self._tried_at
