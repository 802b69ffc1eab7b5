"""The real server over stdio (or TCP: ``--tcp``), around a session that needs no model.

What the fake does is asked for in the text of the line with the cursor (see `FakeSession.complete`) and in the
setting ``model.name`` (see `load_model`); what was done to it is written to the file in ``FAKE_JOURNAL``.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event, Lock
from typing import TYPE_CHECKING

from soothsay.config import Settings
from soothsay.engine.types import Completion, CompletionRequest, Ending, Evidence, TabStop, TriggerDecision
from soothsay.errors import Cancelled, SoothsayError
from soothsay.feedback import gate
from soothsay.frontend import feedback
from soothsay.frontend.transport import run_stdio, run_tcp
from soothsay.model.types import Token
from soothsay.oracle.null import NullOracle
from soothsay_index.types import Progress

if TYPE_CHECKING:
    from soothsay.engine.types import Fault, Replacement

_lock = Lock()


def journal(event: str, **details: object) -> None:
    with _lock, Path(os.environ["FAKE_JOURNAL"]).open("a", encoding="utf-8") as file:
        file.write(json.dumps({"event": event, "at": time.monotonic(), **details}) + "\n")


def wait_for_release(cancel: Event | None = None, patience: float = 60.0) -> bool:
    """Wait until the test lets this process go on (`Editor.release`); False once ``cancel`` is set."""
    released = Path(os.environ["FAKE_JOURNAL"]).with_name("released")
    deadline = time.monotonic() + patience
    while not released.exists() and time.monotonic() < deadline:
        if cancel is not None and cancel.is_set():
            return False
        time.sleep(0.005)
    return True


pulled: set[str] = set()


def with_values(before: str) -> tuple[str, tuple[TabStop, ...]]:
    """A call indented like the line ``before`` the cursor, in which two values are left to the person."""
    indent = before[: len(before) - len(before.lstrip())]
    arguments = ('name="",', 'path="C:\\\\${home}",', 'role="",')
    call = "".join(["create_job(", *(f"\n{indent}    {each}" for each in arguments), f"\n{indent})"])
    name, role = call.index('""'), call.rindex('""')
    return call, (TabStop(name, name + 2, "jobName"), TabStop(role, role + 2, "roleArn"))


def fake_pulls() -> None:
    """Two models more, which come from nowhere: one at once, the other in ten seconds."""
    from soothsay.model.files import cache, download
    from soothsay.model.files.download import OnProgress, PullProgress
    from soothsay.model.files.registry import REGISTRY, ModelFile, ModelSpec

    for name in ("quick-model", "slow-model"):
        file = ModelFile(f"{name}.gguf", 100_000_000, "")
        REGISTRY[name] = ModelSpec(name, "completion", "none", (file,), "someone/else")

    def pull(name: str, on_progress: OnProgress | None = None, *, cancel: Event | None = None) -> Path:
        assert on_progress is not None
        assert cancel is not None
        journal("pull", name=name)
        for step in range(100 if name == "slow-model" else 0):
            on_progress(
                PullProgress(name, "downloading", "downloading slowly", step * 1_000_000, 100_000_000)
            )
            if cancel.wait(0.1):
                journal("pull cancelled")
                raise Cancelled
        pulled.add(name)
        return cache.location(REGISTRY[name])

    download.pull = pull  # type: ignore[assignment]


class FakeOracle(NullOracle):
    def mirror(self, path: Path, text: str) -> None:
        journal("mirror", path=path.name, text=text)

    def forget(self, path: Path) -> None:
        journal("forget", path=path.name)


class FakeSession:
    def __init__(self, settings: Settings, workspace: Path, *, subfolders: bool = True) -> None:
        self.settings = settings
        self.workspace = workspace
        self.warnings: list[str] = []
        self.oracle = FakeOracle()
        journal(
            "open",
            workspace=str(workspace),
            subfolders=subfolders,
            model=settings.model.name,
            threshold=settings.trigger.threshold,
            interpreter=settings.index.interpreter,
            path=settings.model.path,
            docs=settings.index.docs,
            uri=settings.index.uri,
        )

    def mirror(self, path: Path, text: str) -> None:
        self.oracle.mirror(path, text)

    def forget(self, path: Path) -> None:
        self.oracle.forget(path)

    def load_model(self) -> None:
        match self.settings.model.name:
            case "missing":
                raise SoothsayError("no model named 'missing'; try `soothsay models list`")
            case "quick-model" if not pulled:
                raise SoothsayError("quick-model is not here")
            case "broken":
                raise RuntimeError("a bug in the loader")
            case "warns":
                self.warnings.append("this model has no FIM tokens; completing from the prefix only")
            case "slow":
                time.sleep(1.0)
            case "waits":
                wait_for_release()
        journal("loaded")

    @property
    def evaluated(self) -> int:
        return 7

    def listen(self, on_change: object) -> None:
        """Nothing ever changes here."""

    def speculate(self, request: CompletionRequest, cancel: Event | None = None) -> Completion:
        return self.complete(request, cancel)

    def prepare(self, request: CompletionRequest, cancel: Event | None = None) -> None:
        line = request.text[: request.offset].rpartition("\n")[2]
        journal("prepare", line=line)
        if "SLOW" in line:
            assert cancel is not None
            if cancel.wait(60):
                journal("prepare cancelled", line=line)
                raise Cancelled

    def complete(
        self,
        request: CompletionRequest,
        cancel: Event | None = None,
        on_text: Callable[[str], None] = lambda _: None,
    ) -> Completion:
        above, _, before = request.text[: request.offset].rpartition("\n")
        journal(
            "complete",
            line=before,
            above=f"{above}\n" if above else "",
            method=request.method,
            language=request.language,
            path=str(request.path),
            workspace=str(request.workspace),
        )
        if "SLOW" in before:
            assert cancel is not None
            if cancel.wait(60):
                journal("cancelled", line=before)
                raise Cancelled
        if "STUCK" in before:  # does not look at the event
            wait_for_release()
        if "ERROR" in before:
            raise SoothsayError("the model is out of memory; choose a smaller one")
        if "BUG" in before:
            raise RuntimeError("a bug in the engine")
        if "PRINT" in before:
            print("printed by Python")
            os.write(1, b"written to descriptor 1\n")
            libc = ctypes.CDLL(None)
            libc.puts(b"printed by C")
            libc.fflush(None)
        text = "" if "NOTHING" in before else "create_job(\n    name=1,\n)"
        stops: tuple[TabStop, ...] = ()
        if "VALUES" in before:
            text, stops = with_values(before)
        rest = request.text[request.offset :].partition("\n")[0]
        return Completion(
            text=text,
            tab_stops=stops,
            replaced=len(rest) if "REST" in before else 0,
            ending=Ending() if text else Ending("breaks", ")"),
            draft=before,
            verdict="verified",
            method=request.method or "full",
            trigger=TriggerDecision(True, ("not_in_index", "low_confidence"), 0.65, 0.8, "create_jib"),
            evidence=(
                Evidence(
                    kind="symbol",
                    symbol="bedrock.create_job",
                    package="botocore",
                    version="1.43.11",
                    uri="file:///site-packages/botocore/data/bedrock.json",
                    text="client.create_job(name=...)",
                    score=0.5,
                    language="python",
                ),
            ),
            tokens=(Token(b"cre", 0.9), Token(b"\xf0\x9f", 0.5), Token(b"\x98\x80", 0.25)),
            timings_ms={"total": 1.0},
            evaluated={"draft": 3},
        )

    def find_faults(
        self, path: Path, text: str, cancel: Event | None = None, *, typed: bool = False
    ) -> list[Fault]:
        """Every ``client.wrong(…)`` is wrong; finding takes long where it says LONG."""
        from soothsay.engine.types import Fault

        journal("look", path=path.name, typed=typed, thread=threading.current_thread().name)
        if "LONG" in text:
            assert cancel is not None
            if cancel.wait(60):
                journal("look cancelled")
                raise Cancelled
        return [
            Fault(
                "not_a_member", "client", "wrong", at + 7, at + 12, text.index(")", at) + 1, "no wrong (x 1)"
            )
            for at in (match.start() for match in re.finditer(r"client\.wrong\(", text))
        ]

    def repair(self, path: Path, text: str, fault: Fault, cancel: Event | None = None) -> Replacement | None:
        """``right()``, once the test lets it go on when the call says SLOW, and nothing when it says NEVER."""
        from soothsay.engine.types import Replacement

        call = text[fault.start : fault.call_end]
        journal("repair", call=call, thread=threading.current_thread().name)
        if "SLOW" in call:
            assert cancel is not None
            if not wait_for_release(cancel):
                journal("repair cancelled")
                raise Cancelled
        if "NEVER" in call:
            return None
        return Replacement(fault.start, fault.call_end, "right()", "Replace with client.right(…)")

    def build_index(self, on_progress: Callable[[Progress], None], cancel: Event) -> None:
        self._index("build", on_progress, cancel)

    def reindex(self, on_progress: Callable[[Progress], None], cancel: Event) -> None:
        self._index("reindex", on_progress, cancel)

    def _index(self, kind: str, on_progress: Callable[[Progress], None], cancel: Event) -> None:
        journal(kind)
        steps = 100 if self.settings.index.interpreter == "slow" else 3
        for step in range(steps):
            on_progress(Progress("packages", step, steps, "numpy"))
            if cancel.wait(0.05):
                journal(f"{kind} cancelled")
                raise Cancelled
        journal(f"{kind} done")

    def update_files(self, paths: Sequence[Path]) -> None:
        journal("update", paths=[str(path) for path in paths])

    def remove_files(self, paths: Sequence[Path]) -> None:
        journal("remove", paths=[str(path) for path in paths])

    def close(self) -> None:
        journal("close")


if __name__ == "__main__":
    heavy = [
        name
        for name in ("llama_cpp", "lancedb", "torch", "numpy", "sentence_transformers", "tree_sitter")
        if name in sys.modules
    ]
    journal("start", heavy=heavy)
    if "--slow-pulls" in sys.argv:
        fake_pulls()
    if "--quick-feedback" in sys.argv:  # seconds instead of minutes
        gate.TRIED = 0.0  # and no exceptions
        feedback.DELAYS = {"kept_10s": 0.3, "kept_30s": 0.6, "kept_5min": 0.9}
    if "--tcp" in sys.argv:
        sys.exit(run_tcp("127.0.0.1", 0, FakeSession))
    sys.exit(run_stdio(FakeSession))
