"""As much of JSON Schema as the published one uses, for asking it what an editor would say."""

import re
from collections.abc import Iterator
from typing import Any

_TYPES: dict[str, type | tuple[type, ...]] = {
    "array": list,
    "boolean": bool,
    "integer": int,
    "object": dict,
    "string": str,
}
_KNOWN = {
    *("$ref", "additionalProperties", "anyOf", "enum", "items", "maxItems", "maxLength", "maximum"),
    *("minItems", "minLength", "minProperties", "minimum", "pattern", "properties", "propertyNames"),
    *("required", "type", "$defs", "$id", "$schema", "description", "examples", "title"),
}


def complaints(value: Any, schema: dict[str, Any], *, root: Any = None, at: str = "") -> Iterator[str]:
    """Yield the place of everything about ``value`` that a schema does not let pass."""
    root = root or schema
    assert set(schema) <= _KNOWN
    if reference := schema.get("$ref"):
        yield from complaints(value, root["$defs"][reference.rpartition("/")[2]], root=root, at=at)
    choices = schema.get("anyOf")
    if choices and all(any(complaints(value, choice, root=root)) for choice in choices):
        yield f"{at}: none of the choices"
    if "type" in schema and not _is(value, schema["type"]):
        yield f"{at}: no {schema['type']}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{at}: none of {schema['enum']}"
    if isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
        yield f"{at}: not like {schema['pattern']}"
    yield from (f"{at}: {bound}" for bound in _out_of_bounds(value, schema))
    if isinstance(value, dict):
        yield from _in_mapping(value, schema, root, at)
    if isinstance(value, list) and "items" in schema:
        for place, item in enumerate(value):
            yield from complaints(item, schema["items"], root=root, at=f"{at}[{place}]")


def _is(value: Any, kind: str) -> bool:
    return isinstance(value, _TYPES[kind]) and not (kind == "integer" and isinstance(value, bool))


def _out_of_bounds(value: Any, schema: dict[str, Any]) -> Iterator[str]:
    sizes: dict[str, type] = {"Length": str, "Items": list, "Properties": dict}
    for noun, kind in sizes.items():
        if isinstance(value, kind):
            size: int = len(value)  # type: ignore[arg-type]  # each of these kinds has one
            if not schema.get(f"min{noun}", 0) <= size <= schema.get(f"max{noun}", size):
                yield noun
    if isinstance(value, int) and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        yield "range"


def _in_mapping(value: dict[str, Any], schema: dict[str, Any], root: Any, at: str) -> Iterator[str]:
    known, others = schema.get("properties", {}), schema.get("additionalProperties", {})
    yield from (f"{at}.{key}: missing" for key in schema.get("required", ()) if key not in value)
    for key, item in value.items():
        if key in known:
            yield from complaints(item, known[key], root=root, at=f"{at}.{key}")
        elif others is False:
            yield f"{at}.{key}: unknown"
        else:
            yield from complaints(item, others, root=root, at=f"{at}.{key}")
