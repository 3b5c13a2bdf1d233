"""Waiting for answers and for AWS, by one call that the API holds back at a time."""

from collections.abc import Mapping
from typing import Any

import httpx2

from protem.cli.client import Client, LostAnswer
from protem.cli.failures import Failure

_SECONDS = 25
_ATTEMPTS = 3

_UNANSWERED = "pending"
_APPROVED = "approved"
_BEGINNING = frozenset({"scheduled", "activating"})
_ACTIVE = "active"


def until_active(client: Client, request: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the request once all access under it is there.

    Raises ``Failure`` when that will not be: denied, withdrawn, expired, or refused by AWS.
    """
    path = f"/v1/requests/{request['id']}"
    etag, shown = None, request
    while _open(shown):
        etag, shown = _next(client, path, etag, shown)
    if shown["state"] != _APPROVED:
        raise Failure(f"request-{shown['state']}", f"the request was {shown['state']}", problem=shown)
    if any(grant["state"] != _ACTIVE for grant in shown["grants"]):
        states = ", ".join(f"{grant['id']} {grant['state']}" for grant in shown["grants"])
        raise Failure("not-active", f"not all access is there: {states}", problem=shown)
    return shown


def _open(shown: Mapping[str, Any]) -> bool:
    return shown["state"] == _UNANSWERED or any(grant["state"] in _BEGINNING for grant in shown["grants"])


def _next(
    client: Client, path: str, etag: str | None, shown: Mapping[str, Any]
) -> tuple[str | None, Mapping[str, Any]]:
    headers = {"If-None-Match": etag} if etag else None
    # Without a tag the first answer comes at once: what there is may be newer than what we were told.
    query = {"wait": _SECONDS} if etag else None
    answer = _patiently(client, path, query=query, headers=headers)
    if answer.status_code == httpx2.codes.NOT_MODIFIED:
        return etag, shown
    return answer.headers.get("ETag"), answer.json()


def _patiently(
    client: Client, path: str, *, query: Mapping[str, Any] | None, headers: Mapping[str, str] | None
) -> httpx2.Response:
    """Ask again where an answer was lost: a proxy may not like to wait as long as we do."""
    for _ in range(_ATTEMPTS - 1):
        try:
            return client.send("GET", path, query=query, headers=headers)
        except LostAnswer:
            continue
    return client.send("GET", path, query=query, headers=headers)
