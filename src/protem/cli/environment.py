"""Settings, and what to say when one of them is wrong."""

import os
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from protem.cli.failures import Exit, Failure
from protem.cli.output import warn
from protem.db import engine
from protem.domain.errors import FieldError
from protem.settings import Settings

PREFIX = "PROTEM_"
OF_THE_CLIENT = frozenset({"PROTEM_URL", "PROTEM_TOKEN"})


def settings(**chosen: Any) -> Settings:
    """Return the settings of the environment, except for those that were chosen on the command line.

    Raises ``Failure`` with every variable that is wrong, what it is for, and what would be right.
    """
    for stranger in strangers():
        warn(stranger)
    return load(**chosen)


def load(**chosen: Any) -> Settings:
    """Return the settings without a word about what is none."""
    try:
        found = Settings(**{name: value for name, value in chosen.items() if value is not None})
        engine.parse(found.database_url.get_secret_value())
    except ValidationError as error:
        wrong = [_explained(str(one["loc"][0]), one["msg"]) for one in error.errors(include_input=False)]
    except engine.UnsupportedDatabaseError as error:
        wrong = [_explained("database_url", str(error))]
    else:
        return found
    raise Failure("settings-invalid", "the environment cannot be used", errors=wrong, leaving=Exit.USAGE)


def variable(setting: str) -> str:
    """Return the environment variable of a setting."""
    return f"{PREFIX}{setting.upper()}"


def _explained(setting: str, message: str) -> FieldError:
    described = Settings.model_fields[setting].description or ""
    sentence = message.removeprefix("Value error, ")
    return FieldError(variable(setting), f"{sentence}. {described}")


def strangers() -> Iterator[str]:
    """Yield a sentence for each variable that looks like a setting and is none."""
    known = {variable(setting) for setting in Settings.model_fields} | OF_THE_CLIENT
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            yield f"{name} is not a setting of this version and changes nothing{hint}"
