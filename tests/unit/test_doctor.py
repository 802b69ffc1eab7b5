"""The doctor: what it says of each part, and that nothing it looks at can end it."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from soothsay import doctor
from soothsay.config import IndexSettings, ModelSettings, OracleSettings, Settings
from soothsay.doctor import DoctorCheck, ask_child, checks_as_json, is_well, report
from soothsay.errors import SoothsayError
from soothsay.frontend.doctor import checks_to_json
from soothsay.model.compiling import Compiler, CompilingError
from soothsay.model.proof import WAYS, Death, Proof
from soothsay_common.exits import Exit

SLOW = Proof(
    WAYS[1],
    (Death(WAYS[0].name, "illegal_instruction", "SIGILL"),),
    "gcc 12.2.0 breaks llama.cpp's AMX kernels",
)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache."""
    monkeypatch.setenv("SOOTHSAY_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.mark.process
def test_libraries_that_can_be_imported() -> None:
    check = doctor._libraries()
    assert check == DoctorCheck("libraries", "ok", "llama.cpp, LanceDB, PyTorch, tree-sitter, griffe, pygls")


def test_a_library_that_ends_its_process_or_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    dies = "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"
    monkeypatch.setattr(
        doctor, "_LIBRARIES", {"fine": "import json", "one": dies, "two": "import no_such_library"}
    )
    check = doctor._libraries()
    assert check.state == "broken" and "force-reinstall" in check.fix
    assert check.found == (
        "one: its process died of a memory access error (SIGSEGV); "
        "two: ModuleNotFoundError: No module named 'no_such_library'"
    )


def test_the_workspace_is_not_imported_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "griffe.py").write_text(f"open({str(tmp_path / 'imported')!r}, 'w')", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert doctor._import_problem("import griffe") == ""
    assert not (tmp_path / "imported").exists()


def test_a_child_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_TIMEOUT_S", 0.3)
    assert "not answering (no answer in 0 s)" in doctor._import_problem("import time; time.sleep(60)")


@pytest.fixture
def no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_model_path", lambda settings: None)


@pytest.fixture
def some_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_model_path", lambda settings: Path("/models/m.gguf"))


@pytest.mark.usefixtures("some_model")
def test_a_slower_way_is_a_warning_with_cause_and_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "prove", lambda path: SLOW)
    check = doctor._llama(Settings())
    assert (check.name, check.state) == ("llama.cpp", "warning")
    assert check.found == (
        "as installed: writes tokens without extra buffer types, which is slower: at full speed its process died of an illegal "
        "instruction (SIGILL), probably because gcc 12.2.0 breaks llama.cpp's AMX kernels"
    )
    assert "prove --build" in check.fix


@pytest.mark.usefixtures("some_model")
def test_full_speed_needs_no_mending(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "prove", lambda path: Proof(WAYS[0]))
    assert doctor._llama(Settings()) == DoctorCheck(
        "llama.cpp", "ok", "as installed: writes tokens at full speed"
    )


@pytest.mark.usefixtures("no_model")
def test_without_a_model_a_tiny_one_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "prove_library", lambda: Proof(WAYS[0]))
    assert "tried with a tiny model: writes tokens at full speed" in doctor._llama(Settings()).found


@pytest.mark.usefixtures("no_model")
def test_no_way_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing_works() -> Proof:
        raise SoothsayError("it cannot be run here: its process died; run `soothsay prove --build`")

    monkeypatch.setattr(doctor, "prove_library", nothing_works)
    expected = DoctorCheck(
        "llama.cpp", "broken", "it cannot be run here: its process died", "run `soothsay prove --build`"
    )
    assert doctor._llama(Settings()) == expected


@pytest.mark.usefixtures("some_model")
def test_threads_are_named_with_the_reason() -> None:
    assert doctor._threads(Settings(model=ModelSettings(threads=3))).found == "3 (model.threads)"
    assert "one per physical core; not measured yet" in doctor._threads(Settings()).found


def test_the_compiler_and_the_memory_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "find_compiler", lambda: Compiler("/usr/bin/c++", 12, breaks_amx=True))
    monkeypatch.setattr(doctor, "available_memory", lambda: 3_000_000_000)
    monkeypatch.setattr(doctor, "usable_cores", lambda: 8)
    expected = "/usr/bin/c++ (gcc 12), 3 GB of memory for 3 files at once, breaks AMX: llama.cpp is compiled without it"
    assert doctor._compiler() == DoctorCheck("C++ compiler", "ok", expected)

    def none() -> Compiler:
        raise CompilingError("no C++ compiler: install one")

    monkeypatch.setattr(doctor, "find_compiler", none)
    assert doctor._compiler().state == "warning"
    assert doctor._compiler().found == "no C++ compiler: install one"


@pytest.mark.process
def test_the_index_is_looked_at_in_a_child(tmp_path: Path) -> None:
    check = doctor._index(replace(Settings(), oracle=OracleSettings(enabled=False)), tmp_path)
    assert check == DoctorCheck("index", "warning", f"nothing is indexed for {tmp_path}", "soothsay index")


def test_an_index_that_ends_its_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    died = Exit("illegal_instruction", "SIGILL")
    monkeypatch.setattr(doctor, "ask_child", lambda *what, **how: died)
    check = doctor._index(Settings(), tmp_path)
    assert check.state == "broken" and check.found == "its process died of an illegal instruction (SIGILL)"


def test_settings_are_passed_on_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(
        method="base",
        model=ModelSettings(path="/models/my model.gguf", threads=3),
        index=IndexSettings(docs=("docs", "ünïcode"), interpreter="/usr/bin/python3"),
    )
    seen: list[tuple[Settings, Path]] = []
    monkeypatch.setattr(
        doctor, "examine", lambda *given: seen.append(given) or [DoctorCheck("x", "ok", "found")]
    )

    def in_process(command: list[str], given: str, timeout: float, read: Callable[[str], object]) -> object:
        assert command == [sys.executable, "-P", "-m", "soothsay.doctor"]
        monkeypatch.setattr(sys, "stdin", io.StringIO(given))
        assert doctor.main([]) == 0
        return read(capsys.readouterr().out)

    monkeypatch.setattr(doctor, "_run", in_process)
    roots = tmp_path, tmp_path / "other"
    assert checks_to_json(settings, tmp_path, roots) == checks_as_json([DoctorCheck("x", "ok", "found")])
    assert seen == [(settings, tmp_path, roots)]


@pytest.mark.parametrize("outcome", [Exit("hung", "no answer in 300 s"), "ImportError: no rich"])
def test_an_editor_is_told_when_the_doctor_itself_fails(
    outcome: Exit | str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "ask_child", lambda *what, **how: outcome)
    (check,) = checks_to_json(Settings(), tmp_path)
    assert check["state"] == "broken" and check["name"] == "doctor" and "in a terminal" in check["fix"]


def test_a_child_that_is_given_what_it_cannot_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "python_command", lambda *_: [sys.executable, "-c", "print('no JSON')"])
    assert "could not be run" in str(ask_child(Settings(), tmp_path, timeout=20))
    monkeypatch.setattr(doctor, "python_command", lambda *_: ["/nowhere/python"])
    assert "could not be run" in str(ask_child(Settings(), tmp_path, timeout=20))


def test_the_report_prints_what_it_found_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    checks = [DoctorCheck("a", "ok", "[/home] [bold]"), DoctorCheck("b", "warning", "slow", "run [this]")]
    assert report(checks) and is_well(checks)
    shown = capsys.readouterr().out
    assert "[/home] [bold]" in shown and "fix: run [this]" in shown
    assert not report([*checks, DoctorCheck("c", "broken", "gone")])
    assert json.dumps(checks_as_json(checks))


def test_each_project_in_the_workspace_has_its_environment_checked(tmp_path: Path) -> None:
    for folder in ("", "packages/a", "packages/b", "node_modules/x"):
        (tmp_path / folder / ".venv" / "bin").mkdir(parents=True)
        (tmp_path / folder / ".venv" / "pyvenv.cfg").write_text("home = /usr/bin\nversion = 3.12.4\n")
        (tmp_path / folder / ".venv" / "bin" / "python3").write_text("")
    (tmp_path / "packages" / "c").mkdir()
    inner = doctor._inner_projects(tmp_path)
    assert inner == [tmp_path / "packages" / "a", tmp_path / "packages" / "b"]
    check = doctor._environment(Settings(), *list(doctor._projects(tmp_path, ()))[1])
    assert check.name == "environment of packages/a" and check.state == "ok"
    assert check.found.endswith(f"from {tmp_path / 'packages' / 'a' / '.venv'}")
    assert doctor._inner_projects(tmp_path / "not there") == []


def test_each_root_has_its_environment_checked(tmp_path: Path) -> None:
    for folder in ("one", "one/inner", "two", "two/inner"):
        (tmp_path / folder / ".venv" / "bin").mkdir(parents=True)
        (tmp_path / folder / ".venv" / "pyvenv.cfg").write_text("home = /usr/bin\nversion = 3.12.4\n")
        (tmp_path / folder / ".venv" / "bin" / "python3").write_text("")
    one, two = tmp_path / "one", tmp_path / "two"
    assert list(doctor._projects(one, (one, two, one / "inner"))) == [
        (one, "environment"),
        (one / "inner", "environment of inner"),
        (two, f"environment of {two}"),
        (two / "inner", f"environment of {two / 'inner'}"),
    ]


def test_languages_are_listed_with_their_judges() -> None:
    check = doctor._languages()
    assert check.state == "ok" and "python (ty)" in check.found and "toml (unverified)" in check.found
    assert "typescript (unverified: soothsay judges install typescript)" in check.found  # the cache is empty
    assert "cpp (unverified: soothsay judges install clangd)" in check.found
    assert "yaml (unverified: soothsay judges install yaml-language-server" in check.found


def test_a_judge_that_is_not_installed_is_named_with_what_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "")
    found = doctor._languages().found
    assert "go (unverified: go install golang.org/x/tools/gopls@latest)" in found
    assert "rust (unverified: rustup component add rust-analyzer)" in found
    assert "java (unverified: install Eclipse JDT" in found


@pytest.mark.parametrize(("silent", "state"), [("gopls", "ok"), ("ty", "warning")])
def test_a_program_of_the_users_that_fails_is_no_warning(
    silent: str, state: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gopls = tmp_path / "gopls"
    gopls.write_text("#!/bin/sh\nexit 1\n")
    gopls.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(doctor, "_answers", lambda _language, spec, *_: spec.name != silent)
    check = doctor._oracle(Settings(), tmp_path)
    assert check.state == state
    assert silent in check.found and "does not answer" in check.found
    assert ("ty answers" in check.found) == (silent != "ty")
