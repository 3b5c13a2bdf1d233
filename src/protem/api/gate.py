"""What every call passes on its way in: how much of it there may be, and what became of its credential."""

from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import Request

from protem.api.limits import Entrance, Limits
from protem.api.rejections import Rejections
from protem.api.services import Services
from protem.broker.authentication import Presented
from protem.broker.callers import Caller
from protem.domain import networks
from protem.domain.errors import CredentialRefused
from protem.domain.rejections import Rejection

_OF_GOOD_ONES = frozenset({Rejection.ACT_AS})
"""Reasons to refuse credentials that are good: they are counted as calls."""


class Gates:
    """The gates of one process, which remember together."""

    def __init__(self, services: Services) -> None:
        clock, settings = services.store.clock, services.settings
        self.trusted = tuple(networks.network(text) for text in settings.trusted_proxies)
        # A proxy that is not named hides who calls: one who guesses would else shut everybody out.
        shared = settings.tls_terminated and not self.trusted
        self.limits = Limits(clock=clock, rate=settings.rate_limit, trusted=self.trusted, shared=shared)
        self.rejections = Rejections(store=services.store, clock=clock, registry=services.metrics)

    def gate(self, request: Request) -> "Gate":
        """Return the gate that this call comes through."""
        peer = request.client.host if request.client else None
        address = networks.source(peer, request.headers.getlist("x-forwarded-for"), self.trusted)
        operation = getattr(request.scope.get("route"), "operation_id", None)
        return Gate(self, Entrance(operation, address))


class Gate:
    """For one call, which may take several turns."""

    def __init__(self, gates: Gates, entrance: Entrance) -> None:
        self._gates = gates
        self._entrance = entrance
        self._passed = False

    @property
    def address(self) -> str | None:
        """Where the call comes from, as far as that is known."""
        return str(self._entrance.address) if self._entrance.address else None

    @contextmanager
    def watched(self, presented: Presented) -> Iterator[None]:
        """Look after one turn; an address that only brings bad credentials costs the database nothing.

        Raises ``RateLimited``. What is put on record is written after the block, outside its transaction.
        """
        limits, rejections = self._gates.limits, self._gates.rejections
        if not self._passed:
            limits.require_calm(presented, self._entrance)
        try:
            yield
        except CredentialRefused as refusal:
            if refusal.reason is not None and refusal.reason not in _OF_GOOD_ONES:
                limits.rejected(presented, self._entrance)
            rejections.count(refusal, address=self.address)
            rejections.put_on_record()
            raise
        rejections.put_on_record()

    def let_in(self, presented: Presented, caller: Caller) -> None:
        """Count the call, once, whatever it goes on to do. Raises ``RateLimited``."""
        if self._passed:
            return
        self._gates.limits.accepted(presented)
        self._gates.limits.take(caller, self._entrance)
        self._passed = True
