"""`protem doctor`: one line for each thing that was looked at."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from typer import Exit as Leave

from protem.cli import environment, options, output
from protem.cli.doctor import aws, configuration, database, entitlements, identity, record
from protem.cli.doctor.findings import Finding, Part, Verdict, guarded
from protem.cli.failures import Exit, Failure
from protem.settings import Settings

_STYLES: Mapping[Verdict, str] = {
    Verdict.GOOD: "green",
    Verdict.WARNING: "yellow",
    Verdict.BAD: "bold red",
    Verdict.UNCHECKED: "dim",
}

Examine = Callable[[Settings], Iterator[Finding]]

_PARTS: tuple[tuple[Part, Examine], ...] = (
    (configuration.PART, configuration.examine),
    (database.PART, database.examine),
    (record.PART, record.examine),
    (identity.PART, identity.examine),
    (entitlements.PART, entitlements.examine),
    (aws.PART, aws.examine),
)


def doctor(*, as_json: options.AsJson = False) -> None:
    """Look at configuration, clock, database, record and AWS rights, and say what to do; changes nothing."""
    findings = []
    for finding in _examined():
        findings.append(finding)
        if not as_json:
            _show(finding)
    if as_json:
        output.show_json({"findings": [_as_json(finding) for finding in findings]})
    if any(finding.verdict is Verdict.BAD for finding in findings):
        raise Leave(int(Exit.REFUSED))


def _examined() -> Iterator[Finding]:
    try:
        settings = environment.load()
    except Failure as failure:
        for error in failure.errors:
            yield configuration.PART.bad(f"{error.field}: {error.message}")
        return
    for part, examine in _PARTS:
        yield from guarded(part, partial(examine, settings))


def _show(finding: Finding) -> None:
    line = f"{finding.verdict:<11}  {finding.part:<13}  {output.clean(finding.sentence)}"
    output.paint(line, style=_STYLES[finding.verdict])


def _as_json(finding: Finding) -> dict[str, str]:
    return {"part": finding.part, "verdict": finding.verdict.value, "sentence": finding.sentence}
