"""What the services answer when they say no, by their own codes."""

from collections.abc import Mapping
from http import HTTPStatus


class Refusal(Exception):
    """An error of a service, with its own code and whatever further fields its model has."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: int = 400,
        fields: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.status = status
        self.fields = dict(fields or {})

    @property
    def is_ours(self) -> bool:
        return self.status >= HTTPStatus.INTERNAL_SERVER_ERROR


THROTTLING_CODES = {"organizations": "TooManyRequestsException", "sts": "Throttling"}
INTERNAL_CODES = {"organizations": "ServiceException", "sts": "InternalFailure"}


def throttled(service: str) -> Refusal:
    return Refusal(THROTTLING_CODES.get(service, "ThrottlingException"), "Rate exceeded")


def server_error(service: str, *, status: int = 500) -> Refusal:
    code = INTERNAL_CODES.get(service, "InternalServerException")
    return Refusal(code, "An unexpected error occurred", status=status)


def conflict(account_id: str) -> Refusal:
    return Refusal(
        "ConflictException",
        f"Another operation on account {account_id} is in progress. Try again later.",
    )


def not_found(what: str, identifier: str) -> Refusal:
    return Refusal("ResourceNotFoundException", f"{what} with id {identifier} was not found")


def invalid(message: str) -> Refusal:
    return Refusal("ValidationException", message)


def access_denied(message: str) -> Refusal:
    return Refusal("AccessDeniedException", message)


def unknown_operation(target: str) -> Refusal:
    return Refusal(
        "UnknownOperationException",
        f"The sandbox does not imitate the operation {target!r}",
    )
