"""Identifiers in the forms AWS gives them, the same for the same seed."""

import random
import string
from uuid import UUID

HEXADECIMAL = "0123456789abcdef"
LOWER_ALPHANUMERIC = string.ascii_lowercase + string.digits


class Identifiers:
    """The only source of chance in a sandbox."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311  chance that can be repeated

    def hexadecimal(self, length: int) -> str:
        return "".join(self._random.choices(HEXADECIMAL, k=length))

    def alphanumeric(self, length: int) -> str:
        return "".join(self._random.choices(LOWER_ALPHANUMERIC, k=length))

    def uuid(self) -> str:
        return str(UUID(int=self._random.getrandbits(128), version=4))

    def instance(self) -> str:
        return f"ssoins-{self.hexadecimal(16)}"

    def permission_set(self) -> str:
        return f"ps-{self.hexadecimal(16)}"

    def identity_store(self) -> str:
        return f"d-{self.hexadecimal(10)}"

    def organization(self) -> str:
        return f"o-{self.alphanumeric(10)}"

    def root(self) -> str:
        return f"r-{self.alphanumeric(4)}"

    def unit(self, root_id: str) -> str:
        return f"ou-{root_id.removeprefix('r-')}-{self.alphanumeric(8)}"

    def between(self, least: float, most: float) -> float:
        return self._random.uniform(least, most)
