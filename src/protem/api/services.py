"""What the API needs of the process that it is part of."""

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from prometheus_client import CollectorRegistry

from protem.broker.authentication import Admission
from protem.broker.record.signing import SigningKey
from protem.db.store import Store
from protem.identity_provider.provider import IdentityProvider
from protem.settings import Settings


class Services(Protocol):
    """The parts that one process has put together."""

    @property
    def settings(self) -> Settings: ...

    @property
    def store(self) -> Store: ...

    @property
    def admission(self) -> Admission: ...

    @property
    def identity_provider(self) -> IdentityProvider | None:
        """What knows the people of the organization; None where there are API tokens only."""
        ...

    @property
    def signing_key(self) -> SigningKey | None:
        """What signs exports and receipts; None where there is no key."""
        ...

    @property
    def metrics(self) -> CollectorRegistry: ...

    def health(self) -> Mapping[str, object] | None:
        """Return facts about the reconciler and the catalogue as JSON; None where no reconciler runs here."""
        ...


@runtime_checkable
class Background(Protocol):
    """Services that also have work of their own, which lives as long as the application does."""

    def start(self) -> None: ...

    def stop(self) -> None:
        """End the work, and return when it has ended."""
        ...
