"""`protem receipt` and `protem audit verify-receipt`: what became of one grant, and whether that is true."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from typer import Argument, Option

from protem.broker.record import receipt_checks, verifying
from protem.broker.record.receipt_checks import Receipt, ReceiptRefused
from protem.broker.record.signing import Keys, PublicKey, known
from protem.cli import options
from protem.cli.client import connect
from protem.cli.failures import Failure
from protem.cli.keys import usable_key
from protem.cli.output import clean, say, write

_LARGEST = 64 * 2**20
"""Bytes; receipts have some thousand."""


def receipt(grant_id: options.GrantId, *, act_as: options.ActAs = None) -> None:
    """Print the signed receipt of a grant that is over: protem receipt GRANT > receipt.json."""
    path = f"/v1/grants/{options.path_part(grant_id)}/receipt"
    with connect(act_as=act_as) as client:
        content = client.send("GET", path).content
    if sys.stdout.isatty():
        write(content.decode())
        return
    # To the byte, in whatever the terminal's encoding is: whoever verifies it wants it as it was signed.
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


def verify_receipt(
    file: Annotated[Path, Argument(help="What `protem receipt` has printed.")],
    *,
    key: Annotated[
        list[Path],
        Option("--key", metavar="FILE", help="A public key of the installation; repeat it for more."),
    ],
    export: Annotated[
        Path | None, Option(metavar="FILE", help="An export that has to hold the same events.")
    ] = None,
) -> None:
    """Check a receipt without asking anybody: signature, events, and that it says what they say."""
    keys = _keys(key)
    try:
        read = receipt_checks.read(_content(file), keys=keys)
        reached = None if export is None else _compare(read, export, keys)
    except ReceiptRefused as refused:
        raise Failure("receipt-refused", f"{file}: {refused}") from None
    say(*_lines(read, reached=reached))


def _keys(paths: list[Path]) -> Keys:
    with usable_key():
        return known(PublicKey.read(_content(path)) for path in paths)


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST)
    except OSError as error:
        raise Failure.usage(f"{path} cannot be read: {error.strerror}") from None


def _compare(read: Receipt, export: Path, keys: Keys) -> int:
    try:
        with export.open("rb") as file:
            fault = verifying.verify(verifying.split(file), keys=keys).fault
            if fault is not None:
                raise Failure(
                    "export-refused", f"{export}: {fault.message}; `protem audit verify` tells more"
                )
            file.seek(0)
            return receipt_checks.compare(read, verifying.split(file))
    except OSError as error:
        raise Failure.usage(f"{export} cannot be read: {error.strerror}") from None


def _lines(read: Receipt, *, reached: int | None) -> list[str]:
    told, over = read.summary, read.summary["over"]
    asked, reason = told["asked"], over["reason"] or over["failure_code"]
    agreed = ", ".join(decided["by"] for decided in told["decided"] if decided["answer"] == "approve")
    lines = [
        f"Good: signed with the key {read.key_id}, and borne out by its {len(read.entries)} events.",
        *(
            [
                "The export has the same events in the same places, and no more about this grant,",
                f"up to event {reached}; the receipt is of all that was sealed up to {read.sealed_sequence}.",
            ]
            if reached is not None
            else []
        ),
        f"Grant       {told['grant_id']}",
        f"Access      {_target(told)} for {asked['for']}",
        f"Asked       {asked['at']} by {asked['by']}: {asked['justification']}",
        f"Agreed      {agreed or 'nobody had to'}",
        f"Owed        {told['owed']['starts_at']} to {told['owed']['ends_at']}",
        f"Over        {over['at']}: {reason}, {over['outcome']}",
        f"Access over {told['access_over_at'] or 'nobody can tell'}",
    ]
    return [clean(line) for line in lines]


def _target(told: Mapping[str, Any]) -> str:
    names = (("account_name", "account_id"), ("permission_set_name", "permission_set_arn"))
    return "/".join(str(told.get(name) or told[known]) for name, known in names)
