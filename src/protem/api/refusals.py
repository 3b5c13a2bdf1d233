"""What HTTP itself can refuse, before or instead of a command."""

from protem.domain.errors import Refusal


class MalformedRequest(Refusal):
    code = "malformed-request"
    title = "This is not HTTP as it is spoken here"


class HeaderRepeated(Refusal):
    code = "header-repeated"
    title = "A header that may be sent once was sent twice"


class HeadersTooLarge(Refusal):
    code = "headers-too-large"
    title = "There are too many headers, or they are too large"


class HeadersTooSlow(Refusal):
    code = "headers-too-slow"
    title = "The headers took too long"


class AddressTooLong(Refusal):
    code = "address-too-long"
    title = "The address is too long"


class TooManyConnections(Refusal):
    code = "too-many-connections"
    title = "This replica has as many connections as it takes"


class MalformedJson(Refusal):
    code = "malformed-json"
    title = "The body is not JSON"


class UnsupportedMediaType(Refusal):
    code = "unsupported-media-type"
    title = "The body is of a type that is not taken here"


class BodyTooLarge(Refusal):
    code = "body-too-large"
    title = "The body is too large"


class BodyTooSlow(Refusal):
    code = "body-too-slow"
    title = "The body took too long"


class NoSuchPath(Refusal):
    code = "no-such-path"
    title = "There is nothing at this address"


class MethodNotAllowed(Refusal):
    code = "method-not-allowed"
    title = "This address does not take that method"


class CrossSite(Refusal):
    code = "cross-site"
    title = "This call comes from another site"


class NotReady(Refusal):
    code = "not-ready"
    title = "This replica cannot serve yet"


class DatabaseUnavailable(Refusal):
    code = "database-unavailable"
    title = "The database does not answer"


class InternalError(Refusal):
    code = "internal-error"
    title = "Something went wrong that should not have"
