"""Callers who keep asking for things, insist on an answer, and remember each."""

import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Any

import httpx2

from tests.chaos.center import ACCOUNTS, REQUESTERS, STANDING, account_id
from tests.chaos.installation import Replica
from tests.chaos.template import APPROVER

CALLERS = 5
_PAUSE = 1.0
"""Seconds between two things that one caller asks for."""
_TIMEOUT = 4.0
_SHARES = (6, 1, 2, 2)


@dataclass
class Load:
    """What was asked, and what was answered."""

    replicas: list[Replica]
    tokens: Mapping[str, str]
    random: Random
    answered: dict[str, str] = field(default_factory=dict)
    """By idempotency key, the id of the request that a 2xx answer said was made."""
    asked: set[str] = field(default_factory=set)
    revoked: set[str] = field(default_factory=set)
    refusals: list[str] = field(default_factory=list)
    _grants: list[tuple[str, str]] = field(default_factory=list)
    _numbers: Any = field(default_factory=count)
    _over: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        for number in range(CALLERS):
            random = Random(self.random.random())
            thread = threading.Thread(target=self._run, args=(random,), name=f"caller-{number}")
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """Ask for nothing more, and return when everything that was asked has its answer, or never will."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _run(self, random: Random) -> None:
        with httpx2.Client(trust_env=False, timeout=_TIMEOUT) as client:
            while not self._over.wait(_PAUSE * random.uniform(0.5, 1.5)):
                act = random.choices((self._ask, self._ask_again, self._revoke, self._extend), (6, 1, 2, 2))[
                    0
                ]
                act(client, random)

    def _ask(self, client: httpx2.Client, random: Random) -> None:
        user, number = random.choice(REQUESTERS), next(self._numbers)
        if number >= ACCOUNTS - len(STANDING):
            return  # AWS makes one change at a time in an account: a second one there would measure that
        reviewed = random.random() < 0.25
        permission_set = (
            "DatabaseOperator" if reviewed else random.choice(("PowerUserAccess", "ReadOnlyAccess"))
        )
        account = len(STANDING) + number
        if random.random() < 0.1:
            user, account = random.choice(STANDING)
            permission_set = "ReadOnlyAccess"
        self._submit(client, random, user, account, permission_set)

    def _ask_again(self, client: httpx2.Client, random: Random) -> None:
        """Ask for what somebody may hold already: the windows overlap."""
        self._submit(client, random, "alice", len(STANDING), "PowerUserAccess")

    def _submit(
        self, client: httpx2.Client, random: Random, user: str, account: int, permission_set: str
    ) -> None:
        key = str(uuid.UUID(int=random.getrandbits(128)))
        body = {
            "targets": [{"account": account_id(account), "permission_set": permission_set}],
            "duration": f"PT{random.randrange(4, 9)}S",
            "justification": f"chaos {key}",
        }
        self.asked.add(key)
        made = self._insist(client, random, user, "/v1/requests", body, key=key)
        if made is None:
            return
        self.answered[key] = made["id"]
        self._grants += [(user, grant["id"]) for grant in made["grants"]]
        if made["state"] == "pending":
            decision = {"decision": "approve", "comment": "chaos", "digest": made["digest"]}
            self._insist(client, random, APPROVER, f"/v1/requests/{made['id']}/decisions", decision, key=key)

    def _revoke(self, client: httpx2.Client, random: Random) -> None:
        if self._grants:
            user, grant = random.choice(self._grants)
            if self._insist(client, random, user, f"/v1/grants/{grant}/revoke", {"comment": "chaos"}):
                self.revoked.add(grant)

    def _extend(self, client: httpx2.Client, random: Random) -> None:
        if self._grants:
            user, grant = random.choice(self._grants)
            body = {"duration": f"PT{random.randrange(1, 4)}S", "justification": "chaos goes on for longer"}
            self._insist(client, random, user, f"/v1/grants/{grant}/extend", body)

    def _insist(
        self,
        client: httpx2.Client,
        random: Random,
        user: str,
        path: str,
        body: object,
        *,
        key: str | None = None,
    ) -> dict[str, Any] | None:
        """Ask with the same key until somebody answers; None when it is refused, or nobody ever does."""
        headers = {"Authorization": f"Bearer {self.tokens[user]}"}
        headers["Idempotency-Key"] = key or str(uuid.UUID(int=random.getrandbits(128)))
        for _ in _until_long_after(self._over):
            replica = random.choice(self.replicas)
            try:
                answer = client.post(f"{replica.url}{path}", json=body, headers=headers)
            except httpx2.HTTPError:
                continue
            if answer.is_success:
                made: dict[str, Any] = answer.json()
                return made
            if answer.status_code < 500 and answer.status_code != 429:
                self.refusals.append(f"{answer.status_code} {path} {answer.text[:200]}")
                return None
        return None


def _until_long_after(over: threading.Event) -> Any:
    """Go on with pauses, and when it is over, for some more tries."""
    for _ in range(10_000):
        yield
        threading.Event().wait(0.3)
        if over.is_set():
            break
    for _ in range(30):
        yield
        threading.Event().wait(0.3)
