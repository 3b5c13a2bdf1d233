"""`protem sandbox`: an Identity Center of our own, on a port."""

from typing import Annotated

from typer import Option

from protem.cli.failures import Failure
from protem.domain.origins import is_loopback
from protem.sandbox import Sandbox, seed_demo
from protem.sandbox.server import serve

CREDENTIALS = "AWS_ACCESS_KEY_ID=sandbox AWS_SECRET_ACCESS_KEY=sandbox"


def sandbox(
    *,
    port: Annotated[int, Option(help="Where to listen.")] = 9000,
    host: Annotated[str, Option(help="Whom to listen to.")] = "127.0.0.1",
    seed: Annotated[int, Option(help="The same seed gives the same ids.")] = 0,
    expose: Annotated[
        bool, Option("--expose", help="Listen to others too: whoever comes may do everything.")
    ] = False,
    empty: Annotated[bool, Option("--empty", help="Start without the demo organization.")] = False,
    creation_seconds: Annotated[float, Option(help="How long creating an assignment takes.")] = 2,
    deletion_seconds: Annotated[float, Option(help="How long deleting one takes.")] = 5,
) -> None:
    """Run an Identity Center of our own, for the `aws` command line and for Protem."""
    if not expose and not is_loopback(host):
        raise Failure(
            "address-exposed",
            f"{host} can be reached from elsewhere, and a sandbox asks nobody who they are; "
            "listen on 127.0.0.1, or say --expose",
        )
    center = Sandbox(seed=seed, creation_seconds=creation_seconds, deletion_seconds=deletion_seconds)
    if not empty:
        seed_demo(center)
    print(f"export AWS_ENDPOINT_URL=http://{host}:{port} AWS_DEFAULT_REGION=eu-central-1 {CREDENTIALS}")
    print("export PROTEM_ALLOW_SANDBOX=true")
    print(f"# the instance is {center.instance_arn}, its identity store {center.identity_store_id}")
    serve(sandbox=center, host=host, port=port)
