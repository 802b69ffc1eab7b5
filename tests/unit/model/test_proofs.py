"""The proof with children that only say how they would have ended, and what is remembered of it."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

import pytest

from soothsay.errors import SoothsayError
from soothsay.model import library, llama, proof
from soothsay.model.probe import FAILED
from soothsay.model.proof import (
    WAYS,
    Death,
    ProbeOutcome,
    Proof,
    Way,
    distrust,
    forget,
    likely_reason,
    prove,
    prove_library,
    read_outcome,
    remembered,
    run_probe,
)
from soothsay_common.exits import Exit

FULL, PLAIN = WAYS
SIGILL = Exit("illegal_instruction", "SIGILL")
SIGKILL = Exit("killed", "SIGKILL")


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model, and a library of our own in an empty cache."""
    monkeypatch.setenv("SOOTHSAY_CACHE", str(tmp_path / "cache"))
    libraries = tmp_path / "lib"
    libraries.mkdir()
    (libraries / "libllama.so").write_bytes(b"library")
    monkeypatch.setenv(library.CHOSEN, str(libraries))
    monkeypatch.setattr(proof, "loaded_id", lambda: None)
    monkeypatch.setattr(proof, "processor_flags", lambda: frozenset[str]())
    path = tmp_path / "m.gguf"
    path.write_bytes(b"weights")
    return path


class Children:
    """Each ends as it is told, by the name of its way; those not named work."""

    def __init__(self, **outcomes: ProbeOutcome) -> None:
        self._outcomes = outcomes
        self.tried: list[str] = []

    def __call__(self, model: Path, way: Way) -> ProbeOutcome:
        self.tried.append(way.name)
        return self._outcomes.get("full" if way is FULL else "plain", "")


def proofs(tmp_path: Path) -> dict[str, object]:
    return json.loads((tmp_path / "cache" / "proofs.json").read_text(encoding="utf-8"))


def test_what_works_at_full_speed_is_tried_once(model: Path) -> None:
    children = Children()
    assert prove(model, children) == prove(model, children) == remembered(model) == Proof(FULL)
    assert children.tried == ["full speed"]
    assert Proof(FULL).is_full_speed and Proof(FULL).fix == Proof(FULL).cause == ""


def test_the_next_slower_way_is_chosen_remembered_and_explained(model: Path) -> None:
    children = Children(full=SIGILL)
    found = prove(model, children)
    assert found.way == PLAIN and not found.is_full_speed
    assert found.deaths == (Death("full speed", "illegal_instruction", "SIGILL"),)
    assert prove(model, children) == remembered(model) == found
    assert children.tried == ["full speed", "without extra buffer types"]
    assert found.describe() == (
        "writes tokens without extra buffer types, which is slower: at full speed its process died of an illegal instruction (SIGILL), "
        "probably because llama.cpp was compiled for another processor"
    )
    assert "prove --build" in found.fix


def test_no_way_is_one_line_with_the_remedy_and_not_remembered(model: Path) -> None:
    children = Children(full=SIGILL, plain=SIGILL)
    with pytest.raises(SoothsayError, match=r"m\.gguf cannot be run here: .*SIGILL.*prove --build") as error:
        prove(model, children)
    assert "\n" not in str(error.value)
    assert remembered(model) is None
    assert prove(model, Children()).is_full_speed


@pytest.mark.parametrize(
    ("last", "remedy"),
    [
        (SIGKILL, "smaller model"),
        (Exit("no_memory", "SIGABRT"), "smaller model"),
        (Exit("hung"), "less busy"),
        (Exit("aborted", "SIGABRT"), "prove --build"),
    ],
)
def test_the_remedy_fits_the_cause(model: Path, last: Exit, remedy: str) -> None:
    with pytest.raises(SoothsayError, match=remedy):
        prove(model, Children(full=last, plain=last))


@pytest.mark.parametrize("passing", [SIGKILL, Exit("hung"), Exit("no_memory", "SIGABRT")])
def test_what_may_pass_is_not_remembered(model: Path, passing: Exit) -> None:
    found = prove(model, Children(full=passing))
    assert found.way == PLAIN and remembered(model) is None
    assert "close other programs" in found.fix
    assert prove(model, Children()).is_full_speed


def test_a_trial_that_was_stopped_says_nothing_about_the_library(model: Path) -> None:
    children = Children(full=Exit("stopped", "SIGTERM"))
    with pytest.raises(SoothsayError, match="try again"):
        prove(model, children)
    assert children.tried == ["full speed"]


def test_an_error_that_the_child_describes_ends_the_search(model: Path) -> None:
    children = Children(full="the model is damaged; pull it again")
    with pytest.raises(SoothsayError, match=r"^the model is damaged; pull it again$"):
        prove(model, children)
    assert children.tried == ["full speed"] and remembered(model) is None


def test_another_model_file_is_another_proof(model: Path) -> None:
    prove(model, Children(full=SIGILL))
    model.write_bytes(b"other weights")
    assert remembered(model) is None
    assert prove(model, Children()).is_full_speed


def test_another_library_is_another_proof(model: Path, tmp_path: Path) -> None:
    prove(model, Children(full=SIGILL))
    (tmp_path / "lib" / "libllama.so").write_bytes(b"another library")
    assert remembered(model) is None


def test_another_processor_is_another_proof(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prove(model, Children(full=SIGILL))
    monkeypatch.setattr(proof, "processor", lambda: "x86_64-another")
    assert remembered(model) is None


def test_a_library_that_was_replaced_under_a_running_process_is_not_proved_with_the_new_one(
    model: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(proof, "loaded_id", lambda: "the old one")
    with pytest.raises(SoothsayError, match="start soothsay again"):
        prove(model, Children())
    old = library.library_id(tmp_path / "lib")
    monkeypatch.setattr(proof, "loaded_id", lambda: old)
    assert prove(model, Children(full=SIGILL)).way == PLAIN
    (tmp_path / "lib" / "libllama.so").write_bytes(b"another library")
    assert prove(model, Children()).way == PLAIN  # what was proved for the one that is loaded holds


def test_a_model_that_is_not_there(model: Path) -> None:
    with pytest.raises(SoothsayError, match="cannot read the model"):
        prove(model.with_name("none.gguf"), Children())
    assert remembered(model.with_name("none.gguf")) is None
    forget(model.with_name("none.gguf"))


def test_forgetting(model: Path) -> None:
    prove(model, Children(full=SIGILL))
    forget(model)
    assert remembered(model) is None
    forget(model)


def test_a_way_that_died_in_use_is_not_chosen_again(model: Path) -> None:
    prove(model, Children())
    distrust(model, SIGKILL)  # which may pass
    assert prove(model, Children()).is_full_speed
    distrust(model, SIGILL)
    children = Children()
    assert prove(model, children).way == PLAIN and children.tried == [PLAIN.name]
    distrust(model, SIGILL)
    with pytest.raises(SoothsayError, match="cannot be run here"):
        prove(model, Children())


@pytest.mark.parametrize(
    "entry",
    [
        {"way": {"name": "a way that is gone"}, "deaths": []},
        {"way": {"name": "full speed"}},
        {
            "way": {"name": "full speed"},
            "deaths": [{"way": "x", "cause": "a cause that is gone", "name": ""}],
        },
        {"way": "full speed", "deaths": []},
        {"way": None, "deaths": []},
        [],
        "full speed",
    ],
)
def test_what_cannot_be_read_is_proved_again(model: Path, tmp_path: Path, entry: object) -> None:
    prove(model, Children(full=SIGILL))
    (key,) = proofs(tmp_path)
    (tmp_path / "cache" / "proofs.json").write_text(json.dumps({key: entry}), encoding="utf-8")
    children = Children()
    assert prove(model, children).is_full_speed and children.tried == ["full speed"]


@pytest.mark.parametrize("content", ["", "[]", "{", "null", "\udc80"])
def test_a_spoilt_file_is_written_anew(model: Path, tmp_path: Path, content: str) -> None:
    path = tmp_path / "cache" / "proofs.json"
    path.parent.mkdir()
    path.write_bytes(content.encode("utf-8", "surrogatepass"))
    prove(model, Children(full=SIGILL))
    assert remembered(model) is not None


def test_a_cache_that_cannot_be_written_is_no_error(model: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    children = Children()
    assert prove(model, children) == prove(model, children) == Proof(FULL)
    assert len(children.tried) == 2
    forget(model)


def test_old_proofs_are_dropped(model: Path, tmp_path: Path) -> None:
    path = tmp_path / "cache" / "proofs.json"
    path.parent.mkdir()
    path.write_text(json.dumps({str(number): {} for number in range(200)}), encoding="utf-8")
    prove(model, Children())
    assert len(proofs(tmp_path)) == 50 and remembered(model)


def test_two_that_start_together_try_once(model: Path) -> None:
    children = Children()

    def slowly(path: Path, way: Way) -> ProbeOutcome:
        time.sleep(0.2)
        return children(path, way)

    threads = [threading.Thread(target=prove, args=(model, slowly)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert children.tried == ["full speed"]


def test_what_is_remembered_needs_no_lock(model: Path, tmp_path: Path) -> None:
    prove(model, Children())
    with proof.FileLock(tmp_path / "cache" / "proofs.lock"):
        assert prove(model, Children(full=SIGILL)).is_full_speed


def test_a_tiny_model_where_there_is_no_other(model: Path, tmp_path: Path) -> None:
    seen: list[bytes] = []

    def look(path: Path, way: Way) -> ProbeOutcome:
        seen.append(path.read_bytes()[:4])
        return ""

    assert prove_library(look).is_full_speed
    assert seen == [b"GGUF"] and not (tmp_path / "cache" / "proofs.json").exists()


@pytest.mark.parametrize(
    ("code", "output", "errors", "expected"),
    [
        (0, "", "whatever", ""),
        (FAILED, "noise\nthe model is damaged\n", "", "the model is damaged"),
        (-4, "", "", SIGILL),
        (
            -6,
            "",
            "terminate called after throwing an instance of 'std::bad_alloc'",
            Exit("no_memory", "SIGABRT"),
        ),
        (-6, "", "GGML_ASSERT(x) failed", Exit("aborted", "SIGABRT")),
        (-9, "", "", SIGKILL),
    ],
)
@pytest.mark.skipif(proof.sys.platform == "win32", reason="the exit codes are POSIX's")
def test_what_a_child_came_to(code: int, output: str, errors: str, expected: ProbeOutcome) -> None:
    assert read_outcome(code, output, errors) == expected


def test_a_child_that_cannot_even_start_python() -> None:
    outcome = read_outcome(1, "", "Traceback …\nModuleNotFoundError: No module named 'numpy'\n")
    assert outcome == (
        "the process that tries the model failed (ModuleNotFoundError: No module named 'numpy'); "
        "run: pip install --force-reinstall soothsay"
    )


def test_amx_is_named_where_it_is_probable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "libggml-cpu.so").write_bytes(b"\0ggml_backend_amx_mul_mat\0GCC: (Debian 12.2.0-14) 12.2.0\0")
    died = [Death(FULL.name, "illegal_instruction", "SIGILL")]
    monkeypatch.setattr(proof, "processor_flags", lambda: frozenset({"amx_tile"}))
    assert likely_reason(died, tmp_path) == "gcc 12.2.0 breaks llama.cpp's AMX kernels"
    both = [*died, Death(PLAIN.name, "illegal_instruction", "SIGILL")]
    assert likely_reason(both, tmp_path) == "llama.cpp was compiled for another processor"
    monkeypatch.setattr(proof, "processor_flags", lambda: frozenset({"avx2"}))
    assert likely_reason(died, tmp_path) == "llama.cpp was compiled for another processor"
    assert likely_reason([Death(FULL.name, "killed", "SIGKILL")], tmp_path) == ""
    assert likely_reason([], tmp_path) == ""


def test_a_chosen_folder_without_a_library(model: Path, tmp_path: Path) -> None:
    (tmp_path / "lib" / "libllama.so").unlink()
    with pytest.raises(
        SoothsayError, match=r"LLAMA_CPP_LIB_PATH: there is no llama\.cpp library in .*; unset it"
    ):
        prove(model)
    assert remembered(model) is None


def test_a_foreign_library_is_one_line(model: Path) -> None:
    outcome = run_probe(model, FULL)  # a real child, which cannot load it
    assert isinstance(outcome, str)
    assert outcome.startswith(f"llama.cpp cannot be loaded from {model.parent / 'lib'} (")
    assert outcome.endswith("; unset LLAMA_CPP_LIB_PATH, or correct it") and "\n" not in outcome


def test_the_library_is_not_loaded_by_importing_what_uses_it(tmp_path: Path) -> None:
    script = "import sys, soothsay.backend.session; sys.exit('llama_cpp' in sys.modules)"
    done = proof.subprocess.run([proof.sys.executable, "-P", "-c", script], check=False)
    assert done.returncode == 0


def test_the_type_that_is_known_before_loading_is_the_library_s() -> None:
    before = llama.os.environ.get(library.CHOSEN)
    loaded = llama.load().module
    assert llama._Library.ggml_abort_callback is loaded.ggml_abort_callback
    assert llama.llama_cpp.llama_token is loaded.llama_token
    with pytest.raises(AttributeError):
        _ = llama.llama_cpp.no_such_function  # type: ignore[attr-defined]
    assert llama.os.environ.get(library.CHOSEN) == before
