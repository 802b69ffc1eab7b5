"""The whole way of a completion, in a network without interfaces: nothing connects, logs hold no text, files are private."""

from __future__ import annotations

import json
import shutil
import stat
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from soothsay.model.files.cache import is_pulled, models_folder
from soothsay.model.files.registry import EMBEDDING_MODEL
from soothsay_common.children import child_environment

MODEL = "smollm2-135m"
MARK = "zanzibar_ledger_9137"  # is in no log

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(sys.platform != "linux", reason="namespaces"),
    pytest.mark.requires(is_pulled(MODEL), f"soothsay models pull {MODEL}"),
]

_WATCH = """
import os, sys

def _note(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname"):
        with open({file!r}, "a") as notes:
            notes.write(f"{{event}} {{arguments[-1]!r}} {{' '.join(sys.orig_argv[1:5])}}\\n")

sys.addaudithook(_note)
with open({file!r}, "a") as notes:
    notes.write(f"began {{' '.join(sys.orig_argv[1:5])}}\\n")
"""


def _usable(*command: str) -> list[str]:
    """Return ``command``, which runs another one; nothing where it cannot be run here."""
    if not shutil.which(command[0]):
        return []
    return list(command) if not subprocess.run([*command, "true"], capture_output=True).returncode else []


@dataclass(frozen=True, slots=True)
class Installed:
    """soothsay in an environment of its own, each of whose Python processes notes what it connects to."""

    folder: Path
    runtime: Path

    @property
    def notes(self) -> list[str]:
        return (self.folder / "notes").read_text().splitlines()

    def run(self, *arguments: str) -> str:
        """Run the command without a network; return what it printed."""
        environment = child_environment(
            SOOTHSAY_RUNTIME=str(self.runtime),
            SOOTHSAY_CACHE=str(self.folder / "cache"),
            SOOTHSAY_LOG="debug",
        )
        program = [str(self.folder / "env" / "bin" / "python"), "-P", "-m", "soothsay", *arguments]
        trace = self.folder / f"{arguments[0]}.trace"  # also of what is no Python: the type checker, LanceDB
        watched = _usable("strace", "-DD", "-f", "--seccomp-bpf", "-e", "trace=connect", "-o", str(trace))
        out, log = self.folder / f"{arguments[0]}.stdout", self.folder / f"{arguments[0]}.stderr.log"
        with (
            out.open("wb") as stdout,
            log.open("wb") as stderr,
        ):  # no pipes: strace stays as long as the backend
            done = subprocess.run(
                [*watched, *_usable("unshare", "-rn"), *program],
                env=environment,
                cwd=self.folder,
                stdout=stdout,
                stderr=stderr,
                timeout=600,
                check=False,
            )
        assert done.returncode == 0, log.read_text()
        return out.read_text()


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[Installed]:
    environment = tmp_path / "env"
    subprocess.run(
        [sys.executable, "-m", "venv", "--symlinks", "--without-pip", str(environment)], check=True
    )
    (site,) = environment.glob("lib/python*/site-packages")
    (site / "watch_connections.py").write_text(_WATCH.format(file=str(tmp_path / "notes")))
    (site / "watch.pth").write_text(
        f"import watch_connections\nimport site; site.addsitedir({sysconfig.get_path('purelib')!r})\n"
    )
    models = tmp_path / "cache" / "models"
    models.mkdir(parents=True)
    for name in (MODEL, EMBEDDING_MODEL):
        if is_pulled(name):
            (models / name).symlink_to(models_folder() / name)
    runtime = Path(tempfile.mkdtemp(prefix="soothsay-"))
    made = Installed(tmp_path, runtime)
    yield made
    made.run("stop")
    shutil.rmtree(runtime, ignore_errors=True)


def test_a_completion_needs_no_network_and_leaves_no_text(installed: Installed, tmp_path: Path):
    shop = tmp_path / "shop"
    shop.mkdir()
    (shop / "pyproject.toml").touch()
    (shop / "books.py").write_text(f'def post_{MARK}(amount, *, memo):\n    """Post an entry."""\n')
    text = f"import books\n\n\ndef main():\n    # post an entry of {MARK}\n    books."
    (shop / "main.py").write_text(text)
    place = f"{shop / 'main.py'}:6:{len(text.splitlines()[-1]) + 1}"
    subprocess.run(
        [sys.executable, "-m", "venv", "--symlinks", "--without-pip", str(tmp_path / "empty")], check=True
    )
    python = str(tmp_path / "empty" / "bin" / "python")
    installed.run("index", "build", "--no-vectors", "--workspace", str(shop), "--python", python)
    answer = json.loads(installed.run("complete", place, "--model", MODEL, "--python", python, "--json"))
    assert answer["verdict"] and answer["draft"]

    notes = installed.notes
    began = "\n".join(line for line in notes if line.startswith("began"))
    assert "soothsay.backend" in began and "soothsay_index.worker" in began
    assert any(line.startswith("socket.connect") for line in notes), "the backend's own socket"
    for line in notes:
        assert line.startswith("began") or f"socket.connect {str(installed.runtime)!r}"[:-1] in line, line
    for trace in tmp_path.glob("*.trace"):
        assert "AF_INET" not in trace.read_text(), trace

    logs = [file for folder in (installed.runtime, tmp_path) for file in folder.rglob("*.log")]
    assert [log.name for log in logs if log.name.startswith("backend-")]
    for log in logs:
        assert MARK not in log.read_text(errors="replace"), log

    for folder in (installed.runtime, tmp_path / "cache"):
        for path in folder.rglob("*"):
            assert path.is_relative_to(tmp_path / "cache" / "models") or _is_private(path, folder), path


def _is_private(path: Path, top: Path) -> bool:
    """Return whether only its user can reach ``path``, by its own mode or by that of a folder above it in ``top``."""
    above = [path, *(parent for parent in path.parents if parent.is_relative_to(top))]
    return any(not stat.S_IMODE(each.lstat().st_mode) & 0o077 for each in above if not each.is_symlink())
