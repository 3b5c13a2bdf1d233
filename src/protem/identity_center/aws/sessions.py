"""Where credentials come from: the places boto3 knows, or nowhere for what only looks like AWS."""

from collections.abc import Callable
from typing import Any

import boto3


def ambient() -> boto3.Session:
    """Return a session with the credentials, region and endpoints that boto3 finds by itself."""
    return boto3.Session()


def answered_by(mount: Callable[[Any], None]) -> boto3.Session:
    """Return a session that ``mount`` answers in place of AWS; its credentials open nothing."""
    session = boto3.Session(
        aws_access_key_id="AKIAIOSFODNN7EXAMPLE",  # AWS's own example
        aws_secret_access_key="nothing",  # noqa: S106 - opens nothing
        region_name="us-east-1",
    )
    mount(session)
    return session
