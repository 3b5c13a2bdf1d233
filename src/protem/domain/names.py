"""Names as people write them, and identifiers as AWS writes them."""

import re
import unicodedata
from functools import lru_cache

ACCOUNT_ID = r"^\d{12}$"
PERMISSION_SET_ARN = (
    r"^arn:aws(-[a-z]{1,5}){0,3}:sso:::permissionSet/(sso)?ins-[a-zA-Z0-9\-.]{16}/ps-[a-zA-Z0-9\-./]{16}$"
)
PRINCIPAL_ID = (
    r"^([0-9a-f]{10}-|)[A-Fa-f0-9]{8}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{12}$"
)

_IDS = tuple(re.compile(pattern, re.ASCII) for pattern in (ACCOUNT_ID, PERMISSION_SET_ARN, PRINCIPAL_ID))

# A thousand rules compare the same few thousand names in every decision.
_REMEMBERED = 4_096


@lru_cache(maxsize=_REMEMBERED)
def key(name: str) -> str:
    """Return the form under which names are compared: NFKC, case-folded, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


@lru_cache(maxsize=_REMEMBERED)
def is_identifier(text: str) -> bool:
    """Tell whether ``text`` is an AWS identifier, which is compared exactly, rather than a name."""
    return any(pattern.fullmatch(text) for pattern in _IDS)


def matches(wanted: str, *, identifier: str, name: str) -> bool:
    """Tell whether ``wanted`` means the thing with this identifier and this name."""
    return wanted == identifier or (not is_identifier(wanted) and key(wanted) == key(name))
