"""The calls that the load is made of, as they go over the wire."""

import json
import random
import re
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, cycle
from typing import Any

from benchmarks.http.estate import AT_ONCE, REVIEWED, Bearer, Estate
from benchmarks.http.wire import Script

_ID, _DIGEST = re.compile(rb'"id":\s*"([^"]+)"'), re.compile(rb'"digest":\s*"([^"]+)"')
_REQUESTER = re.compile(rb'"requester":\s*\{\s*"id":\s*"([^"]+)"')
_GRANT = re.compile(rb'"grants":\s*\[\s*\{\s*"id":\s*"([^"]+)"')


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that was answered with 201."""

    id: str
    digest: str
    requester: str
    grant: str | None

    @classmethod
    def of(cls, body: bytes) -> "Asked":
        grant = _GRANT.search(body)
        return cls(
            id=_found(_ID, body),
            digest=_found(_DIGEST, body),
            requester=_found(_REQUESTER, body),
            grant=grant[1].decode() if grant else None,
        )


def _found(pattern: re.Pattern[bytes], body: bytes) -> str:
    texts: list[bytes] = pattern.findall(body)
    return texts[0].decode()


def call(
    method: str,
    path: str,
    bearer: Bearer | None = None,
    *,
    body: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """Return one request of HTTP/1.1."""
    sent = json.dumps(body).encode() if body is not None else b""
    lines = {
        "Host": "127.0.0.1",
        **({"Authorization": f"Bearer {bearer.token}"} if bearer else {}),
        **({"Content-Type": "application/json", "Content-Length": str(len(sent))} if sent else {}),
        **(headers or {}),
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + sent


def apart(make: Callable[[random.Random, int], bytes], connections: int) -> list[Script]:
    """Return a script for each connection, with chance of its own that is the same at each run."""

    def script(place: int) -> Iterator[bytes]:
        chance = random.Random(place)
        for number in count():
            yield make(chance, place + number * connections)

    return [script(place) for place in range(connections)]


def shared(sent: Sequence[bytes], connections: int, *, once: bool) -> list[Script]:
    """Return scripts that take turns at these calls, each sent one time only, or over and over."""
    rest = iter(sent) if once else cycle(sent)
    return [rest] * connections


def submissions(estate: Estate, entitlement: str = REVIEWED, *, by_bot: bool = False) -> Any:
    """Return what makes new requests, each with a key of its own; every fourth has two targets."""
    organization = estate.organization
    asking = estate.people

    def make(chance: random.Random, number: int) -> bytes:
        bearer = asking[number % len(asking)]
        accounts = chance.sample(organization.accounts, 2 if number % 4 == 0 else 1)
        body = {
            "entitlement": entitlement,
            "targets": [
                {"account": one.id, "permission_set": chance.choice(organization.permission_sets).name}
                for one in accounts
            ],
            "duration": "PT1H",
            "justification": f"the pager went off for the {number}th time",
        }
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        if by_bot:
            headers["Act-As"] = bearer.user_name
        return call("POST", "/v1/requests", estate.bot if by_bot else bearer, body=body, headers=headers)

    return make


def decisions(estate: Estate, asked: Sequence[Asked]) -> list[bytes]:
    """Return an approval of each of these requests."""
    return [
        call(
            "POST",
            f"/v1/requests/{one.id}/decisions",
            bearer,
            body={"decision": "approve", "digest": one.digest, "comment": "go on"},
            headers={"Idempotency-Key": uuid.uuid4().hex},
        )
        for one, bearer in zip(asked, cycle(estate.approvers), strict=False)
    ]


def revocations(estate: Estate, asked: Sequence[Asked]) -> list[bytes]:
    """Return the red button for one grant of each of these requests."""
    path = "/v1/grants/{}/revoke"
    found = [one.grant for one in asked if one.grant]
    return [call("POST", path.format(grant), estate.admin, body={"comment": "enough"}) for grant in found]


def plain_submissions(estate: Estate) -> Any:
    """Return what makes new requests of the service to compare with."""

    def make(chance: random.Random, number: int) -> bytes:
        body = {
            "requester": estate.people[number % len(estate.people)].user_name,
            "account": chance.choice(estate.organization.accounts).id,
            "permission_set": chance.choice(estate.organization.permission_sets).name,
            "justification": f"the pager went off for the {number}th time",
        }
        return call("POST", "/requests", body=body)

    return make


__all__ = ["AT_ONCE", "REVIEWED", "Asked", "call"]
