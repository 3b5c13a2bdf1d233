"""The language as a JSON Schema, for editors that check and complete while one writes.

It says what a document looks like; what hangs together in it (that a default is within the maximum,
say) only ``parse`` knows.
"""

from typing import Any

from protem.broker.documents.language import File

ID = "urn:protem:entitlements:1"
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def published() -> dict[str, Any]:
    """Return the schema, with every key as authors write it."""
    schema = File.model_json_schema(by_alias=True)
    parts = schema.pop("$defs")
    described = {name: _described(part, title=_words(name)) for name, part in sorted(parts.items())}
    root = _described(schema, title="Entitlements of Protem")
    return {"$schema": DIALECT, "$id": ID, **root, "$defs": described}


def _described(part: dict[str, Any], *, title: str) -> dict[str, Any]:
    """Return a part with a title for itself and each of its keys, of which it has to say one at least."""
    keys = {key: {**_offered(value), "title": _words(key)} for key, value in part["properties"].items()}
    return {**part, "title": title, "properties": keys} | ({} if "required" in part else {"minProperties": 1})


def _offered(value: dict[str, Any]) -> dict[str, Any]:
    """Return what may stand under a key: a key that may be left out may not be empty."""
    choices = [choice for choice in value.get("anyOf", ()) if choice != {"type": "null"}]
    rest = {key: kept for key, kept in value.items() if key not in {"anyOf", "default"}}
    match choices:
        case []:
            return rest
        case [only]:
            return {**only, **rest}
        case _:
            return {"anyOf": choices, **rest}


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()
