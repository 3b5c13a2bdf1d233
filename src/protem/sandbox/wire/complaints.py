"""How each service words that an input is wrong."""

from collections.abc import Sequence

from protem.sandbox.refusals import Refusal, invalid
from protem.sandbox.wire.validation import Violation


def complaint(service: str, broken: Sequence[Violation]) -> Refusal:
    if service == "organizations":
        first = broken[0]
        return Refusal("InvalidInputException", str(first), fields={"Reason": first.kind})
    noun = "validation error" if len(broken) == 1 else "validation errors"
    return invalid(f"{len(broken)} {noun} detected: {'; '.join(map(str, broken))}")


def bad_token(service: str) -> Refusal:
    if service == "organizations":
        message = "You specified an invalid value for nextToken."
        return Refusal("InvalidInputException", message, fields={"Reason": "INVALID_NEXT_TOKEN"})
    return invalid("The pagination token is not valid")
