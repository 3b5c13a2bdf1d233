"""Every field that takes text, as the OpenAPI document has them, and bodies in which all else is in order."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from tests.broker.worlds import ALPHA

Path = tuple[str | int, ...]

PLAUSIBLE: Mapping[str, Any] = {
    "account": ALPHA,
    "permission_set": "ReadOnlyAccess",
    "entitlement": "read",
    "decision": "approve",
    "duration": "PT30M",
    "lifetime": "P1D",
    "kind": "account",
    "subject": "beta",
    "role": "service",
    "url": "https://198.51.100.7/hook",
}
"""Values that lead further than made-up ones; everything else is left out, or a word."""


@dataclass(frozen=True)
class Field:
    """One field of one operation."""

    method: str
    path: str
    where: str
    name: Path
    body: Any = None

    @property
    def label(self) -> str:
        return ".".join(map(str, self.name))

    def holding(self, text: str) -> Any:
        """Return the body with this text in the field."""
        body = deepcopy(self.body)
        inner = body
        for step in self.name[:-1]:
            inner = inner[step]
        inner[self.name[-1]] = text
        return body


def fields(document: Mapping[str, Any]) -> Iterator[Field]:
    """Yield every text field of every operation: in the body, the query and the address."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            for parameter in operation.get("parameters", ()):
                if parameter["in"] in {"query", "path"} and parameter["name"] != "wait":
                    yield Field(method.upper(), path, parameter["in"], (parameter["name"],))
            for kind, content in operation.get("requestBody", {}).get("content", {}).items():
                if kind == "application/json":
                    yield from _in_body(document, method.upper(), path, content["schema"])


def _in_body(document: Any, method: str, path: str, schema: Any) -> Iterator[Field]:
    everything = _example(document, schema, "", full=True)
    for name in _texts(document, schema, ()):
        yield Field(method, path, "body", name, _only(document, schema, name, everything))


def _only(document: Any, schema: Any, name: Path, everything: Any) -> Any:
    """Return the smallest body that has the field."""
    body = _example(document, schema, "")
    if isinstance(body, dict) and name[0] not in body:
        body[name[0]] = deepcopy(everything[name[0]])
    return body


def _texts(document: Any, schema: Any, path: Path) -> Iterator[Path]:
    for one in _variants(document, schema):
        match one.get("type"):
            case "string":
                yield path
            case "array":
                yield from _texts(document, one.get("items", {}), (*path, 0))
            case "object":
                for name, inner in one.get("properties", {}).items():
                    yield from _texts(document, inner, (*path, name))


def _example(document: Any, schema: Any, name: str, *, full: bool = False) -> Any:
    if name in PLAUSIBLE:
        return PLAUSIBLE[name]
    (one, *_) = [*(one for one in _variants(document, schema) if one.get("type") != "null"), {}]
    inner = one.get("properties", {})
    match one.get("type"):
        case "object":
            return {
                key: _example(document, inner[key], key, full=full)
                for key in (inner if full else one.get("required", ()))
            }
        case "array":
            return [_example(document, one.get("items", {}), name, full=full)]
        case kind:
            return _plain(one, kind)


def _plain(one: Any, kind: str | None) -> Any:
    known = [one["const"]] if "const" in one else [*one.get("enum", ()), *one.get("examples", ())]
    usual = {"integer": one.get("minimum", 1), "number": 1, "boolean": False}
    return known[0] if known else usual.get(kind or "", "words")


def _variants(document: Any, schema: Any) -> Iterator[Any]:
    if "$ref" in schema:
        found = document
        for step in schema["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        yield from _variants(document, found)
    elif "anyOf" in schema or "oneOf" in schema:
        for one in schema.get("anyOf", schema.get("oneOf")):
            yield from _variants(document, one)
    else:
        yield schema
