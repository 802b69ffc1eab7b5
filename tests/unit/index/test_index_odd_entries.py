"""14: one bad entry, and nothing of the workspace was indexed. What cannot be read is skipped with a reason."""

from __future__ import annotations

import os
import socket
import string
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from index_fakes import write

from soothsay_index.build.process_pool import open_single_thread
from soothsay_index.sources.gitignore import IgnoreRules
from soothsay_index.sources.ignore import walk
from soothsay_index.sources.texts import UnreadableError, read_file
from soothsay_index.store.store import Store
from soothsay_index.types import IndexSummary, SkippedFiles
from soothsay_index.worker.local import LocalIndex

posix = pytest.mark.skipif(
    sys.platform != "linux", reason="names of bytes, pipes and permissions as Linux has them"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    workspace = tmp_path / "work"
    write(workspace, {"a_first.py": "def first(): ...\n", "z_last.py": "def last(): ...\n"})
    return workspace


@contextmanager
def as_nobody(folder: Path) -> Iterator[None]:
    """Be a user whom permissions bind, and who owns everything in ``folder``."""
    if os.geteuid():
        yield
        return
    for parent in (folder, *folder.parents):
        if parent.is_relative_to(tempfile.gettempdir()) and parent != Path(tempfile.gettempdir()):
            parent.chmod(0o755)
    for path in (folder, *folder.rglob("*")):
        os.chown(path, 65534, 65534)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def build(folder: Path) -> tuple[LocalIndex, IndexSummary]:
    index = LocalIndex(Store(folder.parent / "index", folder), None, open_single_thread)
    summary = index.build_from(None)
    assert index.has_name("first") and index.has_name("last"), "everything else is indexed"
    return index, summary


def _stored(index: LocalIndex) -> set[str]:
    """Return the files that are stored, but for those of every test."""
    names = {row["path"] for row in index.store.local.rows("symbols", "name IN ('odd', 'changed')")}
    assert names == {row["path"] for row in index.store.local.rows("files")} - {"a_first.py", "z_last.py"}
    return names


def reasons(summary: IndexSummary) -> dict[str, tuple[str, ...]]:
    return {each.reason: each.first for each in summary.skipped}


@posix
def test_a_folder_that_may_not_be_entered(folder: Path) -> None:
    modes = {"locked": 0o000, "listed": 0o444, "entered": 0o111}
    for name in modes:
        write(folder, {f"{name}/inner.py": "def inner(): ...\n"})
    with as_nobody(folder.parent):
        for name, mode in modes.items():
            (folder / name).chmod(mode)
        index, summary = build(folder)
        assert not index.has_name("inner")
        assert reasons(summary) == {
            "may not be entered": ("entered", "locked"),
            "may not be read": ("listed/inner.py",),
        }
        for name in modes:
            (folder / name).chmod(0o755)
        index, summary = build(folder)
        assert index.has_name("inner") and not summary.skipped


@posix
def test_a_file_that_may_not_be_read(folder: Path) -> None:
    write(folder, {"private.py": "def private(): ...\n"})
    with as_nobody(folder.parent):
        (folder / "private.py").chmod(0o000)
        index, summary = build(folder)
        assert not index.has_name("private") and reasons(summary) == {"may not be read": ("private.py",)}


@posix
@pytest.mark.parametrize("name", [b"caf\xe9.py", b"\xff\xfe.py", b"sub\xe9/fine.py", b"\xc3.md"])
def test_names_that_are_not_utf8(folder: Path, name: bytes) -> None:
    path = Path(os.fsdecode(os.fsencode(folder) + b"/" + name))
    path.parent.mkdir(exist_ok=True)
    path.write_text("def odd(): ...\n")
    index, summary = build(folder)
    (skipped,) = summary.skipped
    assert skipped.reason == "has a name that is not UTF-8" and skipped.count == 1
    assert "\\x" in skipped.first[0] and skipped.first[0].encode("utf-8")
    assert index.update([path]) == 0 and index.remove([path]) == 0
    index.mirror(path, "def odd(): ...\n")
    assert not index.has_name("odd")


@posix
def test_a_workspace_whose_own_name_is_not_utf8(tmp_path: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    write(folder, {"a_first.py": "def first(): ...\n", "z_last.py": "def last(): ...\n"})
    index, summary = build(folder)
    found = index.lookup("a_first.first")
    assert found is not None and found.uri.endswith("caf%E9/a_first.py") and not summary.skipped


@posix
@pytest.mark.parametrize(
    "name", ["new\nline.py", "quo'te.py", 'double".py', "sp ace.py", "back\\slash.py", "ü/ñ.py", "%41.py"]
)
def test_odd_names_are_indexed(folder: Path, name: str) -> None:
    write(folder, {name: "def odd(): ...\n"})
    index, summary = build(folder)
    assert index.has_name("odd") and not summary.skipped
    write(folder, {name: "def changed(): ...\n"})
    assert index.update([folder / name]) == 1
    assert index.has_name("changed") and _stored(index) == {name}
    assert index.remove([folder / name]) == 1 and _stored(index) == set()


@posix
def test_what_is_no_file(folder: Path) -> None:
    os.mkfifo(folder / "pipe.py")
    os.mkfifo(folder / ".gitignore")
    (folder / "gone.py").symlink_to("nowhere.py")
    (folder / "round.py").symlink_to("round.py")
    (folder / "away.py").symlink_to("/etc/hostname")
    (folder / "circle").symlink_to(folder)
    (folder / "folder.py").mkdir()
    with socket.socket(socket.AF_UNIX) as listener:
        here = Path.cwd()
        os.chdir(folder)  # the path of a socket may have 107 bytes
        try:
            listener.bind("ear.py")
        finally:
            os.chdir(here)
        index, summary = build(folder)
    assert reasons(summary) == {
        "is a link": ("away.py", "gone.py", "round.py"),
        "is not a regular file": ("ear.py", "pipe.py"),
    }
    assert index.update([folder / "round.py", folder / "pipe.py"]) == 0


def test_files_too_large_binary_or_of_unknown_encoding(folder: Path) -> None:
    (folder / "line.py").write_text("x = [" + "1, " * 3_400_000 + "]\n")
    (folder / "binary.py").write_bytes(b"x = 1\0")
    (folder / "latin.py").write_bytes("def grün(): ...\n".encode("latin-1"))
    (folder / "liar.py").write_bytes("# coding: utf-8\n# grün\n".encode("latin-1"))
    (folder / "unheard.py").write_bytes("# coding: klingon\n# grün\n".encode("latin-1"))
    (folder / "hex.py").write_bytes(b"# coding: hex\n# gr\xfcn\n")
    _, summary = build(folder)
    assert reasons(summary) == {
        "is larger than 1 MB": ("line.py",),
        "is binary": ("binary.py",),
        "is not UTF-8, and says no other encoding": ("latin.py",),
        "is not in the encoding that it says (utf-8)": ("liar.py",),
        "is not in the encoding that it says (klingon)": ("unheard.py",),
        "is not in the encoding that it says (hex)": ("hex.py",),
    }


@pytest.mark.parametrize(
    "encoding", ["latin-1", "cp1251", "shift_jis", "euc-kr", "utf-8", "utf-8-sig", "utf-16"]
)
def test_encodings_that_a_file_says(folder: Path, encoding: str) -> None:
    word = {"cp1251": "жук", "shift_jis": "雨", "euc-kr": "비", "utf-16": "grün", "utf-8": "grün"}.get(
        encoding, "gr\xfcn"
    )
    text = f"#!/usr/bin/python3\n# -*- coding: {encoding} -*-\ndef {word}(): ...\n"
    (folder / "said.py").write_bytes(text.encode(encoding))
    index, summary = build(folder)
    assert index.has_name(word) and not summary.skipped


def test_lines_in_gitignore_that_are_no_pattern(folder: Path) -> None:
    (folder / ".gitignore").write_text("!\n[z-a]\na\\\nmade_*.py\n")
    write(folder, {"made_up.py": "def made(): ...\n", "kept.py": "def kept(): ...\n"})
    index, _ = build(folder)
    assert not index.has_name("made") and index.has_name("kept"), "the other lines hold"


@given(
    lines=st.lists(
        st.text(alphabet="!\\[]^-*?/#. \t" + string.ascii_letters + "é\udce9", max_size=12), max_size=5
    )
)
def test_no_line_of_gitignore_stops_the_walk(
    lines: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("rules")
    (folder / ".gitignore").write_bytes("\n".join(lines).encode("utf-8", "surrogateescape"))
    rules = IgnoreRules().within(folder)
    for name in ("a.py", "sub/b.py", "é"):
        assert rules.ignore(folder / name, is_folder=False) in (True, False)


def test_folders_nested_deeper_than_calls(folder: Path) -> None:
    inner = folder
    for _ in range(1_100):
        inner = inner / "d"
        inner.mkdir()
    try:
        (inner / "deep.py").write_text("def deep(): ...\n")
        assert build(folder)[0].has_name("deep")
    finally:
        (inner / "deep.py").unlink()
        while inner != folder:  # pytest would remove them by calls
            inner.rmdir()
            inner = inner.parent


def test_a_file_that_vanishes_while_it_is_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from soothsay_index.sources.workspace import Workspace

    write(folder, {"brief.py": "def brief(): ...\n"})
    checked = Workspace.may_read

    def vanish(self: Workspace, path: Path) -> bool:
        answer = checked(self, path)
        (folder / "brief.py").unlink(missing_ok=True)
        return answer

    monkeypatch.setattr(Workspace, "may_read", vanish)
    index, summary = build(folder)
    assert not index.has_name("brief") and not summary.skipped, "nobody misses it"


def test_a_file_that_breaks_its_source(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from soothsay_index.sources.workspace import Workspace

    write(
        folder,
        {"hard.py": "def hard(): ...\n", "strange.py": 'def strange():\n    """\\ud800 is no letter."""\n'},
    )
    real = Workspace.cut

    def fail(self: Workspace, place, text: str):
        if place.path == "hard.py":
            raise KeyError("no rule")
        return real(self, place, text)

    monkeypatch.setattr(Workspace, "cut", fail)
    index, summary = build(folder)
    assert reasons(summary) == {"could not be understood (KeyError)": ("hard.py",)}
    assert index.has_name("strange")
    assert build(folder)[1].skipped == summary.skipped, "it is said again by the next build"
    monkeypatch.setattr(Workspace, "cut", real)
    index, summary = build(folder)
    assert index.has_name("hard") and not summary.skipped


def test_a_file_that_can_be_read_again_is_no_longer_skipped(folder: Path) -> None:
    (folder / "binary.py").write_bytes(b"\0")
    index, summary = build(folder)
    assert summary.skipped == (SkippedFiles("is binary", 1, ("binary.py",)),)
    assert "1 files or folders are not indexed (is binary: binary.py)" in summary.describe_skipped()
    (folder / "binary.py").write_text("def text(): ...\n")
    index.update([folder / "binary.py"])
    assert index.has_name("text") and not index.status().skipped


def test_many_are_counted_and_the_first_named(folder: Path) -> None:
    for number in range(7):
        (folder / f"b{number}.py").write_bytes(b"\0")
    assert build(folder)[1].describe_skipped().endswith("(is binary: b0.py, b1.py, b2.py, … (7))")


def test_a_root_that_is_gone_is_walked_without_an_error(tmp_path: Path) -> None:
    (only,) = walk(tmp_path / "nowhere", lambda path: True)
    assert only.files == () and only.skipped == ()


@posix
def test_reading_does_not_wait_for_a_writer(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero"), tmp_path):
        with pytest.raises(UnreadableError):
            read_file(path)
