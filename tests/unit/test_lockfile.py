"""The lock of the development environment holds what pyproject.toml asks for."""

from __future__ import annotations

import sys

import pytest
from packaging.requirements import Requirement
from packaging.version import Version
from tests.lockfile import LOCK, ROOT, direct_requirements, locked_versions, outside, render

HASH = "0123456789abcdef" * 4


@pytest.mark.skipif(sys.platform != "linux", reason="the lock is for Linux, and markers may differ elsewhere")
def test_every_direct_dependency_is_locked_within_its_bounds() -> None:
    requirements = direct_requirements((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert len(requirements) > 30
    assert outside(requirements, locked_versions(LOCK.read_text(encoding="utf-8"))) == []


def test_the_lock_names_no_address() -> None:
    text = LOCK.read_text(encoding="utf-8")
    assert "://" not in text and "--index" not in text and "@" not in text


def test_what_is_missing_or_out_of_bounds_is_told() -> None:
    wanted = [
        Requirement(text)
        for text in ("here>=1,<2", "Too_New>=1,<2", "absent", "elsewhere>1; sys_platform == 'nowhere'", "torch<=2.13.0")
    ]  # fmt: skip
    locked = {"here": Version("1.4"), "too-new": Version("2.0"), "torch": Version("2.13.0+cpu")}
    assert outside(wanted, locked) == ["Too_New<2,>=1", "absent"]


def test_an_installation_report_becomes_a_lock() -> None:
    def item(name: str, version: str) -> dict[str, object]:
        archive = {"url": f"https://example.org/{name}.whl", "archive_info": {"hashes": {"sha256": HASH}}}
        return {"metadata": {"name": name, "version": version}, "download_info": archive}

    lock = render({"install": [item("PyYAML", "6.0.4"), item("b_c.d", "1.0+cpu")]})
    assert locked_versions(lock) == {"pyyaml": Version("6.0.4"), "b-c-d": Version("1.0+cpu")}
    assert lock.splitlines()[-2:] == [
        f"b-c-d==1.0+cpu --hash=sha256:{HASH}",
        f"pyyaml==6.0.4 --hash=sha256:{HASH}",
    ]
    assert "example" not in lock


@pytest.mark.parametrize(
    "line",
    ["a>=1", "a==1", f"a==1 --hash=md5:{HASH}", f"a==1 --hash=sha256:{HASH[1:]}", f"a @ file.whl --hash=sha256:{HASH}"],
)  # fmt: skip
def test_a_line_without_a_version_and_its_hash_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="not one version"):
        locked_versions(f"# head\n{line}\n")


def test_a_package_is_locked_once() -> None:
    with pytest.raises(ValueError, match="twice: a-b"):
        locked_versions(f"a_b==1 --hash=sha256:{HASH}\nA.b==2 --hash=sha256:{HASH}\n")
