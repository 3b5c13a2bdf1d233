"""Accounts and permission sets, as authors pick them."""

from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from protem.broker.documents.scalars import Part, Text, Texts, Truth, matching, unordered
from protem.broker.documents.tags import Tags
from protem.domain import names

_LETTERS = r"\w+=,.@-"
_NAME = rf"^[{_LETTERS}]{{1,32}}$"
_GLOB = rf"^[*?{_LETTERS}]{{1,64}}$"


def _account_name(text: str) -> str:
    if names.is_identifier(text):
        raise ValueError(f"{text!r} is an id; write it under ids")
    return text


def _unit(text: str) -> str:
    parts = [part.strip() for part in text.strip("/").split("/")]
    if not all(parts):
        raise ValueError(f"{text!r} is no organizational unit; write a path, as in Workloads/Prod, or an id")
    return "/".join(parts)


_AccountId = Annotated[
    str,
    AfterValidator(
        matching(names.ACCOUNT_ID, "is not an account id; write its twelve digits, or put a name under names")
    ),
    WithJsonSchema({"type": "string", "pattern": names.ACCOUNT_ID}),
]
_AccountIds = Annotated[list[_AccountId], Field(min_length=1), AfterValidator(unordered)]
_AccountNames = Annotated[
    list[Annotated[Text, AfterValidator(_account_name)]], Field(min_length=1), AfterValidator(unordered)
]
_Units = Annotated[
    list[Annotated[Text, AfterValidator(_unit)]], Field(min_length=1), AfterValidator(unordered)
]
_SetName = Annotated[
    str,
    AfterValidator(
        matching(
            rf"{_NAME}|{names.PERMISSION_SET_ARN}",
            "is neither the name nor the ARN of a permission set; a pattern stands under patterns",
        )
    ),
    WithJsonSchema({"type": "string", "anyOf": [{"pattern": _NAME}, {"pattern": names.PERMISSION_SET_ARN}]}),
]
_SetNames = Annotated[list[_SetName], Field(min_length=1), AfterValidator(unordered)]
_Glob = Annotated[
    str,
    AfterValidator(
        matching(
            _GLOB,
            "is no pattern; write what names are made of, * for anything and ? for one character",
        )
    ),
    WithJsonSchema({"type": "string", "pattern": _GLOB}),
]
_Globs = Annotated[list[_Glob], Field(min_length=1), AfterValidator(unordered)]


class PermissionSets(Part):
    names: _SetNames = Field(default=[], description="a list of names or ARNs, as in [ReadOnlyAccess]")
    patterns: _Globs = Field(
        default=[],
        description='a list of patterns for names, as in ["*ReadOnly*"]: * is anything, ? one character',
    )
    tags: Tags = Field(default={}, description="trusted tags that it must have, as in {risk: low}")
    excluded: _SetNames = Field(
        default=[], alias="except", description="a list of names or ARNs that are taken away again"
    )

    @model_validator(mode="after")
    def _something(self) -> "PermissionSets":
        if not (self.names or self.patterns or self.tags):
            raise ValueError(
                "picks no permission set; write names, patterns or tags, as in {names: [ReadOnlyAccess]}"
            )
        return self


class Accounts(Part):
    ids: _AccountIds = Field(default=[], description='a list of account ids, as in ["111122223333"]')
    names: _AccountNames = Field(default=[], description="a list of account names, as in [shop-prod]")
    organizational_units: _Units = Field(
        default=[],
        description="a list of organizational units with all that is below them,"
        " by path or id, as in [Workloads/Prod]",
    )
    tags: Tags = Field(default={}, description="trusted tags that it must have, as in {env: prod}")
    all: Truth = Field(default=False, description="true for every account")
    excluded: Texts = Field(
        default=[], alias="except", description="a list of account ids or names that are taken away again"
    )

    @model_validator(mode="after")
    def _somewhere(self) -> "Accounts":
        pickers = ("ids", "names", "organizational_units", "tags")
        beside = [picker for picker in pickers if getattr(self, picker)]
        if self.all and beside:
            raise ValueError(f"names {beside[0]} beside all: true; leave one of them out")
        if not (self.all or beside):
            raise ValueError(
                "names no account; write ids, names, organizational_units or tags,"
                ' as in {ids: ["111122223333"]}, or all: true'
            )
        return self
