"""Addresses that events may be sent to: one strict way to write them, and one way to read them."""

import re
from dataclasses import dataclass
from ipaddress import ip_address

LONGEST = 2_048
_LAST_PORT = 65_535
USUAL_PORT = {"https": 443, "http": 80}

_URL = re.compile(
    r"(?P<scheme>https?)://"
    r"(?P<host>[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])"
    r"(?::(?P<port>[1-9]\d{0,4}))?"
    r"(?P<target>(?:/[!$&-;=@-\[\]_a-z~%]*)?(?:\?[!$&-;=?@-\[\]_a-z~%]*)?)",
    re.ASCII,
)
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*", re.ASCII)
"""A last label that makes other readers take the whole host for an IPv4 address."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The parts of an address, as they are connected to and sent; the host is without brackets."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def is_secure(self) -> bool:
        return self.scheme == "https"

    @property
    def is_literal(self) -> bool:
        """Whether the host is an IP address itself rather than a name."""
        return ":" in self.host or _NUMBER.fullmatch(self.host.rpartition(".")[2]) is not None

    @property
    def authority(self) -> str:
        """What the Host header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == USUAL_PORT[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """The address without its path, which may be somebody's secret."""
        return f"{self.scheme}://{self.authority}"


def parse(url: str) -> Endpoint:
    """Return the parts of ``url``; raises ``ValueError`` for whatever two could read in two ways.

    That is user information, fragments, backslashes, spaces and line ends, letters that are not
    ASCII, and IPv4 addresses in any but the usual spelling.
    """
    match = _URL.fullmatch(url) if len(url) <= LONGEST else None
    if match is None:
        message = (
            "write https://host/path, of visible ASCII characters, without user, password or fragment;"
            " other letters as punycode or %-escapes"
        )
        raise ValueError(message)
    host, port = _host(match["host"].lower()), int(match["port"] or USUAL_PORT[match["scheme"]])
    if port > _LAST_PORT:
        message = "there is no such port"
        raise ValueError(message)
    target = match["target"]
    return Endpoint(match["scheme"], host, port, target if target.startswith("/") else f"/{target}")


def _host(text: str) -> str:
    if text.startswith("["):
        return _literal(text[1:-1])
    text = text.removesuffix(".")
    labels = text.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        return _literal(text)
    if not all(_LABEL.fullmatch(label) for label in labels):
        message = "there can be no such host name"
        raise ValueError(message)
    return text


def _literal(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        message = "write an IP address as 192.0.2.1 or [2001:db8::1], with every number in decimal"
        raise ValueError(message) from None
