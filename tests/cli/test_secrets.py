"""Nothing that the command line says repeats a secret of its environment."""

import json

from protem.broker import credentials
from tests.cli.conftest import Invoke

MARK = "canary7f3a9"
TOKEN = credentials.PREFIX + MARK.ljust(36, "0")


def test_a_password_in_an_address_is_not_repeated(invoke: Invoke) -> None:
    env = {"PROTEM_URL": f"http://me:{MARK}@127.0.0.1:1", "PROTEM_TOKEN": TOKEN}
    result = invoke("whoami", env=env)
    assert "unreachable" in result.stderr
    assert MARK not in result.stderr + result.stdout


def test_no_command_repeats_the_secrets_of_its_environment(invoke: Invoke) -> None:
    env = {
        "PROTEM_DATABASE_URL": f"postgresql://protem:{MARK}@127.0.0.1:1/protem",
        "PROTEM_TOKEN": TOKEN,
        "PROTEM_OIDC_CLIENT_SECRET": MARK,
        "PROTEM_PORT": MARK,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    for command in (["migrate"], ["tokens", "list"], ["doctor", "--json"], ["serve"], ["reconcile"]):
        for changed in (env, {**env, "PROTEM_PORT": "8000"}):
            result = invoke(*command, env=changed)
            said = result.stdout + result.stderr
            assert MARK not in said, (command, said)
            if command[0] == "doctor":
                assert json.loads(result.stdout)["findings"]
