"""The ``protem`` command: everything an operator, a requester or a script does from a terminal."""

from protem.cli.commands import app


def main() -> None:
    """Run the command line."""
    app()
