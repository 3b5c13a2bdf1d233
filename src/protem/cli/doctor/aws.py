"""AWS: who we are there, which instance there is, and what we may do."""

from collections.abc import Iterator

from protem.cli.doctor.database import clock_finding
from protem.cli.doctor.findings import Finding, Part
from protem.clock import SystemClock
from protem.identity_center.aws import make_believe, sessions
from protem.identity_center.aws.rights import Examination, Right, Verdict
from protem.identity_center.errors import GatewayError
from protem.identity_center.permissions import Use
from protem.settings import Settings

PART = Part("aws")

_POLICY = "`protem iam-policy` prints what the role needs"


def examine(settings: Settings) -> Iterator[Finding]:
    """Look with the credentials, region and endpoints that boto3 finds."""
    session = sessions.ambient()
    if session.get_credentials() is None:
        yield PART.unchecked("boto3 finds no credentials: only the process that reconciles needs any")
        return
    if session.region_name is None:
        yield PART.bad("no region: set AWS_DEFAULT_REGION to the instance's primary one")
        return
    yield from findings(
        Examination(
            session,
            SystemClock(),
            instance=settings.identity_center_instance,
            allow_sandbox=settings.allow_sandbox,
        )
    )


def findings(examination: Examination) -> Iterator[Finding]:
    """Yield what one examination tells."""
    try:
        account, arn = examination.identity()
    except GatewayError as failure:
        yield PART.bad(
            f"AWS does not say who we are ({failure.code}): look at the credentials, and the way to AWS"
        )
        return
    yield PART.good(f"we are {arn}")
    reads = list(examination.reads())
    if any(right.message == make_believe.SENTENCE for right in reads):
        yield PART.bad(make_believe.SENTENCE)
        return
    if (offset := examination.offset()) is not None:
        yield clock_finding("AWS's", abs(offset.total_seconds()))
    yield from _instance(examination)
    yield from _deployment(examination, account)
    yield from _of_reads(reads)
    yield from _of_writes(list(examination.writes(arn)))


def _instance(examination: Examination) -> Iterator[Finding]:
    known, region = examination.known, examination.session.region_name
    if known.instances is None:
        return
    if not known.instances:
        yield PART.bad(
            f"there is no Identity Center instance in {region}: AWS_DEFAULT_REGION has to be its primary"
        )
    elif known.instance is None:
        arns = ", ".join(arn for arn, _ in known.instances)
        yield PART.bad(f"there are several instances, set PROTEM_IDENTITY_CENTER_INSTANCE to one of {arns}")
    elif known.store is None:
        yield PART.bad(f"PROTEM_IDENTITY_CENTER_INSTANCE is none of those in {region}")
    else:
        yield PART.good(f"the instance is {known.instance}, in {region}")


def _deployment(examination: Examination, account: str) -> Iterator[Finding]:
    management = examination.known.management_account
    if management is None:
        yield PART.unchecked("whether this is the management account: AWS does not say")
    elif management == account:
        yield PART.warning(
            "this is the management account: from a delegated administrator account, a stolen role does less"
        )
    else:
        yield PART.good("this is not the management account")


def _of_reads(rights: list[Right]) -> Iterator[Finding]:
    for right in rights:
        action = right.permission.action
        if right.verdict is Verdict.DENIED:
            yield PART.bad(f"{action} is denied ({right.permission.why}): {_POLICY}")
        elif right.verdict is Verdict.UNKNOWN:
            yield PART.unchecked(f"{action}: {right.message}")
    allowed = sum(right.verdict is Verdict.ALLOWED for right in rights)
    if allowed:
        yield PART.good(f"{allowed} of {len(rights)} reads are allowed")


def _of_writes(rights: list[Right]) -> Iterator[Finding]:
    for right in rights:
        action = right.permission.action
        match right.verdict:
            case Verdict.ALLOWED:
                yield PART.good(f"{action} is allowed, as IAM simulates it")
            case Verdict.UNKNOWN:
                yield PART.unchecked(f"{action}: {right.message}; it is not tried, because it writes")
            case Verdict.DENIED if right.permission.use is Use.END:
                yield PART.bad(f"{action}: {right.message}: access could not be ended; {_POLICY}")
            case Verdict.DENIED:
                yield PART.warning(f"{action}: {right.message}; all is well if your policy means that")
