"""`protem doctor`: look at everything that an installation needs, and say what to do about it."""

from protem.cli.doctor.command import doctor

__all__ = ["doctor"]
