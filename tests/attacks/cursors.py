"""Cursors that were changed, or belong to another list or to somebody else."""

import base64
import json
from collections.abc import Iterator, Mapping
from typing import Any

from tests.attacks import fuzzing
from tests.attacks.ground import Ground


def lists(ground: Ground) -> list[str]:
    """Return the address of every list that gives cursors."""
    found = []
    for path, methods in ground.api.app.openapi()["paths"].items():
        named = {parameter["name"] for parameter in methods.get("get", {}).get("parameters", ())}
        if "cursor" in named and "{" not in path:
            found.append(path)
    return found


def given(ground: Ground, kind: str) -> Mapping[str, str]:
    """Return the cursor that somebody gets with the first item of each list that has more than one."""
    client = ground.cast.client(kind)
    pages = {path: client.get(f"{path}?limit=1") for path in lists(ground)}
    read = {path: page.json() for path, page in pages.items() if page.status_code == 200}
    return {path: page["next_cursor"] for path, page in read.items() if page.get("next_cursor")}


def changed(cursor: str) -> Iterator[str]:
    """Yield what the cursor could be changed into: each bit of it, each value in it, and other JSON."""
    for place in range(len(cursor)):
        for bit in range(7):
            yield cursor[:place] + chr(ord(cursor[place]) ^ 1 << bit) + cursor[place + 1 :]
    yield from fuzzing.near(cursor, others="A")
    values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    for place in range(len(values)):
        for odd in _ODD:
            yield _encoded([*values[:place], odd, *values[place + 1 :]])
    yield from (_encoded(odd) for odd in (*_ODD, values[:-1], [*values, "x"], [values], [values[0]] * 99))


_ODD: tuple[Any, ...] = (
    *(None, True, 0, -1, 1e308, float("nan"), "", "x" * 2_000, [], {}, [[]], "\x00", "\ud800", "'; --", "%"),
    *("9" * 400, "1e5", "\u0663", "2026-01-05", "0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59-23:59"),
    *("00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", {"$ne": None}),
)


def _encoded(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
