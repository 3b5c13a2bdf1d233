"""Conversations with the provider: bounded in time and size, and with nobody that it refers us to."""

import json
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import Any, Protocol

import httpx2

from protem import __version__
from protem.domain import origins

LARGEST_ANSWER = 256 * 1024
SECONDS = 5.0
"""For one answer; somebody waits for it, in a thread that others need."""


class UnreachableError(Exception):
    """There was no answer that could be used; the text says why, and holds nothing secret."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A JSON object, and the status that it came with."""

    status: int
    body: Mapping[str, Any]


class Fetch(Protocol):
    """How the provider is asked; raises ``UnreachableError``."""

    def get(self, url: str) -> Answer: ...

    def post(self, url: str, form: Mapping[str, str], *, basic: tuple[str, str] | None = None) -> Answer: ...


class Http:
    """Asks over the network, with a new connection and no memory of earlier ones."""

    def __init__(self, *, seconds: float = SECONDS, trusted: ssl.SSLContext | None = None) -> None:
        self._seconds = seconds
        self._trusted = trusted or ssl.create_default_context()

    def get(self, url: str) -> Answer:
        return self._send("GET", url)

    def post(self, url: str, form: Mapping[str, str], *, basic: tuple[str, str] | None = None) -> Answer:
        return self._send("POST", url, data=dict(form), auth=basic)

    def _send(self, method: str, url: str, **others: Any) -> Answer:
        deadline = monotonic() + self._seconds
        headers = {
            "Accept": "application/json",
            "Accept-Encoding": "identity",  # what is packed small could be of any size
            "User-Agent": f"protem/{__version__}",
        }
        try:
            with self._client(url) as http, http.stream(method, url, headers=headers, **others) as answer:
                return Answer(answer.status_code, _object(_body(answer, deadline)))
        except httpx2.TimeoutException:
            raise UnreachableError(f"it took longer than {self._seconds:g} seconds") from None
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            raise UnreachableError(f"there was no answer: {type(error).__name__}") from None

    def _client(self, url: str) -> httpx2.Client:
        # A proxy is for what lies beyond this machine.
        beyond = not origins.is_loopback(httpx2.URL(url).host)
        return httpx2.Client(
            verify=self._trusted, timeout=self._seconds, follow_redirects=False, trust_env=beyond
        )


def _body(answer: httpx2.Response, deadline: float) -> bytes:
    if answer.is_redirect:
        raise UnreachableError("it answered with a redirect, and none is followed")
    body = b""
    for part in answer.iter_raw():
        body += part
        if len(body) > LARGEST_ANSWER:
            raise UnreachableError(f"its answer is larger than {LARGEST_ANSWER} bytes")
        if monotonic() > deadline:
            raise UnreachableError("its answer did not end in time")
    return body


def _object(body: bytes) -> Mapping[str, Any]:
    with suppress(ValueError, RecursionError):
        found = json.loads(body)
        if isinstance(found, dict):
            return found
    raise UnreachableError("its answer is not a JSON object")
