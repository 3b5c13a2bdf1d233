"""ISO 8601 durations, the part of them that is exact: weeks, days, hours, minutes, seconds."""

import re
from datetime import timedelta

PATTERN = (
    r"^P(?=\d|T\d)(?:(?P<weeks>\d{1,3})W)?(?:(?P<days>\d{1,4})D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d{1,5})H)?(?:(?P<minutes>\d{1,6})M)?(?:(?P<seconds>\d{1,8})S)?)?$"
)
_ISO = re.compile(PATTERN, re.ASCII)


def parse(text: str) -> timedelta:
    """Return the duration that ``text`` names, such as ``PT1H30M``.

    Raises ``ValueError`` for anything else: months and years have no fixed length, signs and
    fractions no use here.
    """
    match = _ISO.fullmatch(text)
    if match is None or text.endswith("\n"):
        message = "a duration is written like PT30M, PT1H30M or P1D"
        raise ValueError(message)
    return timedelta(**{unit: int(digits) for unit, digits in match.groupdict().items() if digits})


def text(duration: timedelta) -> str:
    """Return the shortest ISO 8601 form of a duration of whole seconds, such as ``PT1H30M``."""
    total = int(duration.total_seconds())
    days, rest = divmod(total, 86_400)
    hours, rest = divmod(rest, 3_600)
    minutes, seconds = divmod(rest, 60)
    clock = "".join(f"{n}{unit}" for n, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if n)
    if not days and not clock:
        return "PT0S"
    return "P" + (f"{days}D" if days else "") + (f"T{clock}" if clock else "")
