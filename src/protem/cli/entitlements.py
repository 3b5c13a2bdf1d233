"""`protem entitlements`: check a file here, plan and apply it over the API."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typer import Typer, confirm

from protem.broker import documents
from protem.cli import options, output
from protem.cli.client import Client, connect
from protem.cli.failures import Failure
from protem.cli.group import Commands
from protem.domain.errors import FieldError

app = Typer(
    cls=Commands,
    add_completion=False,
    help="Who may have what: check a file, see what it changes, put it in force.",
)

_NAME_OVER_HTTP = "entitlements.yaml:"


@app.command()
def check(file: options.File) -> None:
    """Look for mistakes in a file, without asking anybody."""
    document = documents.parse(options.document(file), file=str(file))
    count = len(document.entitlements)
    output.say(
        f"{output.clean(file)}: {count} {'entitlement' if count == 1 else 'entitlements'}, nothing wrong."
    )


@app.command()
def plan(file: options.File, *, as_json: options.AsJson = False) -> None:
    """Show what applying a file would change."""
    with connect() as client:
        found = _plan(client, file)
    if as_json:
        output.show_json(found)
    else:
        output.say(*_differences(found))


@app.command()
def apply(file: options.File, *, yes: options.Yes = False, as_json: options.AsJson = False) -> None:
    """Put a file in force, whole, if nothing was applied since its plan was made."""
    with connect() as client:
        found = _plan(client, file)
        for line in _differences(found):
            (output.warn if as_json else output.say)(line)
        if not found["unchanged"] and not yes:
            confirm("Apply?", abort=True, err=as_json)
        answer = _send(client, "apply", file, headers={"If-Match": f'"{found["base_version"]}"'})
    if as_json:
        output.show_json(answer)
    else:
        output.say(f"Version {answer['version']} is in force.")


def _plan(client: Client, file: Path) -> Any:
    return _send(client, "plan", file)


def _send(client: Client, verb: str, file: Path, *, headers: dict[str, str] | None = None) -> Any:
    path = f"/v1/entitlements/{verb}"
    try:
        return client.send("POST", path, document=options.document(file), headers=headers).json()
    except Failure as failure:
        raise _named(failure, file) from None


def _named(failure: Failure, file: Path) -> Failure:
    """Return the failure with the name of the file, which the API does not learn, in its messages."""
    errors = [
        FieldError(error.field, f"{file}:{error.message.removeprefix(_NAME_OVER_HTTP)}")
        if error.message.startswith(_NAME_OVER_HTTP)
        else error
        for error in failure.errors
    ]
    detail = failure.detail.replace(_NAME_OVER_HTTP.removesuffix(":"), str(file))
    return Failure(failure.code, detail, errors=errors, leaving=failure.leaving)


def _differences(plan: Any) -> Iterator[str]:
    if plan["unchanged"]:
        yield f"Version {plan['base_version']} means the same; nothing would change."
    yield from (f"+ {output.clean(name)}" for name in plan["added"])
    yield from (f"- {output.clean(name)}" for name in plan["removed"])
    for changed in plan["changed"]:
        yield f"~ {output.clean(changed['name'])}"
        for field in changed["fields"]:
            yield f"    {output.clean(field['field'])}: {_value(field['before'])} -> {_value(field['after'])}"
    yield from (f"! {output.clean(warning)}" for warning in plan["warnings"])


def _value(value: Any) -> str:
    match value:
        case None:
            return "nothing"
        case list():
            return f"[{', '.join(output.clean(item) for item in value)}]"
        case bool():
            return str(value).lower()
        case _:
            return output.clean(value)
