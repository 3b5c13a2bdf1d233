"""`protem demo`: the whole of Protem on this machine, with a sandbox in place of AWS."""

from protem.cli.demo.command import demo

__all__ = ["demo"]
