"""The API as the client verbs use it."""

import os
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx2

from protem import __version__
from protem.cli.failures import Exit, Failure
from protem.cli.output import warn
from protem.domain.errors import FieldError
from protem.domain.origins import is_loopback

DEFAULT_URL = "http://127.0.0.1:8000"

_PATIENCE = httpx2.Timeout(60, connect=5)
_PAGE = 200


class Client:
    """One caller of the API; every answer that is not a success is a ``Failure``."""

    def __init__(self, http: httpx2.Client) -> None:
        self._http = http

    def get(self, path: str, **query: Any) -> Any:
        """Return what stands at ``path``."""
        return self.send("GET", path, query=query).json()

    def items(self, path: str, *, limit: int, **query: Any) -> Iterator[Any]:
        """Yield the items of a list, page by page, ``limit`` at most."""
        cursor = None
        while limit > 0:
            page = self.get(path, limit=min(limit, _PAGE), cursor=cursor, **query)
            yield from page["items"]
            limit -= len(page["items"])
            if (cursor := page["next_cursor"]) is None:
                return

    def post(
        self, path: str, body: Mapping[str, Any] | None, *, headers: Mapping[str, str] | None = None
    ) -> Any:
        """Have something done."""
        return self.send("POST", path, body=body, headers=headers).json()

    def create(self, path: str, body: Mapping[str, Any] | None) -> Any:
        """Have something made, once, even if the first answer is lost on the way."""
        key = {"Idempotency-Key": str(uuid.uuid4())}
        try:
            return self.post(path, body, headers=key)
        except LostAnswer:
            return self.post(path, body, headers=key)

    @contextmanager
    def stream(self, path: str, **query: Any) -> Iterator[Iterator[bytes]]:
        """Open what stands at ``path`` to be read bit by bit, however much it is."""
        given = {name: value for name, value in query.items() if value is not None}
        with self._telling(), self._http.stream("GET", path, params=given) as answer:
            if not answer.is_success:
                answer.read()
                raise _refused(answer)
            yield answer.iter_bytes()

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        document: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx2.Response:
        """Return the answer, 304 included; a body is sent as JSON, a document as YAML."""
        headers = {
            **(headers or {}),
            **({"Content-Type": "application/yaml"} if document is not None else {}),
        }
        given = {name: value for name, value in (query or {}).items() if value is not None}
        with self._telling():
            answer = self._http.request(
                method, path, params=given, json=body, content=document, headers=headers
            )
        if answer.is_success or answer.status_code == httpx2.codes.NOT_MODIFIED:
            return answer
        raise _refused(answer)

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Say in words what can become of a connection."""
        try:
            yield
        except (httpx2.ConnectError, httpx2.ConnectTimeout):
            raise _unreachable(self._http, "nothing answers there") from None
        except httpx2.TransportError as error:
            raise LostAnswer(str(error) or type(error).__name__) from None


class LostAnswer(Failure):
    """The call may have been carried out or not."""

    def __init__(self, reason: str) -> None:
        detail = f"the connection broke before the answer was there: {reason}"
        super().__init__("answer-lost", detail, leaving=Exit.UNREACHABLE)


@contextmanager
def connect(*, act_as: str | None = None) -> Iterator[Client]:
    """Open a client for ``PROTEM_URL`` that presents ``PROTEM_TOKEN``."""
    address = _address()
    headers = {"Authorization": f"Bearer {_token()}", "User-Agent": f"protem/{__version__}"}
    if act_as:
        headers["Act-As"] = act_as
    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    # A proxy is for what lies beyond this machine.
    beyond = not is_loopback(address.host)
    with httpx2.Client(base_url=address, headers=encoded, timeout=_PATIENCE, trust_env=beyond) as http:
        yield Client(http)


def _address() -> httpx2.URL:
    given = os.environ.get("PROTEM_URL", "").strip() or DEFAULT_URL
    try:
        address = httpx2.URL(given)
    except httpx2.InvalidURL:
        address = httpx2.URL("")
    if address.scheme not in ("http", "https") or not address.host:
        raise Failure.usage(f"PROTEM_URL must be an address such as {DEFAULT_URL}")
    if address.scheme == "http" and not is_loopback(address.host):
        warn("PROTEM_URL is not https: whoever is on the way to it can read the token")
    return address


def _token() -> str:
    token = os.environ.get("PROTEM_TOKEN", "").strip()
    if not token:
        raise Failure.usage("PROTEM_TOKEN is not set; an admin makes tokens with `protem tokens create`")
    if not token.isascii() or not token.isprintable():
        raise Failure.usage("PROTEM_TOKEN holds characters that no token has")
    return token


def _refused(answer: httpx2.Response) -> Failure:
    try:
        problem = answer.json()
        errors = [FieldError(error["field"], error["message"]) for error in problem["errors"]]
        return Failure(problem["code"], problem["detail"], errors=errors, problem=problem)
    except (ValueError, KeyError, TypeError):
        shown = _shown(answer.url)
        detail = f"{shown} answered {answer.status_code}, and not as Protem does; is PROTEM_URL right?"
        return Failure("unexpected-answer", detail, leaving=Exit.UNREACHABLE)


def _shown(address: httpx2.URL) -> str:
    """Return an address without a password that somebody may have put into it."""
    return str(address.copy_with(userinfo=b"", query=None))


def _unreachable(http: httpx2.Client, reason: str) -> Failure:
    detail = f"{_shown(http.base_url)} cannot be reached: {reason}. PROTEM_URL says where Protem is"
    return Failure("unreachable", detail, leaving=Exit.UNREACHABLE)
