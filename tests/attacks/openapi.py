"""Cases that schemathesis makes of the OpenAPI document: some in order, some not."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode

MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


def load(app: FastAPI) -> Any:
    """Return the document as schemathesis has it; its cases are sent to ``app``, without a port.

    Who calls is left out: whatever is wrong with a case, its credential is good.
    """
    document = deepcopy(app.openapi())
    for methods in document["paths"].values():
        for operation in methods.values():
            operation.pop("security", None)
    schema = schemathesis.openapi.from_dict(document)
    schema.app = app
    return schema


def operations(schema: Any) -> list[Any]:
    return [found.ok() for found in schema.get_all_operations()]


def cases(operation: Any, *, mode: GenerationMode, count: int, number: int) -> Iterator[Case[Any]]:
    """Return up to ``count`` cases of one operation; the same ``number`` gives the same ones."""
    made: list[Case[Any]] = []

    @seed(number)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(generation_mode=mode))
    def collect(case: Case[Any]) -> None:
        made.append(case)

    try:
        collect()
    except Unsatisfiable:
        return  # what takes nothing cannot be sent anything wrong
    yield from made
