"""What keeps AWS from doing as it should, and what its operator can do about it: one table."""

import re
from dataclasses import dataclass

from protem.domain.causes import ADVICE, Cause

FAILED = "FAILED"
"""The code under which the reason of a failed operation is looked up."""

_LONGEST_QUOTE = 300


@dataclass(frozen=True, slots=True)
class Sign:
    """By what a cause shows: one line of the table. No act, code or pattern means any.

    ``act`` is what was tried, as claims name it: ``look``, ``create``, ``delete`` or ``poll``.
    """

    cause: Cause
    codes: tuple[str, ...] = ()
    pattern: str = ""
    act: str | None = None

    def shows(self, act: str, code: str, reason: str) -> bool:
        return (
            self.act in (None, act)
            and (not self.codes or code in self.codes)
            and bool(re.search(self.pattern, reason, re.IGNORECASE))
        )


_DENIED = ("AccessDeniedException", "AccessDenied", "UnauthorizedException", "UnauthorizedOperation")
_NOT_FOUND = ("ResourceNotFoundException",)
_REFUSED = (*_DENIED, "ValidationException", FAILED)

# The first line that fits decides. Reasons as users reported them, codes from the service model.
SIGNS: tuple[Sign, ...] = (
    Sign(Cause.MANAGEMENT_ACCOUNT, _REFUSED, r"management account|master account|delegated admin"),
    Sign(Cause.MISSING_IAM_RIGHTS, (FAILED,), r"\b403\b|not authori[sz]ed|access ?denied"),
    Sign(Cause.CANNOT_LIST, _DENIED, act="look"),
    Sign(Cause.ACCESS_DENIED, _DENIED),
    Sign(Cause.CLOCK, ("RequestExpired", "RequestTimeTooSkewed", "RequestInTheFuture")),
    Sign(Cause.CLOCK, ("InvalidSignatureException", "SignatureDoesNotMatch"), r"expired|not yet|skew"),
    Sign(
        Cause.CREDENTIALS,
        (
            "no_credentials",
            "ExpiredToken",
            "ExpiredTokenException",
            "UnrecognizedClientException",
            "InvalidClientTokenId",
            "InvalidSignatureException",
            "SignatureDoesNotMatch",
            "IncompleteSignature",
            "MissingAuthenticationToken",
            "MissingAuthenticationTokenException",
        ),
    ),
    Sign(Cause.ACCOUNT_SUSPENDED, (FAILED,), r"permissions to manage your AWS account|suspended"),
    Sign(Cause.USER_GONE, (FAILED,), r"404 status error.*assignee"),
    Sign(Cause.ASSIGNMENT_GONE, (FAILED,), r"404 status error.*EntitlementItem"),
    Sign(Cause.POLICY_MISSING, (FAILED,), r"\bpolic(y|ies)\b"),
    Sign(Cause.PERMISSION_SET_GONE, (*_NOT_FOUND, FAILED), r"permission ?set"),
    Sign(Cause.WRONG_INSTANCE, (*_NOT_FOUND, "ValidationException"), r"\binstance\b"),
    Sign(Cause.OPERATION_UNKNOWN, _NOT_FOUND, act="poll"),
    Sign(Cause.ASSIGNMENT_GONE, _NOT_FOUND, r"assignment", act="delete"),
    Sign(Cause.ACCOUNT_GONE, _NOT_FOUND),
    Sign(Cause.ACCOUNT_GONE, (FAILED,), r"\b404\b.*\baccount\b"),
    Sign(Cause.INVALID, ("ValidationException", "invalid_identifier", "invalid_input")),
    Sign(Cause.CONFLICT, ("ConflictException",)),
    Sign(
        Cause.THROTTLED,
        ("ThrottlingException", "Throttling", "TooManyRequestsException", "RequestLimitExceeded"),
    ),
    Sign(Cause.THROTTLED, (FAILED,), r"throttl|rate exceeded|too many requests"),
    Sign(Cause.QUOTA, ("ServiceQuotaExceededException", "LimitExceededException")),
    Sign(Cause.QUOTA, (FAILED,), r"quota|limit exceeded|LimitExceeded"),
    Sign(Cause.UNFINISHED, ("operation_in_progress",)),
    Sign(
        Cause.AWS_FAULT,
        (
            "InternalServerException",
            "InternalServerError",
            "InternalFailure",
            "InternalError",
            "ServiceException",
            "ServiceUnavailable",
            "ServiceUnavailableException",
            "RequestTimeout",
            "RequestTimeoutException",
        ),
    ),
    Sign(Cause.AWS_FAULT, (FAILED,), r"internal|\b5\d\d\b|unexpected error"),
    Sign(Cause.UNREACHABLE, ("unreachable", "no_answer", "not_sent", "unreadable")),
    Sign(Cause.SANDBOX, ("sandbox_refused",)),
    Sign(Cause.INTERNAL, ("internal_error",)),
)


def cause_of(act: str, code: str, reason: str) -> Cause:
    """Return what an error of ``act`` comes from: the first line of the table that fits."""
    return next((sign.cause for sign in SIGNS if sign.shows(act, code, reason)), Cause.OTHER)


def known(cause: str | None, *, code: str, reason: str) -> Cause:
    """Return the cause that was written down, or one told from the error where there is none we know."""
    return Cause(cause) if cause in _CAUSES else cause_of("", code, reason)


def advise(cause: Cause, *, code: str, reason: str) -> str:
    """Return what to do, as a sentence for people; of what nobody knows, with the reason as it came."""
    if cause is not Cause.OTHER:
        return ADVICE[cause]
    return f"{ADVICE[cause]} It was {quoted(code)}: {quoted(reason)}"


def quoted(text: str) -> str:
    """Return a text of others between quotes: no line ends, nothing that cannot be seen, and not too long."""
    seen = "".join(character if character.isprintable() else " " for character in text)
    short = " ".join(seen.split()).replace("“", '"').replace("”", '"')
    cut = short if len(short) <= _LONGEST_QUOTE else f"{short[: _LONGEST_QUOTE - 1]}…"
    return f"“{cut}”"


_CAUSES = frozenset(cause.value for cause in Cause)
