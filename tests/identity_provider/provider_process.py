"""A real identity provider as a process of its own, with PKCE, which the package leaves out.

Run with a port: `python provider_process.py 9400`.
"""

import base64
import hashlib
import os
import sys
import warnings
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

warnings.simplefilter("ignore")  # what its libraries have to say to each other
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

from oidc_provider_mock import app  # noqa: E402
from werkzeug.serving import make_server  # noqa: E402

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


class Pkce:
    """Gives a token for a code only to whoever knows what the challenge of that code was made from."""

    def __init__(self, inner: Application) -> None:
        self._inner = inner
        self._challenges: dict[str, str] = {}

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/oauth2/token" and not self._kept(environ):
            start("400 Bad Request", [("Content-Type", "application/json")])
            return [b'{"error": "invalid_grant"}']
        asked = parse_qs(environ["QUERY_STRING"])

        def starting(status: str, headers: list[tuple[str, str]], *others: Any) -> Any:
            code = parse_qs(urlsplit(dict(headers).get("Location", "")).query).get("code")
            if code and asked.get("code_challenge_method") == ["S256"]:
                self._challenges[code[0]] = asked["code_challenge"][0]
            return start(status, headers, *others)

        return self._inner(environ, starting)

    def _kept(self, environ: dict[str, Any]) -> bool:
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        environ["wsgi.input"] = BytesIO(body)
        form = parse_qs(body.decode())
        digest = hashlib.sha256(form["code_verifier"][0].encode()).digest()
        made = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        return self._challenges.pop(form["code"][0], None) == made


if __name__ == "__main__":
    server = make_server("127.0.0.1", int(sys.argv[1]), Pkce(app(require_nonce=True)), threaded=True)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    server.serve_forever()
