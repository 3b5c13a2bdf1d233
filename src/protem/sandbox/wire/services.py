"""botocore's models of the services that the sandbox imitates."""

from functools import cache

from botocore.loaders import Loader
from botocore.model import ServiceModel

SERVICES = ("sso-admin", "identitystore", "organizations", "sts")


@cache
def service_model(service: str) -> ServiceModel:
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


@cache
def services_by_target() -> dict[str, str]:
    """Map what stands before the dot in `X-Amz-Target` to its service."""
    prefixes = {name: service_model(name).metadata.get("targetPrefix") for name in SERVICES}
    return {prefix: name for name, prefix in prefixes.items() if prefix}


@cache
def services_by_signing_name() -> dict[str, str]:
    """Map the service in a credential scope to ours."""
    return {service_model(name).signing_name: name for name in SERVICES}
