"""What these credentials may do in AWS, found out by what is harmless: reads, and a simulation of writes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from protem.clock import Clock
from protem.identity_center.aws import failures
from protem.identity_center.aws.attempts import Attempts
from protem.identity_center.aws.reads import FIRST, READS, Known, Read
from protem.identity_center.budget import CallBudget
from protem.identity_center.errors import CallRejected, GatewayError
from protem.identity_center.permissions import BY_ACTION, PERMISSIONS, Permission, Use

if TYPE_CHECKING:
    import boto3

_DENIED = frozenset({"AccessDeniedException", "AccessDenied", "UnauthorizedOperation"})
_LET_IN = frozenset({"ResourceNotFoundException", "ValidationException"})
"""What AWS answers only to those whom it has let in."""

_IMPATIENT = Config(connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 2, "mode": "standard"})
_CALLS_PER_SECOND = 8.0
"""Slower than the reconciler, which may be at work on the same quota."""


class Verdict(StrEnum):
    """Whether an operation is allowed, as far as could be told."""

    ALLOWED = "allowed"
    DENIED = "denied"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Right:
    """Whether one operation is allowed; ``message`` says why not, or why that cannot be told."""

    permission: Permission
    verdict: Verdict
    message: str = ""


@dataclass(slots=True)
class Examination:
    """One look at what a session may do; ``known`` fills while it goes on."""

    session: "boto3.Session"
    clock: Clock
    instance: str | None = None
    allow_sandbox: bool = False
    known: Known = field(default_factory=Known)
    attempts: Attempts = field(init=False)
    _clients: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.attempts = Attempts(
            clock=self.clock,
            budget=CallBudget(clock=self.clock, rate=_CALLS_PER_SECOND),
            allow_sandbox=self.allow_sandbox,
        )

    def identity(self) -> tuple[str, str]:
        """Return the account and the ARN that AWS takes us for; raises ``GatewayError``."""
        try:
            answer = self.session.client("sts", config=_IMPATIENT).get_caller_identity()
        except Exception as error:
            raise failures.translate(error, operation="GetCallerIdentity", departures=1) from error
        return answer["Account"], answer["Arn"]

    def offset(self) -> timedelta | None:
        """Return AWS's time minus ours; None before the first answer."""
        return self.attempts.offset.latest

    def reads(self) -> Iterator[Right]:
        """Try every read once."""
        yield self._try(FIRST)
        self.known.within(self.instance)
        for read in READS:
            yield self._try(read)

    def writes(self, arn: str) -> Iterator[Right]:
        """Have IAM simulate what is not tried, for whoever is behind ``arn``."""
        for permission in PERMISSIONS:
            if permission.use is not Use.READ:
                yield Right(permission, *self._simulated(permission.action, arn))

    def _try(self, read: Read) -> Right:
        permission = _permission(read)
        parameters = read.parameters(self.known)
        if parameters is None:
            return Right(permission, Verdict.UNKNOWN, "it takes an answer that did not come")
        try:
            with self.attempts.of(read.operation):
                read.learn(self.known, self._call(read, parameters))
        except GatewayError as failure:
            return Right(permission, _verdict(failure), failure.message)
        return Right(permission, Verdict.ALLOWED)

    def _call(self, read: Read, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        if read.service not in self._clients:
            self._clients[read.service] = self.session.client(read.service, config=_IMPATIENT)  # type: ignore[call-overload]
            self.attempts.watch(self._clients[read.service])
        answer: Mapping[str, Any] = getattr(self._clients[read.service], xform_name(read.operation))(
            **parameters
        )
        return answer

    def _simulated(self, action: str, arn: str) -> tuple[Verdict, str]:
        try:
            answer = self.session.client("iam", config=_IMPATIENT).simulate_principal_policy(
                PolicySourceArn=_principal(arn), ActionNames=[action], ResourceArns=self._resources()
            )
        except (ClientError, BotoCoreError, ResponseParserError, KeyError) as error:
            return Verdict.UNKNOWN, f"iam:SimulatePrincipalPolicy did not say: {_reason(error)}"
        results = answer["EvaluationResults"]
        refused = [one["EvalResourceName"] for one in results if one["EvalDecision"] != "allowed"]
        if refused or not results:
            return Verdict.DENIED, f"IAM would not allow it on {', '.join(refused) or 'anything'}"
        return Verdict.ALLOWED, ""

    def _resources(self) -> list[str]:
        known = self.known
        account = f"arn:aws:sso:::account/{known.account}" if known.account else None
        return [arn for arn in (known.instance, known.permission_set, account) if arn] or ["*"]


def _permission(read: Read) -> Permission:
    prefix = "sso" if read.service == "sso-admin" else read.service
    return BY_ACTION[f"{prefix}:{read.operation}"]


def _verdict(failure: GatewayError) -> Verdict:
    if isinstance(failure, CallRejected) and failure.code in _DENIED:
        return Verdict.DENIED
    if isinstance(failure, CallRejected) and failure.code in _LET_IN:
        return Verdict.ALLOWED
    return Verdict.UNKNOWN


def _principal(arn: str) -> str:
    """Return the role behind a session's ARN, as IAM knows it; a role with a path cannot be told."""
    parts = arn.split(":")
    kind, _, rest = parts[5].partition("/")
    if kind != "assumed-role":
        return arn
    return ":".join([*parts[:2], "iam", "", parts[4], f"role/{rest.partition('/')[0]}"])


def _reason(error: Exception) -> str:
    return error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
