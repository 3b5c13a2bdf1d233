"""Who the caller is: always the same role, in the account that administers the instance."""

from collections.abc import Mapping
from typing import Any

from protem.sandbox.state import State


def get_caller_identity(state: State, parameters: Mapping[str, Any]) -> dict[str, Any]:
    account = state.settings.caller_account
    return {
        "UserId": "AROAEXAMPLEPROTEM0000:sandbox",
        "Account": account,
        "Arn": f"arn:aws:sts::{account}:assumed-role/protem/sandbox",
    }
