"""Identity Center as AWS serves it: the one package that knows boto3 and botocore."""

from protem.identity_center.aws.assignments import AwsAssignments
from protem.identity_center.aws.connection import Connection, connect
from protem.identity_center.aws.directory import AwsDirectory

__all__ = ["AwsAssignments", "AwsDirectory", "Connection", "connect"]
