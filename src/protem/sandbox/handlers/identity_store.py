"""What users and groups have in common."""

from collections.abc import Mapping
from typing import Any

from protem.sandbox.refusals import Refusal, invalid
from protem.sandbox.state import State

Parameters = Mapping[str, Any]


def check_store(state: State, parameters: Parameters) -> None:
    """Accept the identity store by its id or its ARN."""
    store_id = parameters["IdentityStoreId"].rpartition("/")[2]
    if store_id != state.directory.store_id:
        raise missing("IDENTITY_STORE", store_id)


def missing(resource_type: str, resource_id: str) -> Refusal:
    return Refusal(
        "ResourceNotFoundException",
        f"{resource_type} not found.",
        fields={"ResourceType": resource_type, "ResourceId": resource_id},
    )


def filter_value(parameters: Parameters, *, attribute: str) -> str | None:
    """Return what the one supported attribute must be, or None when nothing is filtered."""
    for condition in parameters.get("Filters", []):
        if condition["AttributePath"].casefold() != attribute.casefold():
            raise invalid(f"Filtering by {condition['AttributePath']} is not supported")
        return str(condition["AttributeValue"])
    return None


def unique_attribute(parameters: Parameters) -> tuple[str, str]:
    """Return the attribute's path in lower case, and its value."""
    attribute = parameters["AlternateIdentifier"].get("UniqueAttribute")
    if attribute is None:
        raise invalid("The sandbox knows nobody by an external id")
    return attribute["AttributePath"].casefold(), str(attribute["AttributeValue"])
