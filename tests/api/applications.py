"""The application around a world, and callers who hold tokens of every kind."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import httpx2
from fastapi import FastAPI
from fastapi.testclient import TestClient
from prometheus_client import CollectorRegistry

from protem.api.browsers import LOGIN_COOKIE
from protem.app import create_app
from protem.broker import catalogue, logins, tokens
from protem.broker.assertions import Asserted, Matching
from protem.broker.authentication import API_TOKENS, Admission
from protem.broker.callers import CONSOLE
from protem.broker.logins import Logins
from protem.broker.record.signing import SigningKey
from protem.broker.token_terms import Wish
from protem.db.models import TokenRole
from protem.db.store import Store
from protem.identity_provider.provider import IdentityProvider
from protem.identity_provider.values import Assertion
from protem.settings import Settings
from tests.api import contract
from tests.broker.worlds import ALPHA, World, person_id, user_name
from tests.identity_provider.issuing import ISSUER, Issuer

ALONE = Admission(two_persons=False)
"""One admin is enough, as in the demo."""

UNHURRIED: Mapping[str, Any] = {"two_person_rule": False, "rate_limit": 100_000}
"""No test is told to wait, unless that is what it is about."""


@dataclass
class Parts:
    """The services of a process without a reconciler."""

    store: Store
    settings: Settings = field(default_factory=lambda: Settings(waiters_per_caller=2, **UNHURRIED))
    admission: Admission = ALONE
    identity_provider: IdentityProvider | None = None
    signing_key: SigningKey | None = field(default_factory=SigningKey.make)
    metrics: CollectorRegistry = field(default_factory=CollectorRegistry)
    facts: Mapping[str, object] | None = None

    def health(self) -> Mapping[str, object] | None:
        return self.facts


@dataclass
class Client:
    """Somebody who calls; ``headers`` say who."""

    http: TestClient
    headers: Mapping[str, str]

    def get(self, path: str, **others: Any) -> httpx2.Response:
        return self.send("GET", path, **others)

    def post(self, path: str, body: Any = None, **others: Any) -> httpx2.Response:
        return self.send("POST", path, json=body, **others)

    def send(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **others: Any
    ) -> httpx2.Response:
        answer = self.http.request(method, path, headers={**self.headers, **(headers or {})}, **others)
        contract.check(self.http, method, path, answer)
        return answer


class Api:
    """Everybody who could call the application of one world."""

    def __init__(self, world: World, *, admission: Admission = ALONE, **settings: Any) -> None:
        self.world = world
        self.parts = Parts(world.store)
        if settings:
            self.parts.settings = Settings(**{**UNHURRIED, **settings})
        self.issuer = Issuer(world.clock)
        self.parts.identity_provider = self.issuer.provider()
        known = (API_TOKENS, Asserted(Matching()), Logins(issuer=ISSUER, idle=self.parts.settings.login_idle))
        self.parts.admission = replace(
            admission, verifiers=known, two_persons=self.parts.settings.two_person_rule
        )
        self.app: FastAPI = create_app(self.parts)
        self.http = TestClient(self.app)
        self._secrets: dict[str, str] = {}

    def anonymous(self) -> Client:
        return Client(self.http, {})

    def person(self, name: str) -> Client:
        return Client(self.http, self.bearer(name, role=TokenRole.PERSONAL, user=user_name(name)))

    def identified(self, name: str) -> Client:
        """Return somebody who calls with a token of the identity provider."""
        return Client(self.http, {"Authorization": f"Bearer {self.issuer.token(name)}"})

    def logged_in(self, name: str) -> Client:
        """Return somebody who calls with a browser, from a page of ours."""
        with self.world.store.writing() as session:
            person, now = catalogue.person(session, person_id(name)), self.world.clock.now()
            assert person
            assertion = Assertion(ISSUER, name, {})
            lifetime = self.parts.settings.login_lifetime
            started = logins.start(session, person, assertion, lifetime=lifetime, now=now)
        cookie = f"{LOGIN_COOKIE}={started.secret}"
        return Client(self.http, {"Cookie": cookie, "Sec-Fetch-Site": "same-origin"})

    def bot(self, name: str = "slack", *, acting: str | None = None) -> Client:
        headers = self.bearer(name, role=TokenRole.SERVICE, act_as=True, act_as_decide=True)
        return Client(self.http, headers | ({"Act-As": user_name(acting)} if acting else {}))

    def admin(self) -> Client:
        return Client(self.http, self.bearer("root", role=TokenRole.ADMIN))

    def auditor(self) -> Client:
        return Client(self.http, self.bearer("audit", role=TokenRole.AUDITOR))

    def bearer(self, name: str, **kind: Any) -> dict[str, str]:
        """Return the headers that present the token of this name, made when it is first asked for."""
        if name not in self._secrets:
            with self.world.store.writing() as session:
                now = self.world.clock.now()
                self._secrets[name] = tokens.create(session, CONSOLE, Wish(name=name, **kind), now=now).secret
        return {"Authorization": f"Bearer {self._secrets[name]}"}

    def asked(self, **changes: Any) -> dict[str, Any]:
        """Return what the API answers when alice asks for administrator access to alpha."""
        answer = self.person("alice").post("/v1/requests", asking(**changes))
        assert answer.status_code == 201, answer.text
        asked: dict[str, Any] = answer.json()
        return asked

    def granted(self) -> dict[str, Any]:
        """Return a grant that alice asked for and carol approved."""
        asked = self.asked()
        path = f"/v1/requests/{asked['id']}/decisions"
        answer = self.person("carol").post(path, {"decision": "approve", "digest": asked["digest"]})
        (grant,) = answer.json()["grants"]
        read: dict[str, Any] = self.person("alice").get(f"/v1/grants/{grant['id']}").json()
        return read


def asking(**changes: Any) -> dict[str, Any]:
    """Return a body for ``POST /v1/requests`` that is in order but for the changes; None leaves out."""
    body = {
        "targets": [{"account": ALPHA, "permission_set": "AdministratorAccess"}],
        "justification": "the pager went off",
        **changes,
    }
    return {name: value for name, value in body.items() if value is not None}
