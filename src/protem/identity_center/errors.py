"""The three ways in which a call to AWS can go wrong; they differ in what may have happened."""


class GatewayError(Exception):
    """A call that brought no answer of use; ``code`` is AWS's, or one of ours in lower case."""

    def __init__(self, operation: str, code: str, message: str) -> None:
        super().__init__(f"{operation}: {code}: {message}")
        self.operation = operation
        self.code = code
        self.message = message


class CallRejected(GatewayError):
    """AWS answered no: nothing was changed."""


class OutcomeUnknown(GatewayError):
    """The reply was lost, late or an internal error: the change may have been accepted."""


class CallWithheld(GatewayError):
    """The call never left: lease lost, budget closed, input invalid, no credentials, or no connection."""
