"""What HTTP itself can refuse, before or instead of a command."""

from protem.domain.errors import Refusal


class MalformedJson(Refusal):
    code = "malformed-json"
    title = "The body is not JSON"


class UnsupportedMediaType(Refusal):
    code = "unsupported-media-type"
    title = "The body is of a type that is not taken here"


class BodyTooLarge(Refusal):
    code = "body-too-large"
    title = "The body is too large"


class NoSuchPath(Refusal):
    code = "no-such-path"
    title = "There is nothing at this address"


class MethodNotAllowed(Refusal):
    code = "method-not-allowed"
    title = "This address does not take that method"


class NotReady(Refusal):
    code = "not-ready"
    title = "This replica cannot serve yet"


class DatabaseUnavailable(Refusal):
    code = "database-unavailable"
    title = "The database does not answer"


class InternalError(Refusal):
    code = "internal-error"
    title = "Something went wrong that should not have"
