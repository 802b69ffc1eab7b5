"""What soothsay is made of: ``python -m tests.supply_chain sbom|licences|audit`` (``make sbom``, ``make licences``, ``make audit``).

``sbom`` writes ``build/sbom.cdx.json`` (CycloneDX 1.5): what the distribution needs to run, at the installed versions and
with the licences that the packages state. ``audit`` asks pip-audit and npm audit whether known weaknesses are in what is
locked; where one of them, or its database, cannot be reached, it says so and fails.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
SBOM = ROOT / "build" / "sbom.cdx.json"
_EXTENSION = ROOT / "editors" / "vscode"
_AUDIT_SECONDS = 300
_UNREACHABLE = re.compile(
    r"ENOTFOUND|ECONN|ETIMEDOUT|EAI_AGAIN|ConnectionError|Max retries|timed out|50[0-9] |40[0-9] |ENOAUDIT"
)
_OR_LATER_TEXT = 100  # characters; a longer licence field holds the whole text


@dataclass(frozen=True, slots=True)
class Component:
    """An installed package."""

    name: str
    version: str
    licence: str  # as the package states it; "" where it does not


def components() -> list[Component]:
    """Return what the distribution needs to run, directly or not, by name."""
    found: dict[str, Component] = {}
    waiting = ["soothsay"]
    while waiting:
        name = canonicalize_name(waiting.pop())
        if name in found:
            continue
        try:
            package = distribution(name)
        except PackageNotFoundError:  # for another platform or an optional part
            continue
        found[name] = Component(name, package.version, licence_of(package))
        waiting += _needs(package)
    del found["soothsay"]
    return sorted(found.values(), key=lambda each: each.name)


def _needs(package: Distribution) -> Iterator[str]:
    for each in map(Requirement, package.requires or ()):
        if each.marker is None or each.marker.evaluate({"extra": ""}):
            yield each.name


def licence_of(package: Distribution) -> str:
    """Return the licence that a package states: its expression, else its classifiers, else its licence field."""
    facts = package.metadata
    expression = next(iter(facts.get_all("License-Expression") or ()), "")
    classifiers = [
        each.rpartition(" :: ")[2]
        for each in facts.get_all("Classifier") or []
        if each.startswith("License :: ") and each != "License :: OSI Approved"
    ]
    field = next(iter(facts.get_all("License") or ()), "").strip()
    return expression or " AND ".join(classifiers) or (field if len(field) <= _OR_LATER_TEXT else "")


def sbom(found: list[Component], version: str) -> dict[str, Any]:
    """Return a CycloneDX document of ``found``. It holds no date, so that it changes only with what it lists."""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": "soothsay",
                "name": "soothsay",
                "version": version,
            }
        },
        "components": [_listed(each) for each in found],
    }


def _listed(component: Component) -> dict[str, Any]:
    address = f"pkg:pypi/{component.name}@{component.version}"
    listed: dict[str, Any] = {"type": "library", "bom-ref": address, "name": component.name, "version": component.version, "purl": address}  # fmt: skip
    return {**listed, "licenses": [{"license": {"name": component.licence}}]} if component.licence else listed


def run_audit(name: str, command: list[str], folder: Path) -> str:
    """Return "" if a checker has found nothing, else what it said, or why it could not say anything."""
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=_AUDIT_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{name} could not be run: {error}"
    said = done.stdout + done.stderr
    if done.returncode and _UNREACHABLE.search(said):
        return f"{name}: its database of known weaknesses cannot be reached from here; nothing was checked"
    return "" if done.returncode == 0 else f"{name}:\n{said}"


def audits(tools: Mapping[str, bool]) -> Iterator[tuple[str, str]]:
    """Yield the name of each checker, and its answer. ``tools`` says which are installed."""
    if tools["pip-audit"]:
        command = [
            sys.executable,
            "-m",
            "pip_audit",
            "--require-hashes",
            "--disable-pip",
            "-r",
            "requirements-dev.lock",
        ]
        yield "pip-audit", run_audit("pip-audit", command, ROOT)
    else:
        yield (
            "pip-audit",
            "pip-audit is not installed: the Python packages were not checked (pip install pip-audit)",
        )
    if tools["npm"]:
        command = ["npm", "audit", "--package-lock-only", "--audit-level=moderate"]
        yield "npm audit", run_audit("npm audit", command, _EXTENSION)
    else:
        yield "npm audit", "npm is not installed: the packages of the VS Code extension were not checked"


def main(arguments: list[str]) -> int:
    """Run one of the commands; return the exit code."""
    if arguments == ["audit"]:
        tools = {"pip-audit": find_spec("pip_audit") is not None, "npm": shutil.which("npm") is not None}
        answers = list(audits(tools))
        for name, problem in answers:
            print(problem or f"{name}: no known weaknesses")
        return int(any(problem for _, problem in answers))
    found = components()
    if arguments == ["licences"]:
        for each in found:
            print(f"{each.name} {each.version}: {each.licence or 'not stated in its metadata'}")
        return 0
    SBOM.parent.mkdir(exist_ok=True)
    SBOM.write_text(
        json.dumps(sbom(found, distribution("soothsay").version), indent=2) + "\n", encoding="utf-8"
    )
    print(f"{SBOM.relative_to(ROOT)}: {len(found)} packages")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
