"""`protem iam-policy`: what the reconciler's role may do in AWS, made from what the code can call."""

from enum import StrEnum
from typing import Annotated

from typer import BadParameter, Option

from protem.cli.failures import Failure
from protem.cli.output import show_json
from protem.identity_center import iam


class Deployment(StrEnum):
    """Where the reconciler's role lives."""

    MANAGEMENT = "management"
    DELEGATED = "delegated"


def _tag(text: str | None) -> tuple[str, str] | None:
    if text is None:
        return None
    name, found, value = text.partition("=")
    if not found or not name:
        raise BadParameter("write a tag as NAME=VALUE")
    return name, value


def iam_policy(
    *,
    deployment: Annotated[Deployment, Option(help="The account of the role.")] = Deployment.DELEGATED,
    instance: Annotated[
        str, Option(metavar="ARN", help="The Identity Center instance; any if left out.")
    ] = "arn:aws:sso:::instance/*",
    identity_store: Annotated[str, Option(metavar="ID", help="Its identity store; any if left out.")] = "*",
    account: Annotated[
        list[str] | None, Option(metavar="ID", help="An account to give access to, repeatable; else all.")
    ] = None,
    tag: Annotated[
        str | None, Option(metavar="NAME=VALUE", help="Give out permission sets with this tag only.")
    ] = None,
    management_account: Annotated[
        str | None, Option(metavar="ID", help="Where nothing may ever be assigned.")
    ] = None,
    kms_key: Annotated[
        str | None, Option(metavar="ARN", help="The key, if Identity Center is encrypted with yours.")
    ] = None,
    guard_rail: Annotated[
        str | None,
        Option(metavar="PREFIX", help="Print instead a service control policy for these permission sets."),
    ] = None,
) -> None:
    """Print the least that the reconciler's role needs, for AWS; it asks nobody."""
    partition, instance_id = _instance(instance)
    if guard_rail is not None:
        show_json(iam.guard_rail(prefix=guard_rail, partition=partition))
        return
    if deployment is Deployment.MANAGEMENT and management_account is None:
        raise Failure.usage(
            "a role in the management account could assign there too: "
            "name that account with --management-account, so that the policy denies it"
        )
    show_json(
        iam.role_policy(
            iam.Reach(
                partition=partition,
                instance=instance_id,
                store=identity_store,
                accounts=tuple(account or ()),
                tag=_tag(tag),
                management_account=management_account,
                kms_key=kms_key,
            )
        )
    )


def _instance(arn: str) -> tuple[str, str]:
    parts = arn.split(":")
    if len(parts) != 6 or not parts[5].startswith("instance/"):  # noqa: PLR2004 - the parts of an ARN
        raise BadParameter("an instance looks like arn:aws:sso:::instance/ssoins-0123456789abcdef")
    return parts[1], parts[5].removeprefix("instance/")
