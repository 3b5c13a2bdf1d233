"""The doctor looks at everything, stumbles over nothing, and says what to do."""

import json
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from sqlalchemy import create_engine, text

from protem.cli.doctor import aws as aws_part
from protem.cli.doctor import configuration, database, identity
from protem.cli.doctor.findings import Finding, Part, Verdict, guarded
from protem.cli.listening import listening
from protem.identity_center.aws.rights import Examination
from protem.identity_provider.network import Answer, UnreachableError
from protem.sandbox import Fault, Sandbox, seed_demo
from protem.sandbox.mounts.hook import Body
from protem.sandbox.server import server as server_of
from protem.settings import Settings
from tests.cli.conftest import Invoke
from tests.clocks import ManualClock
from tests.identity_center.sessions import session_of_nobody

DENIED = Fault.refuse("AccessDeniedException", "You do not have permission.")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def sandbox(clock: ManualClock) -> Sandbox:
    made = Sandbox(clock=clock)
    seed_demo(made)
    return made


@pytest.fixture
def session(sandbox: Sandbox) -> boto3.Session:
    made = session_of_nobody()
    sandbox.mount(made)
    return made


def told(findings: Iterator[Finding], verdict: Verdict) -> list[str]:
    return [finding.sentence for finding in findings if finding.verdict is verdict]


def test_everything_that_is_well_is_said_to_be(session: boto3.Session, clock: ManualClock) -> None:
    found = list(aws_part.findings(Examination(session, clock)))
    assert told(iter(found), Verdict.BAD) == []
    good = " ".join(told(iter(found), Verdict.GOOD))
    assert "25 of 25 reads are allowed" in good
    assert "not the management account" in good
    assert "AWS's clock and ours agree" in good


def test_a_right_that_was_taken_away_is_named(
    session: boto3.Session, sandbox: Sandbox, clock: ManualClock
) -> None:
    sandbox.faults.order(DENIED, operation="ListAccountAssignments", times=None)
    (bad,) = told(aws_part.findings(Examination(session, clock)), Verdict.BAD)
    assert "sso:ListAccountAssignments is denied (who holds what" in bad
    assert "protem iam-policy" in bad


def test_without_any_right_it_still_comes_to_an_end(
    session: boto3.Session, sandbox: Sandbox, clock: ManualClock
) -> None:
    sandbox.faults.order(DENIED, times=None, when=lambda asked: True)
    assert any(
        "AWS does not say who we are" in one
        for one in told(aws_part.findings(Examination(session, clock)), Verdict.BAD)
    )


def test_a_clock_that_is_off_is_bad(clock: ManualClock) -> None:
    session = session_of_nobody()
    sandbox = Sandbox(clock=clock, date_skew_seconds=90)
    seed_demo(sandbox)
    sandbox.mount(session)
    (bad,) = told(aws_part.findings(Examination(session, clock)), Verdict.BAD)
    assert "AWS's clock and ours are 89.6 seconds apart" in bad


def test_the_management_account_is_warned_of(clock: ManualClock) -> None:
    session = session_of_nobody()
    sandbox = Sandbox(clock=clock, delegated_administrator=None)
    seed_demo(sandbox)
    sandbox.mount(session)
    (warned,) = told(aws_part.findings(Examination(session, clock)), Verdict.WARNING)
    assert "this is the management account" in warned


def test_an_instance_that_is_not_there_is_bad(session: boto3.Session, clock: ManualClock) -> None:
    other = "arn:aws:sso:::instance/ssoins-aaaaaaaaaaaaaaaa"
    bad = told(aws_part.findings(Examination(session, clock, instance=other)), Verdict.BAD)
    assert any("PROTEM_IDENTITY_CENTER_INSTANCE is none of those" in one for one in bad)


def simulating(session: boto3.Session, decisions: dict[str, str]) -> list[str]:
    """Have IAM decide like this for each action; return the principals that are asked about."""
    asked: list[str] = []

    def answer(request: Any, **_: Any) -> AWSResponse | None:
        sent = request.body if isinstance(request.body, str) else request.body.decode()
        if "SimulatePrincipalPolicy" not in sent:
            return None
        asked.append(sent)
        action = next(name for name in decisions if name.replace(":", "%3A") in sent)
        xml = (
            '<SimulatePrincipalPolicyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">'
            "<SimulatePrincipalPolicyResult><IsTruncated>false</IsTruncated><EvaluationResults><member>"
            f"<EvalActionName>{action}</EvalActionName><EvalResourceName>*</EvalResourceName>"
            f"<EvalDecision>{decisions[action]}</EvalDecision></member></EvaluationResults>"
            "</SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>"
        )
        body: Any = Body(xml.encode())
        headers: Any = {"Content-Type": "text/xml"}
        return AWSResponse(request.url, 200, headers, body)

    events: Any = session.events
    events.register_first("before-send.iam", answer)
    return asked


def test_writes_are_simulated_for_the_role_and_never_tried(
    session: boto3.Session, sandbox: Sandbox, clock: ManualClock
) -> None:
    asked = simulating(
        session, {"sso:CreateAccountAssignment": "allowed", "sso:DeleteAccountAssignment": "implicitDeny"}
    )
    found = list(aws_part.findings(Examination(session, clock)))
    assert "sso:CreateAccountAssignment is allowed, as IAM simulates it" in told(iter(found), Verdict.GOOD)
    (bad,) = told(iter(found), Verdict.BAD)
    assert bad.startswith("sso:DeleteAccountAssignment: IAM would not allow it")
    assert all("arn%3Aaws%3Aiam%3A%3A222233334444%3Arole%2Fprotem" in one for one in asked)
    tried = {call.operation for call in sandbox.calls.all()}
    assert not tried & {"CreateAccountAssignment", "DeleteAccountAssignment"}


def test_what_cannot_be_simulated_is_said_not_to_be_checked(
    session: boto3.Session, clock: ManualClock
) -> None:
    unchecked = told(aws_part.findings(Examination(session, clock)), Verdict.UNCHECKED)
    assert [one.partition(":")[2].partition(":")[0] for one in unchecked] == [
        "CreateAccountAssignment",
        "DeleteAccountAssignment",
    ]


@pytest.mark.parametrize(
    ("settings", "verdict", "said"),
    [
        ({}, Verdict.GOOD, "go together"),
        ({"host": "192.0.2.1"}, Verdict.BAD, "in the clear"),
        ({"tls_terminated": True}, Verdict.WARNING, "PROTEM_TRUSTED_PROXIES is not"),
        ({"trusted_proxies": ("0.0.0.0/0",)}, Verdict.BAD, "pretend to call from any address"),
        ({"allow_sandbox": True}, Verdict.WARNING, "PROTEM_ALLOW_SANDBOX"),
        ({"two_person_rule": False}, Verdict.WARNING, "PROTEM_TWO_PERSON_RULE"),
        ({"webhook_networks": ("10.0.0.0/8",)}, Verdict.WARNING, "10.0.0.0/8"),
        ({"events_file": Path("/no/such/folder/events")}, Verdict.BAD, "PROTEM_EVENTS_FILE"),
        ({"events_file": Path("/")}, Verdict.BAD, "PROTEM_EVENTS_FILE"),
        ({"events_file": Path("/" + "n" * 300)}, Verdict.BAD, "PROTEM_EVENTS_FILE"),
    ],
)
def test_settings_that_are_risky_are_named(settings: dict[str, Any], verdict: Verdict, said: str) -> None:
    assert any(said in one for one in told(configuration.examine(Settings(**settings)), verdict))


ISSUER = "https://login.example.com"
KEY = {"kty": "OKP", "crv": "Ed25519", "kid": "1", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}


@dataclass(frozen=True)
class Provider:
    """An identity provider that answers like this, and is down where it has nothing to say."""

    answers: dict[str, dict[str, Any]]

    def get(self, url: str) -> Answer:
        if url not in self.answers:
            raise UnreachableError("there was no answer: ConnectError")
        return Answer(200, self.answers[url])

    def post(self, url: str, form: Any, *, basic: Any = None) -> Answer:
        raise AssertionError(url)


def provider(**changes: Any) -> Provider:
    document = {"issuer": ISSUER, "jwks_uri": f"{ISSUER}/keys", **changes}
    return Provider(
        {f"{ISSUER}/.well-known/openid-configuration": document, f"{ISSUER}/keys": {"keys": [KEY]}}
    )


def with_provider(**settings: Any) -> Settings:
    return Settings(oidc_issuer=ISSUER, oidc_audience="protem", oidc_algorithms=("EdDSA",), **settings)


def test_an_identity_provider_that_is_well_is_said_to_be() -> None:
    found = list(identity.examine(with_provider(), fetch=provider()))
    assert [one.verdict for one in found] == [Verdict.GOOD, Verdict.GOOD]
    assert [one.verdict for one in identity.examine(Settings())] == [Verdict.GOOD]


@pytest.mark.parametrize(
    ("answering", "settings", "said"),
    [
        (Provider({}), {}, "there was no answer"),
        (provider(issuer="https://other.example.com"), {}, "names another issuer"),
        (provider(jwks_uri=f"{ISSUER}/none"), {}, "there was no answer"),
        (provider(jwks_uri="http://other.example.com/keys"), {}, "jwks_uri"),
        (
            provider(),
            {"public_url": "https://protem.example.com", "oidc_client_id": "web"},
            "no place to log in",
        ),
    ],
)
def test_an_identity_provider_that_is_not_well_is_named(
    answering: Provider, settings: dict[str, Any], said: str
) -> None:
    bad = told(identity.examine(with_provider(**settings), fetch=answering), Verdict.BAD)
    assert any(said in one for one in bad)


def test_keys_that_fit_nothing_are_bad() -> None:
    settings = Settings(oidc_issuer=ISSUER, oidc_audience="protem", oidc_algorithms=("RS256",))
    (bad,) = told(identity.examine(settings, fetch=provider()), Verdict.BAD)
    assert "no key for RS256" in bad


def of(url: str) -> Settings:
    return Settings(database_url=url)


def test_a_database_that_is_well_is_said_to_be(database_url: str) -> None:
    found = list(database.examine(of(database_url)))
    assert "it answers, and has the schema of this version" in told(iter(found), Verdict.GOOD)
    assert told(iter(found), Verdict.BAD) == []


def test_a_database_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    (bad,) = told(database.examine(of(f"sqlite:///{tmp_path}/none.db")), Verdict.BAD)
    assert "protem migrate" in bad
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_does_not_answer_is_bad_and_its_password_stays_secret() -> None:
    (bad,) = told(database.examine(of("postgresql://protem:hunter2@127.0.0.1:1/protem")), Verdict.BAD)
    assert "does not answer" in bad
    assert "hunter2" not in bad


def test_an_old_schema_is_bad(sqlite_url: str) -> None:
    engine = create_engine(sqlite_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'old'"))
    engine.dispose()
    (bad,) = told(database.examine(of(sqlite_url)), Verdict.BAD)
    assert "run `protem migrate`" in bad


def test_a_file_that_others_can_read_is_bad(sqlite_url: str) -> None:
    Path(sqlite_url.removeprefix("sqlite:///")).chmod(0o644)
    (bad,) = told(database.examine(of(sqlite_url)), Verdict.BAD)
    assert "chmod 600" in bad


def test_a_clock_that_differs_from_the_databases_is_bad() -> None:
    assert database.clock_finding("the database's", 2.5).verdict is Verdict.BAD
    assert database.clock_finding("the database's", 1.5).verdict is Verdict.GOOD


def test_whatever_it_stumbles_over_is_a_finding_without_its_words() -> None:
    def stumbles() -> Iterator[Finding]:
        yield Part("x").good("so far")
        raise ValueError("hunter2")

    found = list(guarded(Part("x"), stumbles))
    assert [finding.verdict for finding in found] == [Verdict.GOOD, Verdict.BAD]
    assert "hunter2" not in found[1].sentence


@pytest.fixture
def aws() -> Iterator[dict[str, str]]:
    """A sandbox on a port, as the environment that leads boto3 there."""
    sandbox = Sandbox()
    seed_demo(sandbox)
    server = server_of(sandbox=sandbox)
    with listening("127.0.0.1", 0) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{listener.getsockname()[1]}",
            "AWS_DEFAULT_REGION": "eu-central-1",
            "AWS_ACCESS_KEY_ID": "sandbox",
            "AWS_SECRET_ACCESS_KEY": "sandbox",
        }
        server.should_exit = True
        thread.join(timeout=30)


def test_the_command_says_all_of_it_line_by_line(
    invoke: Invoke, sqlite_url: str, aws: dict[str, str]
) -> None:
    env = {"PROTEM_DATABASE_URL": sqlite_url, "PROTEM_ALLOW_SANDBOX": "true", **aws}
    result = invoke("doctor", env=env)
    assert result.exit_code == 0, result.stdout
    parts = {line[13:26].strip() for line in result.stdout.splitlines()}
    assert {"configuration", "database", "record", "entitlements", "catalogue", "aws", "clock"} <= parts


def test_the_command_fails_where_anything_is_bad(
    invoke: Invoke, sqlite_url: str, aws: dict[str, str]
) -> None:
    result = invoke("doctor", "--json", env={"PROTEM_DATABASE_URL": sqlite_url, **aws})
    assert result.exit_code == 1
    bad = [one for one in json.loads(result.stdout)["findings"] if one["verdict"] == "bad"]
    assert [(one["part"], "a sandbox answers" in one["sentence"]) for one in bad] == [("aws", True)]


def test_settings_that_cannot_be_read_are_findings(invoke: Invoke) -> None:
    result = invoke("doctor", "--json", env={"PROTEM_PORT": "http", "PROTEM_CALL_RATE": "1000"})
    assert result.exit_code == 1
    named = [one["sentence"].partition(":")[0] for one in json.loads(result.stdout)["findings"]]
    assert named == ["PROTEM_PORT", "PROTEM_CALL_RATE"]


def test_nothing_is_looked_up_where_there_are_no_credentials(invoke: Invoke, sqlite_url: str) -> None:
    env = {"PROTEM_DATABASE_URL": sqlite_url, "AWS_EC2_METADATA_DISABLED": "true", "HOME": os.devnull}
    found = json.loads(invoke("doctor", "--json", env=env).stdout)["findings"]
    assert [one["verdict"] for one in found if one["part"] == "aws"] == ["not checked"]
