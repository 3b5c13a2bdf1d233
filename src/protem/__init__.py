"""Just-in-time access for AWS IAM Identity Center."""

__version__ = "0.1.0"
