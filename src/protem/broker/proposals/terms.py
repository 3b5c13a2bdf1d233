"""What the carrying out of every change is given, and may leave to be done."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

Arguments = Mapping[str, Any]
"""What the proposer gave: JSON, as it was kept."""

Aftermath = Callable[[Session, datetime], object]
"""What is left to do in a transaction of its own, once the change is committed."""
