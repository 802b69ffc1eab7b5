"""The list of what soothsay is made of, and the checks for known weaknesses, which say when they could not check."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from packaging.utils import canonicalize_name
from tests.lockfile import LOCK, direct_requirements, locked_versions
from tests.supply_chain import ROOT, audits, components, run_audit, sbom


def test_everything_that_is_needed_is_listed_as_it_is_locked() -> None:
    found = {each.name: each for each in components()}
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    direct = {canonicalize_name(each.name) for each in direct_requirements(pyproject) if not each.extras}
    locked = locked_versions(LOCK.read_text(encoding="utf-8"))
    assert len(found) > 30
    assert {"lancedb", "pygls", "llama-cpp-python", "torch"} <= found.keys() & direct
    assert {name for name in found if name not in locked} == set()


def test_licences_are_known() -> None:
    unknown = [each.name for each in components() if not each.licence]
    assert len(unknown) <= 3, unknown


def test_the_document_is_cyclonedx() -> None:
    document = json.loads(json.dumps(sbom(components(), "1.2.3")))
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.5")
    assert document["metadata"]["component"]["version"] == "1.2.3"
    for each in document["components"]:
        assert each["purl"] == f"pkg:pypi/{each['name']}@{each['version']}"
    assert len({each["bom-ref"] for each in document["components"]}) == len(document["components"])


def test_what_could_not_be_checked_is_no_success(tmp_path: Path) -> None:
    fails = [sys.executable, "-c", "raise SystemExit('request failed, reason: getaddrinfo ENOTFOUND')"]
    assert "cannot be reached from here; nothing was checked" in run_audit("x", fails, tmp_path)
    finds = [sys.executable, "-c", "print('1 high severity'); raise SystemExit(1)"]
    assert "1 high severity" in run_audit("x", finds, tmp_path)
    assert run_audit("x", [sys.executable, "-c", ""], tmp_path) == ""
    assert "could not be run" in run_audit("x", [str(tmp_path / "none")], tmp_path)
    answers = dict(audits({"pip-audit": False, "npm": False}))
    assert all("not checked" in answer for answer in answers.values())
