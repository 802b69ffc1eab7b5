"""Compiling llama.cpp: with a pip that only pretends to, and children that only say how they would have ended."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil
import pytest

from soothsay.errors import SoothsayError
from soothsay.model import building, compiling, library
from soothsay.model.building import build, failure, old_builds, pip_command, show_progress, step, targets
from soothsay.model.proof import WAYS, ProbeOutcome, Way
from soothsay_common.exits import Exit

SIGILL = Exit("illegal_instruction", "SIGILL")
KILLED = "c++: fatal error: Killed signal terminated program cc1plus"
Pip = Callable[..., tuple[int, list[str]]]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, on a machine with AMX, four processors and little memory."""
    monkeypatch.setenv("SOOTHSAY_CACHE", str(tmp_path / "my cache"))
    monkeypatch.delenv(library.CHOSEN, raising=False)
    monkeypatch.setattr(compiling, "processor_flags", lambda: frozenset({"avx2", "amx_tile"}))
    monkeypatch.setattr(compiling, "find_compiler", lambda environ: compiling.Compiler("c++", 14))
    monkeypatch.setattr(compiling.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(compiling, "usable_cores", lambda: 4)
    monkeypatch.setattr(compiling, "available_memory", lambda: 2 * compiling.BYTES_A_JOB)
    return tmp_path / "my cache"


class FakePip:
    """Puts a library where pip would, or fails with ``logs``, one a call."""

    def __init__(self, *logs: str) -> None:
        self._logs = list(logs)
        self.environments: list[dict[str, str]] = []

    def __call__(
        self,
        command: Sequence[str],
        environment: dict[str, str],
        folder: Path,
        on_line: Callable[[str], None],
    ) -> tuple[int, list[str]]:
        self.environments.append(environment)
        log = self._logs.pop(0) if self._logs else ""
        if log:
            return 1, [log]
        on_line("[3/83] Building CXX object ggml.cpp.o")
        libraries = Path(command[command.index("--target") + 1]) / "llama_cpp" / "lib"
        libraries.mkdir(parents=True)
        (libraries / "libllama.so").write_text(environment["CMAKE_ARGS"])
        return 0, []


def use(monkeypatch: pytest.MonkeyPatch, pip: Pip, *outcomes: ProbeOutcome) -> list[Path]:
    """Use ``pip``, and children that end with ``outcomes``; the models that they have tried."""
    left, tried = list(outcomes), []

    def probe(model: Path, way: Way, libraries: Path | None) -> ProbeOutcome:
        assert way == WAYS[0] and libraries is not None and library.has_library(libraries)
        tried.append(model)
        return left.pop(0) if left else ""

    monkeypatch.setattr(building, "run", pip)
    monkeypatch.setattr(building, "run_probe", probe)
    return tried


def test_a_build_that_works_is_used_from_then_on(monkeypatch: pytest.MonkeyPatch) -> None:
    pip, said = FakePip(), list[str]()
    tried = use(monkeypatch, pip)
    assert library.own_build() is None
    folder = build(None, said.append)
    assert folder == library.own_build() == library.library_folder() == library.build_folder()
    assert [model.name for model in tried] == ["tiny.gguf"]
    assert said == ["compiling llama.cpp: 3 of 83", "trying the build"]
    assert pip.environments[0]["CMAKE_BUILD_PARALLEL_LEVEL"] == "2"
    assert "-DGGML_AVX2=ON" in pip.environments[0]["CMAKE_ARGS"]
    assert sorted(path.name for path in library.builds_folder().iterdir() if path.is_dir()) == [folder.name]


def test_the_model_in_use_is_what_is_tried(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tried = use(monkeypatch, FakePip())
    build(tmp_path / "m.gguf", lambda _: None)
    assert tried == [tmp_path / "m.gguf"]


def test_what_dies_as_well_is_compiled_for_less(monkeypatch: pytest.MonkeyPatch) -> None:
    pip, said = FakePip(), list[str]()
    use(monkeypatch, pip, SIGILL)
    folder = build(None, said.append)
    assert "-DGGML_AVX512=OFF" in (folder / "libllama.so").read_text()
    assert "compiled for without AMX: its process died of an illegal instruction (SIGILL)" in said
    assert len(pip.environments) == 2


def test_a_build_that_does_not_work_replaces_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, FakePip())
    before = (build(None, lambda _: None) / "libllama.so").stat().st_mtime_ns
    use(monkeypatch, FakePip(), SIGILL, "it cannot be loaded")
    with pytest.raises(SoothsayError, match=r"does not work here \(it cannot be loaded\)"):
        build(None, lambda _: None)
    assert (library.build_folder() / "libllama.so").stat().st_mtime_ns == before
    use(monkeypatch, FakePip())
    assert (build(None, lambda _: None) / "libllama.so").stat().st_mtime_ns != before


def test_builds_of_other_versions_go_and_those_of_other_processors_stay(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = library.builds_folder()
    for name in ("0.1.0-x86_64-abc", f"{library.version()}-x86_64-another", "building-left"):
        (folder / name).mkdir(parents=True)
    use(monkeypatch, FakePip())
    built = build(None, lambda _: None)
    names = sorted(path.name for path in folder.iterdir() if path.is_dir())
    assert names == sorted([built.name, f"{library.version()}-x86_64-another"])
    assert old_builds() == []


def test_where_memory_runs_out_one_file_is_compiled_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    pip = FakePip(KILLED)
    use(monkeypatch, pip)
    build(None, lambda _: None)
    assert [each["CMAKE_BUILD_PARALLEL_LEVEL"] for each in pip.environments] == ["2", "1"]
    use(monkeypatch, FakePip(KILLED, KILLED))
    with pytest.raises(SoothsayError, match=r"memory ran out while llama\.cpp was compiled"):
        build(None, lambda _: None)


def test_a_compiler_that_is_too_old_for_the_processor_compiles_for_less(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pip = FakePip("/tmp/x.s: Error: no such instruction: `vpdpbusd'")
    use(monkeypatch, pip)
    build(None, lambda _: None)
    assert "-DGGML_AVX512=OFF" in pip.environments[1]["CMAKE_ARGS"]


def test_one_build_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, FakePip())
    with building._alone(), pytest.raises(SoothsayError, match="by another process"):
        build(None, lambda _: None)


def test_what_keeps_it_from_being_compiled_is_said_before(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(building.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SoothsayError, match="-m ensurepip"):
        build(None, lambda _: None)
    monkeypatch.undo()
    monkeypatch.setenv(library.CHOSEN, "/somewhere")
    with pytest.raises(SoothsayError, match="LLAMA_CPP_LIB_PATH is set"):
        build(None, lambda _: None)
    monkeypatch.delenv(library.CHOSEN)
    (tmp_path / "a file").touch()
    monkeypatch.setenv("SOOTHSAY_CACHE", str(tmp_path / "a file"))
    with pytest.raises(SoothsayError, match="cannot write to"):
        build(None, lambda _: None)


def test_without_a_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(environ: object) -> compiling.Compiler:
        raise compiling.CompilingError("no C++ compiler: install one")

    monkeypatch.setattr(compiling, "find_compiler", none)
    with pytest.raises(SoothsayError, match=r"^no C\+\+ compiler: install one$"):
        build(None, lambda _: None)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (KILLED, "CMAKE_BUILD_PARALLEL_LEVEL=1"),
        ("cc1plus: out of memory allocating 65536 bytes", "CMAKE_BUILD_PARALLEL_LEVEL=1"),
        ("c++: error: unrecognized command-line option '-mavxvnni'", "too old for this processor"),
        ("OSError: [Errno 28] No space left on device", "the disk is full"),
        ("CMake Error: CMAKE_CXX_COMPILER not set, after EnableLanguage", "apt-get install g++"),
        (
            "Failed to establish a new connection: [Errno -3] Temporary failure in name resolution",
            "check the network",
        ),
        ("ERROR: No matching distribution found for llama-cpp-python==0.3.36", "check the network"),
        (
            "ggml.c:7: error: expected ';'",
            r"could not be compiled \(ggml.c:7: error: expected ';'\); see /log",
        ),
        ("", "pip gave no reason"),
    ],
)
def test_why_it_failed_with_the_remedy(line: str, message: str) -> None:
    error = failure(["Collecting llama-cpp-python", line, "note: more"], Path("/log"))
    with pytest.raises(SoothsayError, match=message.replace("+", r"\+")):
        raise error
    assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("  [12/83] Building CXX object vendor/llama.cpp/ggml.cpp.o", "compiling llama.cpp: 12 of 83"),
        ("Collecting llama-cpp-python==0.3.36", "downloading its source"),
        ("  Downloading llama_cpp_python-0.3.36.tar.gz (76.6 MB)", "downloading its source"),
        ("  Installing build dependencies: started", "installing what compiles it"),
        ("Collecting numpy", ""),
        ("", ""),
    ],
)
def test_the_progress_in_pip_s_output(line: str, text: str) -> None:
    assert step(line) == text


def test_exactly_the_installed_version_is_compiled_from_its_source() -> None:
    command = pip_command(Path("/x"))
    assert command[-1] == f"llama-cpp-python=={library.version()}"
    assert {"--no-deps", "--no-cache-dir", "--no-binary"} <= set(command) and command[1] == "-P"


def test_targets_leave_amx_out_where_there_is_some(monkeypatch: pytest.MonkeyPatch) -> None:
    assert targets() == ("without AMX", "AVX2 at most")
    monkeypatch.setattr(compiling, "processor_flags", lambda: frozenset({"avx2"}))
    assert targets() == ("this processor", "AVX2 at most")


def test_a_program_is_run_to_its_end(tmp_path: Path) -> None:
    script = "import os, sys; print(os.getcwd()); print('two', file=sys.stderr); sys.exit(7)"
    seen: list[str] = []
    code, lines = building.run([sys.executable, "-u", "-c", script], dict(os.environ), tmp_path, seen.append)
    assert (code, lines) == (7, [str(tmp_path), "two"]) and seen == lines


def test_an_interrupt_ends_the_program_and_what_it_has_started(tmp_path: Path) -> None:
    inner = [sys.executable, "-c", "import time; time.sleep(600)"]
    script = f"import subprocess; p = subprocess.Popen({inner!r}); print(p.pid, flush=True); p.wait()"
    children: list[int] = []

    def interrupt(line: str) -> None:
        children.append(int(line))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        building.run([sys.executable, "-c", script], dict(os.environ), tmp_path, interrupt)
    assert not psutil.pid_exists(children[0]) or psutil.Process(children[0]).status() == psutil.STATUS_ZOMBIE


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
def test_a_termination_leaves_nothing_behind(cache: Path) -> None:
    script = (
        "import sys, time\nfrom pathlib import Path\nfrom soothsay.model import building\n"
        "try:\n"
        "    with building._alone(), building._workplace() as folder:\n"
        "        (folder / 'big').write_text('x')\n        print('ready', flush=True)\n        time.sleep(60)\n"
        "except KeyboardInterrupt:\n    sys.exit(130)\n"
    )
    child = subprocess.Popen([sys.executable, "-P", "-c", script], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None and child.stdout.readline() == "ready\n"
    assert list(library.builds_folder().glob("building-*"))
    child.terminate()
    assert child.wait(20) == 130
    assert not list(library.builds_folder().glob("building-*"))


def test_progress_without_a_terminal_is_a_line_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    with show_progress() as show:
        show("")
        show("downloading its source")
        for number in range(1, 84):
            now += 1.0
            show(f"compiling llama.cpp: {number} of 83")
            show("")
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "downloading its source (0:00)"
    assert lines[1:3] == ["compiling llama.cpp: 1 of 83 (0:01)", "compiling llama.cpp: 16 of 83 (0:16)"]
    assert 6 <= len(lines) <= 8
