"""One POST to one endpoint: no redirects, no proxies, no cookies, no decompression, and an end in time."""

import ssl
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

import httpcore2

from protem import __version__
from protem.domain import endpoints
from protem.domain.endpoints import Endpoint
from protem.domain.reach import Network
from protem.notifications import network
from protem.notifications.network import Deadline, ForbiddenAddressError, Pinned, Resolve, TimeOverError

LARGEST_ANSWER = 64 * 1024
_SECONDS_DIGITS = 9
_RESOLVERS_PER_THREAD = 4


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one attempt: the status of an answer, or why there was none."""

    status: int | None = None
    error: str | None = None
    retry_after: str | None = None

    @property
    def success(self) -> bool:
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004 - the class of success

    def wait(self, now: datetime) -> timedelta | None:
        """Return how long the receiver asked to be left alone for, if it did."""
        text = (self.retry_after or "").strip()
        if text.isascii() and text.isdigit():
            return timedelta(seconds=int(text)) if len(text) <= _SECONDS_DIGITS else timedelta.max
        try:
            return parsedate_to_datetime(text) - now
        except (TypeError, ValueError, OverflowError):
            return None


class Transport:
    """Sends, and never raises for what receivers and networks do.

    httpcore2 alone knows of no environment, cookies, redirects or encodings: what it is not told, it
    does not do.
    """

    def __init__(
        self,
        *,
        timeout: timedelta,
        allowed: Sequence[Network] = (),
        resolve: Resolve = network.system,
        trusted: ssl.SSLContext | None = None,
        threads: int = 8,
    ) -> None:
        self._seconds = timeout.total_seconds()
        self._allowed, self._resolve = tuple(allowed), resolve
        self._trusted = trusted or ssl.create_default_context()
        # A resolver can hang for half a minute, three attempts long: its names leave threads to the others.
        self._resolvers = ThreadPoolExecutor(_RESOLVERS_PER_THREAD * threads, thread_name_prefix="resolver")

    def post(self, url: str, *, headers: Mapping[str, str], body: bytes) -> Answer:
        """Return what the receiver answered, or why nobody did."""
        try:
            endpoint = endpoints.parse(url)
            return self._send(endpoint, headers, body, Deadline.after(self._seconds))
        except (TimeOverError, httpcore2.TimeoutException):
            return Answer(error=f"it took longer than {self._seconds:g} seconds in all")
        except (ForbiddenAddressError, httpcore2.NetworkError, httpcore2.ProtocolError, OSError) as error:
            return Answer(error=_sentence(error))
        except ValueError as error:
            return Answer(error=str(error))

    def close(self) -> None:
        """Wait for nothing that still resolves."""
        self._resolvers.shutdown(wait=False, cancel_futures=True)

    def _send(
        self, endpoint: Endpoint, headers: Mapping[str, str], body: bytes, deadline: Deadline
    ) -> Answer:
        backend = Pinned(endpoint, self._allowed, deadline, self._resolve, self._resolvers)
        url = httpcore2.URL(
            scheme=endpoint.scheme, host=endpoint.host, port=endpoint.port, target=endpoint.target
        )
        sent = {
            "Host": endpoint.authority,
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "User-Agent": f"protem/{__version__}",
            "Accept-Encoding": "identity",
            "Connection": "close",
            **headers,
        }
        with (
            httpcore2.ConnectionPool(ssl_context=self._trusted, network_backend=backend) as pool,
            pool.stream("POST", url, headers=list(sent.items()), content=body) as answer,
        ):
            return _read(answer, deadline)


def _read(answer: httpcore2.Response, deadline: Deadline) -> Answer:
    """Take note of the status, which is the answer; the body is dropped, whatever it does."""
    size = 0
    with suppress(TimeOverError, httpcore2.TimeoutException, httpcore2.NetworkError, httpcore2.ProtocolError):
        for part in answer.iter_stream():
            size += len(part)
            if size > LARGEST_ANSWER or not deadline.left():
                break
    asked = next((value for name, value in answer.headers if name.lower() == b"retry-after"), b"")
    return Answer(status=answer.status, error=_complaint(answer.status), retry_after=asked.decode("latin-1"))


def _complaint(status: int) -> str | None:
    if 300 <= status < 400:  # noqa: PLR2004 - the class of redirects
        return "it answered with a redirect, and none is followed"
    return None


def _sentence(error: Exception) -> str:
    match error:
        case ForbiddenAddressError():
            return f"not sent: {error}"
        case httpcore2.ConnectError():
            return _connecting(error)
        case httpcore2.NetworkError():
            return "the connection broke before the answer was there"
        case httpcore2.ProtocolError():
            return "it did not answer in HTTP"
        case _:
            return "the name of the host does not resolve"


def _connecting(error: Exception) -> str:
    cause = error.__cause__ or error.__context__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"the certificate is not good: {cause.verify_message}"
    return "TLS failed" if isinstance(cause, ssl.SSLError) else "nothing accepts connections there"
