"""The ``protem`` command: everything an operator, a requester or a script does from a terminal."""

import logging

from protem import logs
from protem.cli.commands import app


def main() -> None:
    """Run the command line; what it logs goes beside its output, and servers log more than others."""
    logs.configure("console", level=logging.WARNING)
    app()
