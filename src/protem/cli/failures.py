"""Every way a command can fail, with the exit code that scripts see."""

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any

from protem.domain.errors import FieldError, Refusal


class Exit(IntEnum):
    """What a script can tell from the exit code alone."""

    REFUSED = 1
    USAGE = 2
    UNREACHABLE = 3


class Failure(Exception):
    """A command that did not do what it was asked for."""

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        leaving: Exit = Exit.REFUSED,
        problem: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.errors = tuple(errors)
        self.leaving = leaving
        self._problem = problem

    @classmethod
    def of(cls, refusal: Refusal) -> "Failure":
        """Return how a refusal looks on the command line: with the same code and sentence."""
        return cls(refusal.code, refusal.detail, errors=refusal.errors)

    @classmethod
    def usage(cls, detail: str) -> "Failure":
        """Return the failure of a command that was called in a way that cannot work."""
        return cls("usage", detail, leaving=Exit.USAGE)

    def as_json(self) -> dict[str, Any]:
        """Return what the API answered, or the same shape where no API was asked."""
        errors = [{"field": error.field, "message": error.message} for error in self.errors]
        return dict(self._problem or {"code": self.code, "detail": self.detail, "errors": errors})
