"""`protem audit keygen` and `key`: what signs the record, and what others check it with."""

from pathlib import Path
from typing import Annotated

from typer import Argument

from protem.broker.record.signing import SigningKey
from protem.cli import environment
from protem.cli.failures import Failure
from protem.cli.keys import usable_key
from protem.cli.output import say, warn


def keygen(
    path: Annotated[
        Path, Argument(metavar="FILE", help="Where the private key goes; nothing is written over.")
    ],
) -> None:
    """Make a key that signs the record, and print the public one."""
    made = SigningKey.make()
    try:
        made.save(path)
    except FileExistsError:
        raise Failure("file-exists", f"{path} is there already, and keys are never written over") from None
    except OSError as error:
        raise Failure("file-unwritable", f"{path} cannot be written: {error.strerror}") from None
    say(made.public.pem.rstrip())
    warn(f"The private key {made.public.id} is in {path}: set PROTEM_AUDIT_KEY_FILE={path} and keep it safe.")
    warn("The public key above is for everybody who is to check what it signs.")


def key() -> None:
    """Print the public key of the one that PROTEM_AUDIT_KEY_FILE names."""
    path = environment.settings().audit_key_file
    if path is None:
        message = "PROTEM_AUDIT_KEY_FILE is not set; `protem audit keygen FILE` makes a key"
        raise Failure("signing-key-missing", message)
    with usable_key():
        found = SigningKey.load(path)
    say(found.public.pem.rstrip())
    warn(f"This is the key {found.public.id}.")
