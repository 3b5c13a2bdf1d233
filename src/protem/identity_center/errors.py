"""The three ways in which a call to AWS can go wrong; they differ in what may have happened."""

from protem.domain.texts import readable


class GatewayError(Exception):
    """A call that brought no answer of use; ``code`` is AWS's, or one of ours in lower case."""

    def __init__(self, operation: str, code: str, message: str) -> None:
        # What AWS says goes on record: an ending must not hang on a character that cannot be written.
        self.operation = operation
        self.code = readable(code)
        self.message = readable(message)
        super().__init__(f"{operation}: {self.code}: {self.message}")


class CallRejected(GatewayError):
    """AWS answered no: nothing was changed."""


class OutcomeUnknown(GatewayError):
    """The reply was lost, late or an internal error: the change may have been accepted."""


class CallWithheld(GatewayError):
    """The call never left: lease lost, budget closed, input invalid, no credentials, or no connection."""
