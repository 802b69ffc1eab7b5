"""A library that dies at its first token: simulated in a real child everywhere, and real where AMX is broken."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from required_tools import missing_tool
from soothsay.model.compiling import processor_flags
from soothsay.model.files.cache import model_path
from soothsay.model.library import CHOSEN, has_amx_kernels, library_folder
from soothsay.model.probe import DIES
from soothsay.model.proof import WAYS, find_way, prove, remembered, run_probe
from soothsay.model.tiny import write_tiny_model
from soothsay_common.exits import Exit, read_exit

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

MODEL = "smollm2-135m"
FULL, PLAIN = (way.name for way in WAYS)
BOTH = f"{FULL}, {PLAIN}"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache with the model, in which nothing has been proved."""
    folder = tmp_path / "my cache"
    (folder / "models").mkdir(parents=True)
    (folder / "models" / MODEL).symlink_to(model_path(MODEL).parent)
    library = library_folder()  # the one in use: the new cache has no build of its own
    monkeypatch.setenv("SOOTHSAY_CACHE", str(folder))
    monkeypatch.setenv(CHOSEN, str(library))
    return folder


@pytest.fixture
def dying(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """The library dies at full speed."""
    monkeypatch.setenv(DIES, FULL)
    yield monkeypatch


def soothsay(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "soothsay", *arguments],
        capture_output=True,
        text=True,
        timeout=600,
        env={**os.environ, **environment},
        check=False,
    )


@pytest.mark.parametrize("way", WAYS)
def test_the_probe_really_executes_an_illegal_instruction(
    way: object, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(DIES, BOTH)
    model = tmp_path / "tiny.gguf"
    write_tiny_model(model)
    assert run_probe(model, way) == Exit("illegal_instruction", "SIGILL")  # type: ignore[arg-type]
    monkeypatch.setenv(DIES, "another way")
    assert run_probe(model, WAYS[1]) == ""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells how a signal came")
def test_it_is_the_processor_that_says_so() -> None:
    """A signal that a process sends to itself is none that it dies of when it ignores it; this one is."""
    script = (
        "import signal; signal.signal(signal.SIGILL, signal.SIG_IGN)\n"
        "from soothsay.model.probe import execute_illegal_instruction\n"
        "execute_illegal_instruction()"
    )
    done = subprocess.run([sys.executable, "-P", "-c", script], check=False, capture_output=True)
    assert read_exit(done.returncode) == Exit("illegal_instruction", "SIGILL")


def test_a_tiny_model_writes(tmp_path: Path) -> None:
    model = tmp_path / "tiny.gguf"
    write_tiny_model(model)
    assert run_probe(model, WAYS[1]) == ""


def test_the_fallback_is_chosen_remembered_and_shown(dying: pytest.MonkeyPatch, cache: Path) -> None:
    model = model_path(MODEL)
    found = prove(model)
    assert found.way.name == PLAIN and not found.is_full_speed
    assert [(death.way, death.name) for death in found.deaths] == [(FULL, "SIGILL")]

    dying.setenv(DIES, BOTH)  # no child could work now, so none is asked
    assert remembered(model) == prove(model) == found
    assert len(json.loads((cache / "proofs.json").read_text(encoding="utf-8"))) == 1

    shown = soothsay("prove", "--model", MODEL)
    assert shown.returncode == 0, shown.stderr
    assert (
        f"writes tokens {PLAIN}, which is slower: at {FULL} its process died of an illegal instruction"
        in shown.stdout
    )
    assert "prove --build" in shown.stderr

    told = json.loads(soothsay("prove", "--model", MODEL, "--json").stdout)
    assert (told["way"], told["fullSpeed"]) == (PLAIN, False) and "prove --build" in told["fix"]

    checks = json.loads(soothsay("doctor", "--json", "--model", MODEL, "--workspace", str(cache)).stdout)
    check = next(each for each in checks if each["name"] == "llama.cpp")
    assert check["state"] == "warning" and "illegal instruction (SIGILL)" in check["message"]
    assert "prove --build" in check["fix"]


@pytest.mark.usefixtures("dying")
def test_without_a_model_a_tiny_one_shows_the_same() -> None:
    shown = soothsay("prove")
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.startswith(f"llama.cpp writes tokens {PLAIN}")
    assert "soothsay models pull qwen2.5-coder-0.5b" in shown.stderr


def test_no_way_is_one_clear_sentence() -> None:
    for arguments in (["--model", MODEL], []):
        shown = soothsay("prove", *arguments, **{DIES: BOTH})
        assert (shown.returncode, shown.stdout) == (1, "")
        assert len(shown.stderr.strip().splitlines()) == 1
        assert "cannot be run here: its process died of an illegal instruction (SIGILL)" in shown.stderr
        assert "prove --build" in shown.stderr and "Traceback" not in shown.stderr
    told = soothsay("prove", "--json", **{DIES: BOTH})
    assert told.returncode == 1 and "SIGILL" in json.loads(told.stdout)["error"]


def test_the_doctor_outlives_a_library_that_dies_at_every_token(tmp_path: Path) -> None:
    shown = soothsay("doctor", "--json", "--model", MODEL, "--workspace", str(tmp_path), **{DIES: BOTH})
    assert shown.returncode == 1 and "Traceback" not in shown.stderr
    check = next(each for each in json.loads(shown.stdout) if each["name"] == "llama.cpp")
    assert check["state"] == "broken" and "SIGILL" in check["message"]
    assert "prove --build" in check["fix"]


@pytest.mark.skipif(sys.platform == "win32", reason="compiles with POSIX's cc")
def test_a_library_that_dies_while_it_is_loaded(tmp_path: Path) -> None:
    """Compiled for another processor, its first initialiser may be enough; nobody but the child has loaded it."""
    compiler = next((name for name in ("cc", "gcc", "clang") if shutil.which(name)), None)
    if compiler is None:
        missing_tool("there is no C compiler")
    source = tmp_path / "dies.c"
    source.write_text("__attribute__((constructor)) static void begin(void) { __builtin_trap(); }\n")
    folder = tmp_path / "lib"
    folder.mkdir()
    name = "libllama.dylib" if sys.platform == "darwin" else "libllama.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", str(folder / name), str(source)], check=True)
    shown = soothsay("prove", "--model", MODEL, **{CHOSEN: str(folder)})
    assert shown.returncode == 1, shown.stdout
    assert "cannot be run here: its process died of" in shown.stderr
    doctor = soothsay(
        "doctor", "--json", "--model", MODEL, "--workspace", str(tmp_path), **{CHOSEN: str(folder)}
    )
    checks = {each["name"]: each for each in json.loads(doctor.stdout)}
    assert checks["llama.cpp"]["state"] == checks["libraries"]["state"] == "broken"
    assert "llama.cpp: its process died of" in checks["libraries"]["message"]
    complete = soothsay("index", "status", "--workspace", str(tmp_path), **{CHOSEN: str(folder)})
    assert read_exit(complete.returncode).cause == "ended", "what needs no model must not load the library"


@pytest.mark.skipif("amx_tile" not in processor_flags(), reason="this processor has no AMX")
@pytest.mark.skipif(
    not has_amx_kernels(library_folder()), reason="the llama.cpp in use was compiled without AMX"
)
def test_the_real_case_of_amx(tmp_path: Path) -> None:
    """Compiled by gcc 12, llama.cpp's AMX kernels die at the first batch; by a sound compiler they need not."""
    tiny = tmp_path / "tiny.gguf"
    write_tiny_model(tiny)
    for model in (tiny, model_path(MODEL)):
        outcome = run_probe(model, WAYS[0])
        if outcome == "":
            pytest.skip("the llama.cpp in use was compiled with AMX by a compiler that does not break it")
        found = find_way(model, run_probe)
        assert found.way == WAYS[1]
        assert found.reason.endswith("breaks llama.cpp's AMX kernels")
