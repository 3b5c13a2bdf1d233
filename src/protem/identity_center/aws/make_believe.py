"""How a sandbox is told from AWS: by what it says with every answer, and by where it can be at all."""

from collections.abc import Mapping
from urllib.parse import urlsplit

HEADER = "x-protem-sandbox"
"""What `protem sandbox` says; AWS never does."""

REFUSED = "sandbox_refused"
"""The code of the failure."""

SENTENCE = (
    "a sandbox answers in place of AWS, and nobody said that it may: look at AWS_ENDPOINT_URL, "
    "or set PROTEM_ALLOW_SANDBOX=true to try things out"
)

_OF_AWS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".amazonaws.eu")


def is_behind(headers: Mapping[str, str]) -> bool:
    """Say whether an answer with these headers comes from a sandbox."""
    return any(name.lower() == HEADER for name in headers)


def is_elsewhere(endpoint: str) -> bool:
    """Say whether an endpoint is none that is known to be AWS's: those of rarer partitions may be, too."""
    return not (urlsplit(endpoint).hostname or "").endswith(_OF_AWS)
