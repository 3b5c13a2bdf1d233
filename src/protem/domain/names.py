"""Names as people write them, and identifiers as AWS writes them."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

ACCOUNT_ID = r"^\d{12}$"
PERMISSION_SET_ARN = (
    r"^arn:aws(-[a-z]{1,5}){0,3}:sso:::permissionSet/(sso)?ins-[a-zA-Z0-9\-.]{16}/ps-[a-zA-Z0-9\-./]{16}$"
)
PRINCIPAL_ID = (
    r"^([0-9a-f]{10}-|)[A-Fa-f0-9]{8}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{12}$"
)

UNIT_ID = r"^(r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[0-9a-z]{8,32})$"
"""Of an organizational unit, or of a root (AWS Organizations API, OrganizationalUnit and Root)."""

_UNIT = re.compile(UNIT_ID, re.ASCII)
_IDS = tuple(re.compile(pattern, re.ASCII) for pattern in (ACCOUNT_ID, PERMISSION_SET_ARN, PRINCIPAL_ID))

# A thousand rules compare the same few thousand names in every decision; a large company has some more.
_REMEMBERED = 16_384


@lru_cache(maxsize=_REMEMBERED)
def key(name: str) -> str:
    """Return the form under which names are compared: NFKC, case-folded, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


@lru_cache(maxsize=_REMEMBERED)
def spelled(name: str) -> str:
    """Return the form in which names are one that are written the same, but for the case of A to Z.

    ``key`` is kind to whoever types: letters that look alike are one to it. But to a directory they
    are not, and somebody else can have the name that looks alike.
    """
    written = unicodedata.normalize("NFC", name)
    return "".join(letter.lower() if letter.isascii() else letter for letter in written)


@lru_cache(maxsize=_REMEMBERED)
def is_identifier(text: str) -> bool:
    """Tell whether ``text`` is an AWS identifier, which is compared exactly, rather than a name."""
    return any(pattern.fullmatch(text) for pattern in _IDS)


def handle(kind: str, wanted: str) -> str:
    """Return what ``wanted`` is looked up by among the handles of things of this kind."""
    return f"{kind}-id:{wanted}" if is_identifier(wanted) else f"{kind}:{key(wanted)}"


def handles(kind: str, *, identifier: str, name: str) -> frozenset[str]:
    """Return everything under which the thing with this identifier and this name is found."""
    return frozenset({f"{kind}-id:{identifier}", f"{kind}:{key(name)}"})


def matches(wanted: str, *, identifier: str, name: str) -> bool:
    """Tell whether ``wanted`` means the thing with this identifier and this name."""
    return handle("", wanted) in handles("", identifier=identifier, name=name)


def unit_handle(wanted: str) -> str:
    """Return what an organizational unit is looked up by: its id, or its path of names below the root."""
    if _UNIT.fullmatch(wanted):
        return f"unit-id:{wanted}"
    return unit_path(wanted.strip("/").split("/"))


def unit_path(steps: Iterable[str]) -> str:
    """Return the handle of the unit that these names lead to, whatever they look like."""
    return "unit:" + "/".join(key(step) for step in steps)
