"""The clients that Protem talks to AWS with, and how patient each of them is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from botocore.config import Config

from protem import __version__
from protem.clock import Clock
from protem.identity_center.aws import make_believe, quotas
from protem.identity_center.aws.assignments import AwsAssignments
from protem.identity_center.aws.attempts import Attempts, Guard, Observe, unguarded, unobserved
from protem.identity_center.aws.directory import AwsDirectory
from protem.identity_center.aws.organization import Organization
from protem.identity_center.aws.people import People
from protem.identity_center.budget import CallBudget
from protem.identity_center.errors import GatewayError

if TYPE_CHECKING:
    import boto3


@dataclass(frozen=True, slots=True)
class Connection:
    """The two halves of the gateway over one set of credentials."""

    assignments: AwsAssignments
    directory: AwsDirectory
    endpoint: str
    """Where the calls on assignments go."""

    def require_aws(self) -> None:
        """Ask whoever is at an address that is none of AWS's who they are.

        Raises ``CallRejected`` with the code ``sandbox_refused`` if it is a sandbox that nobody has
        allowed; what cannot be reached now says who it is with its first answer.
        """
        if make_believe.is_elsewhere(self.endpoint):
            try:
                self.directory.instances()
            except GatewayError as failure:
                if failure.code == make_believe.REFUSED:
                    raise


def connect(
    session: "boto3.Session",
    *,
    budget: CallBudget,
    guard: Guard,
    clock: Clock,
    observe: Observe = unobserved,
    region: str | None = None,
    pool_size: int = 32,
    directory_attempts: int = 4,
    allow_sandbox: bool = False,
) -> Connection:
    """Make the clients on ``session``, and put ``budget`` and ``guard`` in front of all they send.

    ``guard`` stands before the calls on assignments only. ``pool_size`` is the most connections to
    keep, at least as many as there are threads that call. ``region`` is the instance's primary one,
    where alone AWS takes writes; None leaves it to the session. Whatever shall answer instead of
    AWS must be mounted on the session before.
    """
    once = _config(pool_size=pool_size, total_max_attempts=1)
    again = _config(pool_size=pool_size, total_max_attempts=directory_attempts)

    def attempts(rates: Mapping[str, float] | None = None, *, guard: Guard = unguarded) -> Attempts:
        paces = {name: CallBudget(clock=clock, rate=rate) for name, rate in (rates or {}).items()}
        return Attempts(
            clock=clock,
            budget=budget,
            paces=paces,
            guard=guard,
            observe=observe,
            allow_sandbox=allow_sandbox,
        )

    writing = session.client("sso-admin", region_name=region, config=once)
    people = People(
        session.client("identitystore", region_name=region, config=again),
        attempts=attempts(quotas.IDENTITY_STORE),
    )
    return Connection(
        endpoint=writing.meta.endpoint_url,
        assignments=AwsAssignments(writing, attempts=attempts(guard=guard), people=people),
        directory=AwsDirectory(
            session.client("sso-admin", region_name=region, config=again),
            attempts=attempts(),
            people=people,
            organization=Organization(
                session.client("organizations", region_name=region, config=again),
                attempts=attempts(quotas.ORGANIZATIONS),
            ),
        ),
    )


def _config(*, pool_size: int, total_max_attempts: int) -> Config:
    mode: Literal["standard"] = "standard"
    return Config(
        connect_timeout=5,
        read_timeout=20,
        max_pool_connections=pool_size,
        user_agent_extra=f"protem/{__version__}",  # CloudTrail shows it
        retries={"total_max_attempts": total_max_attempts, "mode": mode},
    )
