"""Structured logs: one JSON object a line, or something for people to read."""

import logging
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from structlog.typing import Processor

_SHARED: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)

_LIBRARIES = {
    "alembic": logging.WARNING,
    "apscheduler": logging.ERROR,  # it warns of each run that it skips, and skipping is what it is told to do
    "botocore": logging.WARNING,
    "httpx2": logging.WARNING,
}

# Tracebacks come without the values of variables: tokens pass through them.
_RENDERERS: Mapping[str, Sequence[Processor]] = {
    "console": (structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),),
    "json": (
        structlog.processors.ExceptionRenderer(
            structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        ),
        structlog.processors.JSONRenderer(),
    ),
}


_SECRETS = re.compile(
    r"protem_[0-9A-Za-z]{36,}"  # tokens of ours
    r"|whsec_[0-9A-Za-z+/=]+"  # what signs for webhooks
    r"|eyJ[0-9A-Za-z_-]+\.[0-9A-Za-z_-]+\.[0-9A-Za-z_-]*"  # tokens of an identity provider
    r"|(?<=://)[^\s/@:]*:[^\s/@]+(?=@)"  # passwords in addresses
)
_INSTEAD = "[secret]"


def redacted(_: Any, __: str, line: Any) -> str:
    """Return a rendered line without what looks like a secret: the last resort, where libraries tell one."""
    return _SECRETS.sub(_INSTEAD, str(line))


def configure(log_format: str, *, level: int = logging.INFO) -> None:
    """Send every log line of this process, those of libraries included, to standard error."""
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_SHARED,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            *_RENDERERS[log_format],
            redacted,
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name, least in _LIBRARIES.items():
        logging.getLogger(name).setLevel(least)
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
