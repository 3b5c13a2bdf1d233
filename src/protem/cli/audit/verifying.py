"""`protem audit verify`: whether a copy of the record is what was signed, without asking anybody."""

import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, BinaryIO

from typer import Argument, BadParameter, Option

from protem.broker.record.faults import Fault
from protem.broker.record.signing import KeyUnusable, PublicKey, known
from protem.broker.record.verifying import Report, split
from protem.broker.record.verifying import verify as check
from protem.cli import options, output
from protem.cli.failures import Failure

Copy = Annotated[Path, Argument(metavar="FILE", help="What `protem audit export` gave; - is standard input.")]
Keys = Annotated[
    list[Path],
    Option("--key", metavar="PEM", help="A public key that you trust, as `protem audit key` prints it."),
]
Checkpoints = Annotated[
    list[str] | None,
    Option("--checkpoint", metavar="FILE|JSON", help="Of `GET /v1/audit-checkpoints`, kept elsewhere."),
]


def verify(path: Copy, *, key: Keys, checkpoint: Checkpoints = None, as_json: options.AsJson = False) -> None:
    """Check a copy of the record offline, and name the first thing that is wrong with it."""
    keys = known(map(_key, key))
    kept = [signed for given in checkpoint or () for signed in _checkpoints(given)]
    try:
        with sys.stdin.buffer if str(path) == "-" else path.open("rb") as file:
            report = _checked(file, keys=keys, checkpoints=kept)
    except OSError as error:
        raise BadParameter(f"{path} cannot be read: {error.strerror}") from None
    if as_json:
        output.show_json(asdict(report))
        return
    output.say(*map(output.clean, (*_proved(report), "", *_not_proved(report))))


def _checked(file: BinaryIO, **given: Any) -> Report:
    report = check(split(file), **given)
    if report.fault is not None:
        raise Failure(report.fault.damage.value, _told(report.fault))
    if given["checkpoints"] and not report.covered:
        message = "the copy is in order by itself, but none of the checkpoints is about what it holds"
        raise Failure("not-covered", message)
    return report


def _told(fault: Fault) -> str:
    line = f"line {fault.line}" if fault.line is not None else ""
    event = f"event {fault.sequence}" if fault.sequence is not None else ""
    where = ", ".join(part for part in (line, event) if part)
    return f"{where}: {fault.message}" if where else fault.message


def _proved(report: Report) -> Iterator[str]:
    yield f"In order: {_range(report)} of log {report.log}."
    yield ""
    yield f"Proved, by the key {report.key_id}, which signed it as it was at {report.exported_at}:"
    yield "  since then nothing was altered, removed, inserted or put in another order;"
    for sequence in sorted(report.covered):
        yield f"  up to event {sequence} it is the record that a checkpoint was signed for."
    for first, last in report.dropped:
        yield f"  Events {first} to {last} were dropped by retention: only their last hash is left."
    if report.stones:
        yield f"  {report.stones} events were gone from the database before they were sealed; see their kind."


def _not_proved(report: Report) -> Iterator[str]:
    yield "Not proved:"
    if not report.covered:
        yield "  that nobody who owns the database has written it all anew, before that, and had it signed:"
        yield "  give a --checkpoint kept elsewhere;"
    elif max(report.covered) < report.last:
        yield f"  that nobody who owns the database wrote anew what follows event {max(report.covered)};"
    for sequence in sorted(report.not_covered):
        yield f"  the checkpoint for event {sequence}, which is not about what this copy holds;"
    if report.first > 1:
        yield f"  anything about the events before {report.first};"
    yield f"  anything about what came after event {report.last};"
    yield "  that what was recorded is what happened: a second passes between an event and its seal."


def _range(report: Report) -> str:
    if not report.events and not report.dropped:
        return f"no events, from number {report.first} on,"
    return f"{report.events} events, {report.first} to {report.last},"


def _key(path: Path) -> PublicKey:
    try:
        return PublicKey.read(path.read_bytes())
    except OSError as error:
        raise BadParameter(f"{path} cannot be read: {error.strerror}") from None
    except KeyUnusable as unusable:
        raise BadParameter(f"{path}: {unusable}") from None


def _checkpoints(given: str) -> list[dict[str, Any]]:
    text = given
    if not given.lstrip().startswith(("{", "[")):
        try:
            text = Path(given).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            raise BadParameter(f"{given} is neither JSON nor a file that can be read") from None
    found = list(_listed(_values(text)))
    if not found or not all(isinstance(one, dict) for one in found):
        raise BadParameter("this holds no checkpoint, as `GET /v1/audit-checkpoints` gives them")
    return found


def _values(text: str) -> Iterable[Any]:
    try:
        return [json.loads(text)]
    except (ValueError, RecursionError):
        pass
    try:
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    except (ValueError, RecursionError):
        raise BadParameter("this is not JSON") from None


def _listed(values: Iterable[Any]) -> Iterator[Any]:
    """Take checkpoints out of pages and lists of them."""
    for value in values:
        inner = value.get("items") if isinstance(value, dict) else value
        yield from inner if isinstance(inner, list) else [value]
