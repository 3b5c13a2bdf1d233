"""Where somebody wanted to go before they were asked to log in."""

START = "/"

_LONGEST = 1024
_NOWHERE = ("/login", "/logout")


def local(wanted: str | None) -> str:
    r"""Return ``wanted`` if it leads to a page of ours, however a browser reads it; else the start page.

    Browsers take `//host` and `/\host` for another host, and leave out tabs and line ends.
    """
    path = wanted or START
    plain = path.isascii() and path.isprintable() and len(path) <= _LONGEST
    if not plain or not path.startswith("/") or path.startswith("//") or "\\" in path:
        return START
    return START if path.startswith(_NOWHERE) else path
