"""A sandbox is told from AWS, so that nobody keeps a record of make-believe."""

import pytest

from protem.identity_center.aws import make_believe
from protem.identity_center.errors import CallRejected
from protem.sandbox import Demo, Sandbox
from protem.sandbox.mounts import asgi
from tests.identity_center.conftest import Connect
from tests.sandbox.test_port import serving


@pytest.mark.parametrize(
    "endpoint", ["http://127.0.0.1:9000", "https://amazonaws.com.evil.example", "https://x"]
)
def test_who_is_at_an_address_that_is_none_of_awss_is_asked(endpoint: str) -> None:
    assert make_believe.is_elsewhere(endpoint)


@pytest.mark.parametrize(
    "endpoint", ["https://sso.eu-central-1.amazonaws.com", "https://sso.cn-north-1.amazonaws.com.cn"]
)
def test_an_address_of_awss_is_believed(endpoint: str) -> None:
    assert not make_believe.is_elsewhere(endpoint)


def test_a_sandbox_on_a_port_says_what_it_is() -> None:
    assert asgi.HEADER.decode() == make_believe.HEADER


def test_nothing_that_a_sandbox_on_a_port_answers_is_taken_for_true(
    connect_to: Connect, demo: Demo, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(sandbox) as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        for refused in (lambda: connect_to().directory.users("d-1234567890"), connect_to().require_aws):
            with pytest.raises(CallRejected) as failure:
                refused()
            assert failure.value.code == "sandbox_refused"
        assert len(connect_to(allow_sandbox=True).directory.instances()) == 1
        connect_to(allow_sandbox=True).require_aws()


def test_what_cannot_be_asked_who_it_is_says_so_later(
    connect_to: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    connect_to(directory_attempts=1).require_aws()
