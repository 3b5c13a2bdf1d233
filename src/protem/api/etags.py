"""Tags that differ when what is shown does."""

import hashlib


def of(representation: bytes) -> str:
    """Return the strong tag of a representation."""
    return quoted(hashlib.sha256(representation).hexdigest()[:32])


def quoted(value: str | int) -> str:
    """Return a value as a tag in a header."""
    return f'"{value}"'


def among(header: str | None, etag: str) -> bool:
    """Tell whether an ``If-None-Match`` header names this tag."""
    tags = {tag.strip().removeprefix("W/") for tag in (header or "").split(",")}
    return etag in tags or "*" in tags
