"""The page about the sandbox names everything that can be asked of it, set on it, and ordered from it."""

from dataclasses import fields
from pathlib import Path

import pytest

from protem.sandbox import Fault, Settings
from protem.sandbox.handlers import HANDLERS

PAGE = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text()


@pytest.mark.parametrize("operation", [name for handlers in HANDLERS.values() for name in handlers])
def test_every_operation_is_on_the_page(operation: str) -> None:
    assert operation in PAGE


@pytest.mark.parametrize("setting", [field.name for field in fields(Settings)])
def test_every_setting_is_on_the_page(setting: str) -> None:
    assert f"`{setting}`" in PAGE


@pytest.mark.parametrize(
    "fault", [name for name, made in vars(Fault).items() if isinstance(made, classmethod)]
)
def test_every_fault_is_on_the_page(fault: str) -> None:
    assert f"`Fault.{fault}(" in PAGE
