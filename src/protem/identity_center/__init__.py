"""AWS IAM Identity Center in our words; boto3 is known only in ``aws``."""
