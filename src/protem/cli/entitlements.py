"""`protem entitlements`: check a file here, plan and apply it over the API, read older versions."""

from pathlib import Path
from typing import Annotated, Any

from typer import Argument, Option, Typer, confirm

from protem.broker import documents
from protem.broker.documents import differences, schema
from protem.cli import offers, options, output, plans
from protem.cli.changes import waits
from protem.cli.client import Client, connect
from protem.cli.failures import Failure
from protem.cli.group import Commands
from protem.domain.errors import FieldError

app = Typer(
    cls=Commands,
    add_completion=False,
    help="Who may have what: check a file, see what it changes, put it in force.",
)

app.command("list")(offers.list_)
app.command("describe")(offers.describe)

_NAME_OVER_HTTP = "entitlements.yaml:"
_STDIN = Path("-")
_SHOWN = ("applied_by", "entitlements", "digest")

Strict = Annotated[bool, Option("--strict", help="Refuse a file about which anything is odd.")]
EndGrants = Annotated[
    bool, Option("--end-grants", help="End what is owed under removed entitlements; else it runs on.")
]
Limit = Annotated[int, Option(min=1, max=10_000, help="How many at most.")]
Version = Annotated[int, Argument(metavar="VERSION", min=1, help="The number of a version.")]


@app.command()
def check(file: options.File, *, strict: Strict = False) -> None:
    """Look for mistakes in a file, without asking anybody; --strict asks the API what is odd about it."""
    text = options.document(file)
    count = len(documents.parse(text, file=str(file)).entitlements)
    if strict:
        with connect() as client:
            _send(client, "plan", file, text, strict=True)
    found = f"{count} {'entitlement' if count == 1 else 'entitlements'}"
    output.say(f"{output.clean(file)}: {found}, nothing wrong{' or odd' if strict else ''}.")


@app.command()
def plan(file: options.File, *, strict: Strict = False, as_json: options.AsJson = False) -> None:
    """Show what applying a file would change, and for whom."""
    text = options.document(file)
    with connect() as client:
        found = _send(client, "plan", file, text, strict=strict)
    if as_json:
        output.show_json(found)
    else:
        plans.show(found)


@app.command()
def apply(
    file: options.File,
    *,
    end_grants: EndGrants = False,
    strict: Strict = False,
    yes: options.Yes = False,
    as_json: options.AsJson = False,
) -> None:
    """Put a file in force, whole, if nothing was applied since its plan was made; it may take two admins."""
    if file == _STDIN and not yes:
        raise Failure.usage("nobody can be asked while the file comes from standard input: add --yes")
    text = options.document(file)
    with connect() as client:
        found = _send(client, "plan", file, text, strict=strict)
        plans.show(found, beside=as_json)
        if not found["unchanged"] and not yes:
            confirm("Apply?", abort=True, err=as_json)
        base = {"If-Match": f'"{found["base_version"]}"'}
        answer = _send(client, "apply", file, text, headers=base, strict=strict, end_grants=end_grants)
    if as_json:
        output.show_json(answer)
    else:
        output.say(*(waits(answer) or plans.outcome(answer)))


@app.command("schema")
def show_schema() -> None:
    """Print the JSON Schema of the file, for editors, without asking anybody."""
    output.show_json(schema.published())


@app.command()
def versions(*, limit: Limit = 20, as_json: options.AsJson = False) -> None:
    """List the versions that were ever in force, the newest first."""
    with connect() as client:
        found = list(client.items("/v1/entitlement-versions", limit=limit))
    if as_json:
        output.show_json(found)
        return
    rows = ([one["version"], output.instant(one["applied_at"]), *(one[c] for c in _SHOWN)] for one in found)
    output.show_table(("VERSION", "APPLIED", "BY", "ENTITLEMENTS", "DIGEST"), rows)


@app.command()
def show(version: Version, *, as_json: options.AsJson = False) -> None:
    """Print the file of a version as it was written; apply it to go back."""
    with connect() as client:
        found = _version(client, version)
    if as_json:
        output.show_json(found)
    else:
        output.write(found["source"])


@app.command()
def diff(before: Version, after: Version) -> None:
    """Show in which fields two versions differ."""
    with connect() as client:
        old, new = (_version(client, version)["document"] for version in (before, after))
    plans.between(differences.between(old, new))


def _version(client: Client, version: int) -> Any:
    return client.get(f"/v1/entitlement-versions/{version}")


def _send(
    client: Client, verb: str, file: Path, text: str, *, headers: dict[str, str] | None = None, **query: bool
) -> Any:
    wanted = {name: "true" for name, value in query.items() if value}
    try:
        path = f"/v1/entitlements/{verb}"
        return client.send("POST", path, document=text, headers=headers, query=wanted).json()
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
