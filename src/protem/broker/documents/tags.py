"""Tags select only where the document trusts them: whoever may set one could else hand out access."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    GetJsonSchemaHandler,
    StringConstraints,
    ValidationInfo,
)
from pydantic_core import CoreSchema

from protem.broker.documents.scalars import unordered

TAG_KEYS = frozenset({"tags", "account_tags"})
"""Under these, tags stand by name; under ``owner_tag`` stands the name of one."""

_TRUSTED = "trusted_tags"


class OneOrMany:
    """Lets a list of one be written as the one."""

    @staticmethod
    def listed(value: Any) -> Any:
        return [value] if isinstance(value, str | Mapping) else value

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        many = handler(schema)
        return {"anyOf": [many["items"], many]}


def trusting(document: Any) -> dict[str, Any]:
    """Return the context in which a document is validated: which tags it trusts."""
    found = document.get(_TRUSTED) if isinstance(document, Mapping) else None
    return {_TRUSTED: frozenset(tag for tag in _list(found) if isinstance(tag, str))}


def used(document: Any) -> frozenset[str]:
    """Return the names of all tags that anything in a document goes by."""
    if isinstance(document, list):
        return frozenset[str]().union(*(used(item) for item in document))
    if not isinstance(document, Mapping):
        return frozenset()
    here = {tag for key in TAG_KEYS for tag in document.get(key, ())}
    here |= {document["owner_tag"]} if "owner_tag" in document else set()
    return frozenset(here).union(*(used(value) for value in document.values()))


def _list(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list) else ()


def _trusted(tag: str, info: ValidationInfo) -> str:
    # Without a context, nothing is: a reader that forgot it must not widen anything.
    if tag not in (info.context or {}).get(_TRUSTED, frozenset()):
        raise ValueError(f"the tag {tag} is not trusted; name it under trusted_tags")
    return tag


def _in_order(tags: dict[str, list[str]]) -> dict[str, list[str]]:
    return dict(sorted(tags.items()))


TagName = Annotated[str, StringConstraints(min_length=1, max_length=128)]
TrustedTag = Annotated[TagName, AfterValidator(_trusted)]
_Value = Annotated[str, StringConstraints(min_length=1, max_length=256)]
_Values = Annotated[
    list[_Value],
    BeforeValidator(OneOrMany.listed),
    Field(min_length=1),
    AfterValidator(unordered),
    OneOrMany(),
]
Tags = Annotated[dict[TrustedTag, _Values], Field(min_length=1), AfterValidator(_in_order)]
