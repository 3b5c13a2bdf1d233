"""An Identity Center of our own: for the demo, the tests and the benchmarks."""

from protem.sandbox.core import Sandbox
from protem.sandbox.demo import Demo, seed_demo
from protem.sandbox.faults import Fault
from protem.sandbox.settings import Settings

__all__ = ["Demo", "Fault", "Sandbox", "Settings", "seed_demo"]
