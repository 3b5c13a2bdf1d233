"""Settings that are risky, half made, or contradict each other."""

import os
import stat
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path

from protem.cli import environment
from protem.cli.doctor.findings import Finding, Part
from protem.domain.origins import is_loopback
from protem.settings import Settings

PART = Part("configuration")

_WIDE_PREFIX = 8
"""Networks larger than this are not where one's proxies are."""


def examine(settings: Settings) -> Iterator[Finding]:
    """Look at the settings alone, and ask nobody."""
    yield from map(PART.warning, environment.strangers())
    found = [*_reached(settings), *_trusted(settings), *_weakened(settings), *_unwritable(settings)]
    yield from found or [PART.good("the settings go together")]


def _reached(settings: Settings) -> Iterator[Finding]:
    exposed = not is_loopback(settings.host)
    if exposed and not settings.tls_terminated:
        yield PART.bad(
            f"PROTEM_HOST={settings.host} can be reached from elsewhere in the clear: put something that "
            "speaks TLS in front and set PROTEM_TLS_TERMINATED=true; until then nothing will start"
        )
    if settings.tls_terminated and not settings.trusted_proxies:
        yield PART.warning(
            "PROTEM_TLS_TERMINATED is set and PROTEM_TRUSTED_PROXIES is not: every call seems to come from "
            "the proxy, so tokens cannot be bound to networks, and who tries credentials is not told to wait"
        )


def _trusted(settings: Settings) -> Iterator[Finding]:
    for proxy in settings.trusted_proxies:
        network = ip_network(proxy)
        if network.prefixlen < _WIDE_PREFIX:
            yield PART.bad(
                f"PROTEM_TRUSTED_PROXIES has {proxy}: anybody there may pretend to call from any address; "
                "name the proxies alone"
            )
    if settings.trusted_proxies and is_loopback(settings.host) and not settings.tls_terminated:
        yield PART.warning("PROTEM_TRUSTED_PROXIES is set, and nothing says that there is a proxy")


def _unwritable(settings: Settings) -> Iterator[Finding]:
    file = settings.events_file
    if file is not None and not _takes_lines(file):
        yield PART.bad(
            f"PROTEM_EVENTS_FILE={file} cannot be written to by whoever runs this: no event is lost, and "
            "none gets there; make its folder, and let the reconciler's user write to it"
        )


def _takes_lines(file: Path) -> bool:
    try:
        return stat.S_ISREG(file.stat().st_mode) and os.access(file, os.W_OK)
    except FileNotFoundError:
        return os.access(file.absolute().parent, os.W_OK)
    except OSError:
        return False


def _weakened(settings: Settings) -> Iterator[Finding]:
    if settings.allow_sandbox:
        yield PART.warning("PROTEM_ALLOW_SANDBOX is set: leave it out where access is to be real")
    if not settings.two_person_rule:
        yield PART.warning(
            "PROTEM_TWO_PERSON_RULE is off: one admin's token is enough to change who may have what"
        )
    if settings.webhook_networks:
        networks = ", ".join(settings.webhook_networks)
        yield PART.warning(f"webhooks may reach {networks}: whoever may make webhooks can knock there")
