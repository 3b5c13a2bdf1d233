"""Sessions of nobody's, which find neither files nor variables of the machine."""

import boto3
import botocore.session
from botocore.loaders import create_loader

# The models of AWS's services are megabytes of JSON: read once, not by every test.
LOADER = create_loader()


def session_of_nobody() -> boto3.Session:
    below = botocore.session.get_session()
    below.register_component("data_loader", LOADER)
    return boto3.Session(
        aws_access_key_id="key",
        aws_secret_access_key="secret",
        region_name="eu-central-1",
        botocore_session=below,
    )
