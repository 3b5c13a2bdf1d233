"""Settings that are wrong are named, with what would be right."""

import pytest

from tests.cli.conftest import Invoke


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PROTEM_PORT", "99999", "less than or equal to 65535"),
        ("PROTEM_PORT", "http", "integer"),
        ("PROTEM_HOST", "example.invalid", "IPv4 or IPv6"),
        ("PROTEM_MINIMUM_DURATION", "1 hour", "PT30M"),
        ("PROTEM_TICK_INTERVAL", "PT0S", "longer than PT0S"),
        ("PROTEM_CALL_RATE", "1000", "less than or equal to 20"),
        ("PROTEM_DATABASE_URL", "mysql://root:secret@db/protem", "mysql is not supported"),
        ("PROTEM_DATABASE_URL", "somewhere:secret", "looks like sqlite:///protem.db"),
        ("PROTEM_DATABASE_URL", "sqlite://", "SQLite needs a file"),
    ],
)
def test_a_setting_that_is_wrong_is_named(invoke: Invoke, name: str, value: str, said: str) -> None:
    result = invoke("migrate", env={name: value})
    assert result.exit_code == 2
    assert f"{name}: " in result.stderr
    assert said in result.stderr
    assert "secret" not in result.stderr


def test_all_settings_that_are_wrong_are_named_at_once(invoke: Invoke) -> None:
    result = invoke("migrate", env={"PROTEM_PORT": "x", "PROTEM_LOG_FORMAT": "y"})
    assert "PROTEM_PORT" in result.stderr
    assert "PROTEM_LOG_FORMAT" in result.stderr


def test_a_misspelt_setting_does_not_pass_unnoticed(invoke: Invoke, sqlite_url: str) -> None:
    env = {"PROTEM_DATABASE_URL": sqlite_url, "PROTEM_ENTITLEMENT_FILE": "x.yaml"}
    result = invoke("tokens", "list", env=env)
    assert result.exit_code == 0
    assert "did you mean PROTEM_ENTITLEMENTS_FILE?" in result.stderr
