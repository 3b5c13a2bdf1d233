"""What browsers are told with every answer, whatever it is."""

from collections.abc import Iterable, Mapping

_NOTHING = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
_FEATURES = (
    "accelerometer",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "usb",
)
_YEAR_SECONDS = 31_536_000

EVERYWHERE: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": _NOTHING,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in _FEATURES),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""An answer may set a header of its own in place of one of these; a page must, to be styled."""

WITH_TLS: Mapping[str, str] = {"Strict-Transport-Security": f"max-age={_YEAR_SECONDS}"}
"""Where something in front speaks TLS; over plain HTTP browsers ignore it."""


def policy(*, styles: Iterable[str]) -> str:
    """Return the policy of a page that carries the style sheets with these SHA-256 hashes in Base64."""
    return " ".join((f"{_NOTHING}; style-src", *(f"'sha256-{one}'" for one in styles)))
