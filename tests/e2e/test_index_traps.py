"""A workspace full of traps: whatever of it is run or imported by one of our processes leaves a mark."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from soothsay.model.files.cache import model_path
from soothsay.model.files.registry import EMBEDDING_MODEL
from soothsay_index.types import Query
from soothsay_index.worker.client import IndexClient

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="traps are shell scripts, too"),
]

# Modules of ours and of those we use, beside all of the standard library's.
OURS = (
    "soothsay", "soothsay_index", "lancedb", "pyarrow", "numpy", "torch", "transformers", "sentence_transformers",
    "tokenizers", "griffe", "cattrs", "pydantic", "pandas", "filelock", "pathspec", "yaml", "tree_sitter", "psutil",
    "sitecustomize", "usercustomize", "tqdm", "sklearn", "scipy", "huggingface_hub",
)  # fmt: skip
LANTERNS = '''"""Lanterns."""


def light_the_lantern(oil: str, *, wick: int = 1) -> bool:
    """Light the lantern with oil."""
'''


class Traps:
    """The workspace ``folder``; ``marks`` says what of it was run."""

    def __init__(self, place: Path) -> None:
        self.folder = place / "workspace"
        self.marker = place / "marker"
        self._code = (
            f"import os as _os, sys as _sys\n_os.write(_os.open({str(self.marker)!r}, 1089, 0o666), "
            "(f'{__name__} {_sys.argv} {_sys.orig_argv}\\n').encode())\n"
        )

    @property
    def marks(self) -> str:
        return self.marker.read_text() if self.marker.exists() else ""

    def write(self, name: str, text: str, *, executable: bool = False) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        if executable:
            path.chmod(0o755)

    def module(self, name: str) -> None:
        self.write(f"{name}.py", self._code)

    def package(self, name: str) -> None:
        self.write(f"{name}/__init__.py", self._code)
        for part in ("worker", "embedding_process", "__main__"):
            self.write(f"{name}/{part}.py", self._code)

    def program(self, name: str) -> None:
        self.write(name, f'#!/bin/sh\necho "$0 $@" >> {self.marker}\nexec /bin/false\n', executable=True)

    def path_file(self, name: str) -> None:
        self.write(name, f"import os; os.write(os.open({str(self.marker)!r}, 1089, 0o666), b'{name}\\n')\n")


@pytest.fixture
def traps(tmp_path: Path) -> Traps:
    made = Traps(tmp_path)
    frozen = {"sys", "builtins", "marshal", "posix", "time", "zipimport"}
    for name in sorted((sys.stdlib_module_names | {*OURS}) - frozen):
        if not name.startswith("_"):
            made.module(name)
    for name in ("soothsay", "soothsay_index", "lancedb", "torch", "numpy", "multiprocessing", "concurrent"):
        (made.folder / f"{name}.py").unlink(missing_ok=True)
        made.package(name)
    site = ".venv/lib/python3.12/site-packages"
    made.write(".venv/pyvenv.cfg", "home = /usr/bin\nversion = 3.12.4\n")
    made.write(f"{site}/lanterns/__init__.py", LANTERNS)
    made.write(
        f"{site}/lanterns-2.5.dist-info/METADATA", "Metadata-Version: 2.1\nName: lanterns\nVersion: 2.5\n"
    )
    made.write(f"{site}/lanterns-2.5.dist-info/RECORD", "lanterns/__init__.py,,\n")
    made.path_file(f"{site}/evil.pth")
    made.module(f"{site}/sitecustomize")
    for name in ("python3", "python"):
        made.program(f".venv/bin/{name}")
        made.program(f"bin/{name}")
        made.program(name)
    made.program("git")
    made.write("pyproject.toml", "[project]\nname = 'traps'\n")
    made.write("use.py", "import lanterns\n\n\ndef at_dusk():\n    lanterns.\n")
    made.write(".git/HEAD", "ref: refs/heads/main\n")
    made.write(".git/config", f"[core]\n\tfsmonitor = {made.folder / 'git'}\n")
    return made


@pytest.fixture
def inside(traps: Traps, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This process stands in the workspace, as a server does that an editor started there."""
    monkeypatch.chdir(traps.folder)
    monkeypatch.setenv("PYTHONPATH", f"{traps.folder}{os.pathsep}")
    monkeypatch.setenv("PATH", f".{os.pathsep}{traps.folder / 'bin'}{os.pathsep}{os.environ['PATH']}")
    for name in ("PYTHONSTARTUP", "PYTHONHOME", "PYTHONBREAKPOINT"):
        monkeypatch.setenv(name, str(traps.folder / "use.py"))
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    yield


def test_the_traps_work(traps: Traps) -> None:
    """Python as it is started by most programs falls into them."""
    run = {"cwd": traps.folder, "check": False, "capture_output": True}
    subprocess.run([sys.executable, "-c", "import argparse"], **run)
    assert "argparse" in traps.marks
    subprocess.run([".venv/bin/python3", "-c", "pass"], **run)
    assert ".venv/bin/python3" in traps.marks
    subprocess.run(
        [sys.executable, "-c", "import site; site.addsitedir('.venv/lib/python3.12/site-packages')"], **run
    )
    assert "evil.pth" in traps.marks


def test_nothing_of_the_workspace_is_run(traps: Traps, inside: None, tmp_path: Path) -> None:
    model = model_path(EMBEDDING_MODEL)
    with IndexClient(
        tmp_path / "index", traps.folder, model, timeout=60.0, log_file=tmp_path / "log"
    ) as client:
        client.start()
        client.build()
        assert not traps.marks
        (found, *_) = (each for each in client.members("lanterns") if each.name == "light_the_lantern")
        assert (found.package, found.version) == ("lanterns", "2.5")
        text = (traps.folder / "use.py").read_text()
        for typed in (text, text + "light"):
            client.mirror(traps.folder / "use.py", typed)
        deadline = time.monotonic() + 120
        while True:  # with vectors: the embedding model has been loaded, too
            hits = client.search(Query("light the lantern", modules=("lanterns",)))
            if any("vector" in hit.scores for hit in hits):
                break
            assert time.monotonic() < deadline, (tmp_path / "log").read_text()
            time.sleep(0.2)
        assert client.update([traps.folder / "use.py"]) == 0
        assert client.status().packages
    assert not traps.marks


def test_nor_by_a_command_that_runs_there(traps: Traps, tmp_path: Path) -> None:
    """The index in a process of the person's own shell, whose children begin in the workspace."""
    code = (
        "import json, sys; from pathlib import Path; from soothsay_index.worker.local import LocalIndex\n"
        "if __name__ == '__main__':\n"
        "    index = LocalIndex.open(Path(sys.argv[1]), Path.cwd())\n"
        "    index.build()\n"
        "    print(json.dumps([each.version for each in index.members('lanterns')]))\n"
    )
    (tmp_path / "command.py").write_text(code)
    done = subprocess.run(
        [sys.executable, tmp_path / "command.py", tmp_path / "index"],
        cwd=traps.folder,
        env={key: value for key, value in os.environ.items() if key not in {"PYTHONSAFEPATH", "VIRTUAL_ENV"}},
        check=True,
        capture_output=True,
        text=True,
    )
    assert "2.5" in json.loads(done.stdout)
    assert not traps.marks
