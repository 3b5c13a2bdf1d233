"""How an Identity Center of our own behaves; what AWS documents is the default."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

Span = float | tuple[float, float]
"""Seconds: always as many, or drawn between two."""

# Documented per operation; what is not named here is not limited.
ORGANIZATIONS_CALLS_PER_SECOND: Mapping[str, float] = MappingProxyType(
    {
        "ListAccounts": 8,
        "ListAccountsForParent": 5,
        "ListOrganizationalUnitsForParent": 5,
        "ListParents": 5,
        "ListRoots": 1,
        "ListTagsForResource": 10,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The constructor arguments of a sandbox; `None` switches a limit off."""

    seed: int = 0

    # how long asynchronous operations take, and the network
    creation_seconds: Span = (2.0, 6.0)
    deletion_seconds: Span = (10.0, 15.0)
    latency_seconds: float = 0.0
    date_skew_seconds: float = 0.0
    operations_kept_seconds: float | None = None

    # quotas
    calls_per_second: float | None = 20
    identity_store_calls_per_second: float | None = 20
    organizations_calls_per_second: Mapping[str, float] = field(
        default_factory=lambda: ORGANIZATIONS_CALLS_PER_SECOND
    )
    outstanding_creates: int | None = 15
    outstanding_deletes: int | None = 15
    writes_per_account: int | None = 1
    page_size: int = 100

    # who calls: a delegated administrator, or the management account itself
    management_account: str = "444455556666"
    delegated_administrator: str | None = "222233334444"

    # where AWS leaves it open or was seen to do either
    outstanding_refusal: Literal["ServiceQuotaExceededException", "ThrottlingException"] = (
        "ServiceQuotaExceededException"
    )
    delete_of_absent: Literal["failed", "succeeded", "refused"] = "failed"
    delete_for_removed_principal: Literal["failed", "succeeded"] = "failed"
    assignments_of_removed_principals: Literal["stay", "vanish"] = "stay"
    management_sets_refused: bool = True
    principal_listing_needs_management: bool = False

    calls_kept: int | None = 100_000

    @property
    def caller_account(self) -> str:
        return self.delegated_administrator or self.management_account
