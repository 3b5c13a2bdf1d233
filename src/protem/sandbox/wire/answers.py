"""Answers and errors as bytes, by the protocol of the service."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol
from xml.etree import ElementTree as ET

from botocore.model import OperationModel

from protem.sandbox.refusals import Refusal
from protem.sandbox.wire.validation import AnyShape

JSON_TYPE = "application/x-amz-json-1.1"
XML_TYPE = "text/xml"


class Writer(Protocol):
    """A protocol's way of writing; only the query protocol says the request's id in the body."""

    content_type: str

    def answer(self, model: OperationModel, answer: Mapping[str, Any], *, request_id: str) -> bytes: ...

    def refusal(self, refusal: Refusal, *, request_id: str) -> bytes: ...


def writer_of(model: OperationModel) -> Writer:
    return XmlWriter() if model.service_model.metadata["protocol"] == "query" else JsonWriter()


class JsonWriter:
    content_type = JSON_TYPE

    def answer(self, model: OperationModel, answer: Mapping[str, Any], *, request_id: str) -> bytes:
        shape = model.output_shape
        return json.dumps(presented(shape, dict(answer)) if shape else {}).encode()

    def refusal(self, refusal: Refusal, *, request_id: str) -> bytes:
        return refusal_as_json(refusal)


class XmlWriter:
    """Writes flat answers; no service here needs more."""

    content_type = XML_TYPE

    def answer(self, model: OperationModel, answer: Mapping[str, Any], *, request_id: str) -> bytes:
        namespace = model.service_model.metadata["xmlNamespace"]
        response = ET.Element(f"{model.name}Response", xmlns=namespace)
        result = ET.SubElement(response, f"{model.name}Result")
        for name, text in answer.items():
            ET.SubElement(result, name).text = str(text)
        metadata = ET.SubElement(response, "ResponseMetadata")
        ET.SubElement(metadata, "RequestId").text = request_id
        return ET.tostring(response)

    def refusal(self, refusal: Refusal, *, request_id: str) -> bytes:
        blame = "Receiver" if refusal.is_ours else "Sender"
        response = ET.Element("ErrorResponse")
        error = ET.SubElement(response, "Error")
        for name, text in (("Type", blame), ("Code", refusal.code), ("Message", refusal.message)):
            ET.SubElement(error, name).text = text
        ET.SubElement(response, "RequestId").text = request_id
        return ET.tostring(response)


def refusal_as_json(refusal: Refusal) -> bytes:
    body = {"__type": refusal.code, "Message": refusal.message, **refusal.fields}
    return json.dumps(body).encode()


def presented(shape: AnyShape, value: Any) -> Any:
    """Return the value as JSON has it: members of the model only, no None, times as seconds."""
    match value:
        case dict() if shape.type_name == "structure":
            return {
                name: presented(shape.members[name], member)
                for name, member in value.items()
                if member is not None
            }
        case list():
            return [presented(shape.member, item) for item in value]
        case datetime():
            return round(value.timestamp(), 3)
        case _:
            return value
