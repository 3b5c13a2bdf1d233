"""Which operation an HTTP request asks for, and with what."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from botocore.model import OperationModel, OperationNotFoundError

from protem.sandbox.refusals import Refusal, unknown_operation
from protem.sandbox.wire.services import (
    service_model,
    services_by_signing_name,
    services_by_target,
)

CREDENTIAL = re.compile(r"Credential=[^/,\s]+/\d{8}/(?P<region>[^/]+)/(?P<service>[^/]+)/")
PROTOCOL_FIELDS = {"Action", "Version"}


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request; header names are in lower case."""

    headers: Mapping[str, str]
    body: bytes
    query: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Asked:
    """A request understood so far as to know what it is about."""

    service: str
    model: OperationModel
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def operation(self) -> str:
        return self.model.name


def read(request: Request) -> Asked:
    """Understand a request; signatures must be there, but are not verified."""
    scope = CREDENTIAL.search(request.headers.get("authorization", ""))
    if scope is None:
        message = "Request is missing Authentication Token"
        raise Refusal("MissingAuthenticationTokenException", message, status=403)
    if target := request.headers.get("x-amz-target"):
        return _read_json(target, request.body)
    return _read_query(scope["service"], request)


def _read_json(target: str, body: bytes) -> Asked:
    prefix, _, operation = target.partition(".")
    model = _model_of(services_by_target().get(prefix), operation)
    try:
        parameters = json.loads(body or b"{}")
    except ValueError as error:
        raise Refusal("SerializationException", "The body is not JSON") from error
    return Asked(model.service_model.service_name, model, parameters)


def _read_query(signing_name: str, request: Request) -> Asked:
    fields = dict(parse_qsl(request.query or request.body.decode(errors="replace")))
    model = _model_of(services_by_signing_name().get(signing_name), fields.get("Action", ""))
    parameters = {k: v for k, v in fields.items() if k not in PROTOCOL_FIELDS}
    return Asked(model.service_model.service_name, model, parameters)


def _model_of(service: str | None, operation: str) -> OperationModel:
    if service is None:
        raise unknown_operation(operation)
    try:
        return service_model(service).operation_model(operation)
    except OperationNotFoundError as error:
        raise unknown_operation(operation) from error
