"""How commands end when they cannot do their work: a sentence and an exit code, never a traceback."""

import sys
from typing import Any

from typer import Exit as Leave
from typer.core import TyperGroup

from protem.cli import output
from protem.cli.failures import Failure
from protem.domain.errors import Refusal


class Commands(TyperGroup):
    """A group of commands whose failures are told in words."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (Failure, Refusal) as error:
            failure = Failure.of(error) if isinstance(error, Refusal) else error
            output.show_failure(failure, as_json="--json" in sys.argv)
            raise Leave(failure.leaving) from None
