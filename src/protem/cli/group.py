"""How commands end when they cannot do their work: a sentence and an exit code, never a traceback."""

from typing import Any

from typer import Exit as Leave
from typer.core import TyperGroup

from protem.cli import output
from protem.cli.failures import Failure
from protem.domain.errors import Refusal

_AS_JSON = "protem.as_json"


class Commands(TyperGroup):
    """A group of commands whose failures are told in words."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        # Seen here, because a command that fails while its options are read never learns of it.
        ctx.meta.setdefault(_AS_JSON, "--json" in args)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (Failure, Refusal) as error:
            failure = Failure.of(error) if isinstance(error, Refusal) else error
            output.show_failure(failure, as_json=ctx.meta[_AS_JSON])
            raise Leave(int(failure.leaving)) from None
