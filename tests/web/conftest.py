"""A browser in front of Protem, and a real identity provider behind both."""

import base64
import hashlib
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest
from fastapi.testclient import TestClient

from protem import identifying
from protem.app import create_app
from protem.settings import Settings
from tests.api.applications import Parts
from tests.broker.worlds import World
from tests.cli.processes import free_port
from tests.clocks import ManualClock

PROGRAM = Path(__file__).parents[1] / "identity_provider" / "provider_process.py"
PUBLIC_URL = "https://protem.example.com"
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
COOKIE, FLOW_COOKIE = "__Host-protem", "__Host-protem-login"


@dataclass(frozen=True)
class Provider:
    """The provider's process; anybody can log in there as anybody."""

    issuer: str

    def knows(self, subject: str, **claims: Any) -> None:
        """Have the provider say this of somebody from now on."""
        httpx2.put(f"{self.issuer}/users/{subject}", json=claims).raise_for_status()

    def token(self, subject: str, *, client: str = "protem-web") -> str:
        """Return an ID token of somebody, as a program of theirs gets it."""
        verifier = "a-verifier-of-forty-three-characters-or-more."
        digest = hashlib.sha256(verifier.encode()).digest()
        asked = {
            "response_type": "code",
            "client_id": client,
            "redirect_uri": "http://127.0.0.1/done",
            "scope": "openid email",
            "nonce": secrets.token_hex(),
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        back = self.answer(f"{self.issuer}/oauth2/authorize?{urlencode(asked)}", subject)
        form = {
            "grant_type": "authorization_code",
            "code": parse_qs(urlsplit(back).query)["code"][0],
            "redirect_uri": asked["redirect_uri"],
            "code_verifier": verifier,
        }
        answer = httpx2.post(f"{self.issuer}/oauth2/token", data=form, auth=(client, "a secret"))
        return str(answer.raise_for_status().json()["id_token"])

    def answer(self, address: str, subject: str | None) -> str:
        """Log in at ``address`` as ``subject``, or decide against it; return where the browser is sent."""
        form = {"sub": subject} if subject else {"action": "deny"}
        answer = httpx2.post(address, data=form)
        assert answer.status_code == 302, answer.text
        return str(answer.headers["Location"])


@pytest.fixture(scope="session")
def provider_issuer() -> Iterator[str]:
    port = free_port()
    program = [sys.executable, str(PROGRAM), str(port)]
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    with subprocess.Popen(
        program, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
    ) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == b"ready\n"
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


@pytest.fixture
def provider(provider_issuer: str) -> Provider:
    provider = Provider(provider_issuer)
    for name in ("alice", "bob"):
        provider.knows(name, email=f"{name}@example.com", email_verified=True)
    return provider


@pytest.fixture
def world(sqlite_url: str) -> Iterator[World]:
    """An organization, at the time of the provider's process, whose clock nobody can set."""
    world = World(sqlite_url, clock=ManualClock(datetime.now(UTC)))
    yield world
    world.store.close()


@dataclass
class Site:
    """Protem, and one browser that looks at it."""

    world: World
    provider: Provider
    parts: Parts
    browser: TestClient

    def begin(self, path: str = "/login") -> str:
        """Begin a login; return the address at the provider."""
        answer = self.browser.get(path)
        assert answer.status_code == 303
        return str(answer.headers["Location"])

    def come_back(self, address: str) -> httpx2.Response:
        """Have the browser follow the provider's redirect to us."""
        parts = urlsplit(address)
        return self.browser.get(f"{parts.path}?{parts.query}")

    def log_in(self, subject: str = "alice", path: str = "/login") -> httpx2.Response:
        """Log somebody in, all the way."""
        return self.come_back(self.provider.answer(self.begin(path), subject))

    def another_browser(self) -> "Site":
        """Return the same site in a browser that knows nothing of this one."""
        return Site(self.world, self.provider, self.parts, browsing(self.browser.app))


def browsing(app: Any) -> TestClient:
    return TestClient(app, base_url=PUBLIC_URL, follow_redirects=False)


def settings(**changes: Any) -> Settings:
    usual: dict[str, Any] = {
        "two_person_rule": False,
        "public_url": PUBLIC_URL,
        "oidc_client_id": "protem-web",
        "oidc_client_secret": "a secret: with / signs",
        "oidc_audience": "protem-web",
    }
    return Settings(**{**usual, **changes})


@pytest.fixture
def site(world: World, provider: Provider) -> Iterator[Site]:
    chosen = settings(oidc_issuer=provider.issuer)
    parts = Parts(world.store, settings=chosen, admission=identifying.admission(chosen))
    parts.identity_provider = identifying.provider(chosen, clock=world.clock)
    browser = browsing(create_app(parts))
    with browser:
        yield Site(world, provider, parts, browser)
