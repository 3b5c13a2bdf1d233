"""What an exception of botocore says about whether something happened in AWS."""

from botocore import exceptions as boto

from protem.identity_center.aws.identifiers import InvalidIdentifier
from protem.identity_center.errors import CallRejected, CallWithheld, GatewayError, OutcomeUnknown

THROTTLING = frozenset(
    {"ThrottlingException", "TooManyRequestsException", "Throttling", "RequestLimitExceeded"}
)

_UNSURE = frozenset(
    {
        "InternalServerException",
        "InternalServerError",
        "InternalFailure",
        "InternalError",
        "ServiceException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "RequestTimeout",
        "RequestTimeoutException",
    }
)
"""Codes of an AWS that lost its thread, with whatever HTTP status they come."""

_REFUSALS = range(400, 500)

_NEVER_CONNECTED = (boto.EndpointConnectionError, boto.ConnectTimeoutError)
"""Raised while the connection is made. Not so SSL and proxy errors, which can also come later."""

_NO_CREDENTIALS = (
    boto.NoCredentialsError,
    boto.PartialCredentialsError,
    boto.CredentialRetrievalError,
    boto.NoAuthTokenError,
    boto.TokenRetrievalError,
    boto.SSOError,
    boto.LoginError,
    boto.ClientError,  # of STS: ours always come after a call has left
)


def translate(error: Exception, *, operation: str, departures: int) -> GatewayError:
    """Return ``error`` in our words; ``departures`` counts the attempts that were let through.

    That nothing happened is claimed only when it is certain: the call never left, no connection came
    about, or AWS itself refused it. Everything else is unknown.
    """
    match error:
        case GatewayError():
            return error
        case _ if departures == 0:
            return CallWithheld(operation, _why_kept(error), str(error))
        case boto.ClientError():
            return _answered(error, operation)
        case _ if departures == 1 and isinstance(error, _NEVER_CONNECTED):
            return CallWithheld(operation, "unreachable", str(error))
        case boto.BotoCoreError() | OSError():
            return OutcomeUnknown(operation, "no_answer", str(error))
        case _:
            return OutcomeUnknown(operation, "unreadable", f"{type(error).__name__}: {error}")


def _why_kept(error: Exception) -> str:
    match error:
        case InvalidIdentifier():
            return "invalid_identifier"
        case boto.ParamValidationError():
            return "invalid_input"
        case _ if isinstance(error, _NO_CREDENTIALS):
            return "no_credentials"
        case _:
            return "not_sent"


def _answered(error: boto.ClientError, operation: str) -> GatewayError:
    answer = error.response.get("Error", {})
    code, message = answer.get("Code", ""), answer.get("Message", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    # botocore makes up a code of digits when the body names none: some proxy answered, not AWS.
    named = code and not code.isdigit() and code not in _UNSURE
    failure = CallRejected if named and status in _REFUSALS else OutcomeUnknown
    return failure(operation, code or "unreadable", message)
