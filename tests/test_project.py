"""What holds for the project around the code."""

import re
import subprocess
import tomllib
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

CHECKOUT = Path(__file__).parents[1]
PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())
LOCKS = sorted((CHECKOUT / "requirements").glob("*.txt"))


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=CHECKOUT, check=True, stdout=subprocess.PIPE, text=True
    )
    return [CHECKOUT / name for name in listed.stdout.split("\0") if (CHECKOUT / name).is_file()]


def locked(name: str) -> dict[str, str]:
    lines = (CHECKOUT / "requirements" / f"{name}.txt").read_text().splitlines()
    pins = (re.match(r"([\w.-]+)==([^\s;]+)", line) for line in lines)
    return {canonicalize_name(pin[1]): pin[2] for pin in pins if pin}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_names_no_host_and_every_package_has_its_hashes(lock: Path) -> None:
    text = lock.read_text()
    assert "://" not in text
    assert "--index" not in text
    for package in re.split(r"\n(?=\S)", text.replace("\\\n", "")):
        assert "==" not in package or "--hash=sha256:" in package


def test_the_locks_satisfy_what_the_project_asks_for() -> None:
    project = PROJECT["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["postgresql"]]
    development = [one for one in chain(*PROJECT["dependency-groups"].values()) if isinstance(one, str)]
    for lock, requirements in {"runtime": asked, "dev": asked + development}.items():
        pins = locked(lock)
        for requirement in map(Requirement, requirements):
            assert pins[canonicalize_name(requirement.name)] in requirement.specifier


def test_what_is_tested_is_what_is_shipped() -> None:
    assert locked("runtime").items() <= locked("dev").items()
    assert locked("build").items() <= locked("dev").items()


def test_the_domain_is_kept_from_every_package_that_the_project_asks_for() -> None:
    (contract,) = (one for one in PROJECT["tool"]["importlinter"]["contracts"] if "domain" in one["name"])
    modules = {name.replace("_", "-") for name in contract["forbidden_modules"]}
    forbidden = modules | {"pyjwt", "pyyaml", "google-re2"}  # which are imported by other names
    project = PROJECT["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["postgresql"]]
    assert {Requirement(one).name for one in asked} <= forbidden


def test_the_licence_is_apache_2() -> None:
    text = (CHECKOUT / "LICENSE").read_text()
    assert PROJECT["project"]["license"] == "Apache-2.0"
    assert "Apache License" in text
    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text


def test_ci_checks_and_tests() -> None:
    script = CHECKOUT / ".ci" / "run"
    lines = script.read_text().splitlines()
    assert {"set -euo pipefail", "make check", "make test"} <= set(lines)
    assert script.stat().st_mode & 0o111


def test_no_file_names_a_registry_or_the_machine_it_was_written_on() -> None:
    registry = re.compile(r"(index-url|find-links)\s*=?\s*[\"']?\w+://|://\S*/simple\b|files\.pythonhosted")
    places = [CHECKOUT, Path.home()]
    machine = re.compile("|".join(rf"{re.escape(str(place))}/" for place in places if len(place.parts) > 2))
    for path in set(tracked()) - {Path(__file__)}:
        text = path.read_text(errors="replace")
        assert not registry.search(text), path
        assert not (machine.pattern and machine.search(text)), path
