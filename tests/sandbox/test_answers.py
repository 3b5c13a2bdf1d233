"""Every answer, held against the service model."""

import json
from typing import Any

import pytest
from botocore import xform_name

from protem.sandbox.handlers import HANDLERS
from protem.sandbox.wire.services import service_model
from protem.sandbox.wire.validation import violations
from tests.sandbox.scene import CREATION_SECONDS, Scene

SPOKEN_IN_JSON = ("sso-admin", "identitystore", "organizations")


@pytest.mark.parametrize(
    ("service", "operation"),
    [(service, operation) for service in SPOKEN_IN_JSON for operation in HANDLERS[service]],
)
def test_every_answer_is_one_that_the_model_allows(scene: Scene, service: str, operation: str) -> None:
    asked = everything(scene) | exceptions(scene).get(operation, {})
    model = service_model(service).operation_model(operation)
    members: Any = model.input_shape.members if model.input_shape else {}

    answer = raw_answer(scene, service, operation, {name: asked[name] for name in members if name in asked})

    assert answer
    assert list(violations(model.output_shape, answer)) == []


def everything(scene: Scene) -> dict[str, Any]:
    """A value for whatever an operation may require."""
    creation = scene.create()
    scene.clock.advance(CREATION_SECONDS)
    return {
        **scene.triple(account="data-prod", permission_set="DatabaseOperator"),
        "AccountId": scene.demo.accounts["shop-prod"],
        "AccountAssignmentCreationRequestId": creation,
        "AccountAssignmentDeletionRequestId": scene.delete(),
        "ResourceArn": scene.demo.permission_sets["ReadOnlyAccess"],
        "ResourceId": scene.demo.accounts["shop-prod"],
        "IdentityStoreId": scene.store,
        "UserId": scene.demo.users["carol"],
        "GroupId": scene.demo.groups["developers"],
        "MemberId": {"UserId": scene.demo.users["carol"]},
        "ChildId": scene.demo.accounts["shop-prod"],
        "ParentId": scene.demo.units["Workloads"],
    }


def exceptions(scene: Scene) -> dict[str, dict[str, Any]]:
    boundary = "arn:aws:iam::aws:policy/PowerUserAccess"
    bounded = scene.sandbox.permission_sets.add("Bounded", permissions_boundary=boundary)
    return {
        "GetPermissionsBoundaryForPermissionSet": {"PermissionSetArn": bounded},
        "GetUserId": {"AlternateIdentifier": unique("userName", "carol@example.com")},
        "GetGroupId": {"AlternateIdentifier": unique("displayName", "developers")},
    }


def unique(attribute: str, value: str) -> dict[str, Any]:
    return {"UniqueAttribute": {"AttributePath": attribute, "AttributeValue": value}}


def raw_answer(scene: Scene, service: Any, operation: str, asked: dict[str, Any]) -> Any:
    bodies: list[bytes] = []
    keep: Any = lambda response_dict, **_: bodies.append(response_dict["body"])  # noqa: E731
    scene.session.events.register("before-parse", keep)
    client = scene.session.client(service)
    getattr(client, xform_name(operation))(**asked)
    return json.loads(bodies[-1])
