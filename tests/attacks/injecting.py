"""Hostile texts in every field, as somebody who gets far with each, and what came of them."""

import json
import re
import uuid
from dataclasses import dataclass, field
from itertools import islice, product
from typing import Any
from urllib.parse import quote

from tests.attacks.fields import Field, fields
from tests.attacks.ground import Ground
from tests.attacks.probing import Answer, Fields, Probe
from tests.attacks.strings import ACTED_ON, HOSTILE

EVERYTHING = 1
SENDERS = ("admin", "beneficiary")
_PLACES = {"name": "admin", "version": "1", "code": "not-found"}
JSON = ("Content-Type", "application/json")


@dataclass
class Injection:
    """Sends texts and judges each answer: kept to the letter, refused by name, or without meaning here."""

    ground: Ground
    probe: Probe = field(init=False)
    kept: int = 0
    refused: int = 0
    _ids: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.probe = Probe(self.ground)

    def send(self, one: Field, name: str, text: str, *, kind: str) -> None:
        headers: Fields = [*self.ground.cast.headers(kind).items(), JSON]
        path, body = self._address(one, text), b""
        if one.where == "body":
            # As ASCII, the way in for half characters.
            body = json.dumps(one.holding(text)).encode()
        answer = self.probe.send(one.method, path, headers, body)
        wrong = self._wrong(one, name, text, answer)
        if wrong:
            self.probe.failures.append(f"{one.method} {one.path} {one.label} {name} as {kind}: {wrong}")
        self.ground.unlock()

    def _address(self, one: Field, text: str) -> str:
        written = quote(text.encode(errors="surrogatepass"), safe="")
        path = one.path
        if one.where == "path":
            path = path.replace(f"{{{one.name[0]}}}", written or "x")
        path = re.sub(r"{(\w+)}", lambda found: _PLACES.get(found[1]) or self._id(found[1]), path)
        return f"{path}?{one.name[0]}={written}" if one.where == "query" else path

    def _id(self, kind: str) -> str:
        if kind not in self._ids:
            rows = self.ground.world.contents().get(f"{kind.removesuffix('_id')}s", [])
            self._ids[kind] = str(rows[0][0]) if rows else str(uuid.UUID(int=0))
        return self._ids[kind]

    def _wrong(self, one: Field, name: str, text: str, answer: Answer) -> str | None:
        if "html" in answer.headers.get("content-type", ""):
            return "an unescaped text" if "<" in text and text in answer.text else None
        if answer.status_code < 300 and one.where == "body":
            return self._echoed(one, name, text, answer)
        if answer.status_code == 422 and answer.code == "invalid-input":
            self.refused += 1
            named = [error["field"] for error in answer.json()["errors"]]
            return None if named else f"no field is named: {answer.text[:200]}"
        return None

    def _echoed(self, one: Field, name: str, text: str, answer: Answer) -> str | None:
        held = list(_texts(answer.json() if answer.content else None))
        if set(text) & ACTED_ON and any(text in other for other in held):
            return f"kept: {text!r}"
        near = [other for other in held if other.strip() == text.replace("\r\n", "\n").strip()]
        self.kept += bool(near)
        return None


def _texts(value: Any) -> Any:
    match value:
        case dict():
            for inner in value.values():
                yield from _texts(inner)
        case list():
            for inner in value:
                yield from _texts(inner)
        case str():
            yield value


def attack(ground: Ground, *, every: int = EVERYTHING) -> Injection:
    """Send every text in every field as everybody who gets far, or one in ``every`` of these."""
    injection = Injection(ground)
    places = fields(ground.api.app.openapi())
    everything = product(places, SENDERS, HOSTILE.items())
    for one, kind, (name, text) in islice(everything, 0, None, every):
        injection.send(one, name, text, kind=kind)
    injection.probe.failures += ground.wrongs()
    return injection
