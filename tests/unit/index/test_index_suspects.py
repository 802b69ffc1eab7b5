"""14: a file that ended the index's process when it was saved or typed took it down each time. It is skipped then."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from index_fakes import write

from soothsay_index.store.suspects import Suspects

SCRIPT = Path(__file__).with_name("deadly_update.py")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "work", {"fine.py": "def fine(): ...\n", "bad.py": "x = 'DEADLY'\n"})
    return tmp_path


def run(folder: Path, what: str) -> tuple[int, list[str]]:
    arguments = [str(folder / "index"), str(folder / "work"), what, str(folder / "work" / "bad.py")]
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *arguments], capture_output=True, text=True, timeout=300, check=False
    )
    return done.returncode, done.stdout.splitlines()


@pytest.mark.process
def test_a_saved_file_ends_the_process_once_and_is_skipped_with_a_reason(folder: Path) -> None:
    assert run(folder, "update") == (9, [])
    skipped = "1 files or folders are not indexed (ends the process that reads it: bad.py)"
    assert run(folder, "update") == (0, [skipped, "['fine']"])


@pytest.mark.process
def test_a_document_ends_the_process_once(folder: Path) -> None:
    assert run(folder, "mirror") == (9, [])
    assert run(folder, "mirror") == (0, ["", "[]"])


def test_what_was_interrupted_is_read_again_and_no_longer_suspected(tmp_path: Path) -> None:
    (tmp_path / "reading").mkdir()
    note = tmp_path / "reading" / f"{2**22 + 1}-0.json"
    note.write_text(json.dumps(["a 1 2", "b 3 4"]))
    (tmp_path / "reading" / f"{os.getppid()}-0.json").write_text(json.dumps(["of a process that reads now"]))
    suspects = Suspects(tmp_path)
    assert "a 1 2" in suspects and "of a process that reads now" not in suspects
    suspects.clear("a 1 2")
    assert "a 1 2" not in suspects and "b 3 4" in Suspects(tmp_path)
    suspects.clear("b 3 4")
    assert not note.exists()


def test_notes_that_cannot_be_written_or_read_cost_nothing(tmp_path: Path) -> None:
    (tmp_path / "reading").mkdir()
    (tmp_path / "reading" / "odd-0.json").write_text("{")
    suspects = Suspects(tmp_path)
    with suspects.noted(["a"]):
        assert "a" not in suspects
    (tmp_path / "file").write_text("")
    with Suspects(tmp_path / "file").noted(["a"]):
        pass
