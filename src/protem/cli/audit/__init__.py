"""`protem audit`: reading the record, copying it, proving it, and the key that signs it."""

from typer import Typer

from protem.cli.audit.events import events
from protem.cli.audit.exporting import export
from protem.cli.audit.keys import key, keygen
from protem.cli.audit.verifying import verify
from protem.cli.group import Commands
from protem.cli.receipts import verify_receipt

app = Typer(cls=Commands, add_completion=False, help="The record of everything that happened, and its proof.")
for command in (events, export, verify, verify_receipt, keygen, key):
    app.command()(command)
