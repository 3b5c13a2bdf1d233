"""What of what callers sent may be repeated to them."""

import re

_PLAIN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,31}", re.ASCII)


def name(sent: str) -> str:
    """Return what a caller calls a field, unless it may be a secret that was put there by mistake."""
    return sent if _PLAIN_NAME.fullmatch(sent) else "?"
