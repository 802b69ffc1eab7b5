"""Adapters in use: switched on and off under a running backend, and refused by the guard where they do harm."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from lora_file import write_lora

from soothsay.align.adapters import AdapterRecord, AdapterRegistry, adapters_folder
from soothsay.align.guard import GuardVerdict, SuiteFigure
from soothsay.align.guard_suites import Suites, make_suites
from soothsay.backend.client import BackendSession
from soothsay.cli import align_adapters
from soothsay.cli.main import main
from soothsay.config import PATIENT, BackendSettings, IndexSettings, OracleSettings, Settings
from soothsay.engine.types import AdapterUse, CompletionRequest
from soothsay.errors import SoothsayError
from soothsay.model.files.registry import DEFAULT_MODEL
from soothsay.model.files.resolve import source_sha256
from soothsay_index.runtime.environment import locate_environment, read_environment
from soothsay_index.sources.base import Harvest, PackageSource, Release, Relevant, Used
from soothsay_index.sources.registry import package_sources
from soothsay_languages.registry import language_or_plain

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

SETTINGS = Settings(
    method="base",
    index=IndexSettings(enabled=False),
    oracle=OracleSettings(enabled=False),
    completion=replace(PATIENT, max_tokens=12),
    backend=BackendSettings(linger_s=0),
)
TEXT = "import json\n\n\ndef load(path):\n    # read the prices as JSON\n    with open(path) as file:\n        return "
RECORD = AdapterRecord(
    base_sha256=source_sha256(DEFAULT_MODEL, ""),
    base_model=DEFAULT_MODEL,
    created="2026-11-29",
    rank=4,
    alpha=4.0,
    loss="none",
    seed=1,
    data_hash="",
    config_hash="",
)
PASSES = (
    SuiteFigure("frequent", 100, 80, 80),
    SuiteFigure("infilling", 100, 40, 40),
    SuiteFigure("missing", 100, 20, 10),
    SuiteFigure("documents", 100, 50, 60),
)


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AdapterRegistry:
    monkeypatch.setenv("SOOTHSAY_STATE", str(tmp_path / "state"))
    return AdapterRegistry(adapters_folder())


def add(registry: AdapterRegistry, name: str, strength: float, **changes: object) -> None:
    path = write_lora(registry.folder.parent.parent.parent / f"{name}.gguf", strength=strength)
    registry.add(name, replace(RECORD, **changes), path)  # type: ignore[arg-type]


def activate(registry: AdapterRegistry, name: str) -> None:
    """Have it used, as if it had passed the guard: it is random."""
    sha256 = registry.get(name).loadable().sha256
    registry.judge(name, GuardVerdict(sha256, RECORD.base_sha256, 1.0, "none", "now", PASSES))
    registry.activate(name, 1.0)


@pytest.fixture
def session(
    registry: AdapterRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[BackendSession]:
    runtime = Path(tempfile.mkdtemp(prefix="soothsay-"))  # pytest's own paths are too long for sockets
    monkeypatch.setenv("SOOTHSAY_RUNTIME", str(runtime))
    workspace = tmp_path / "shop"
    workspace.mkdir()
    opened = BackendSession(SETTINGS, workspace)
    yield opened
    opened.close()
    shutil.rmtree(runtime, ignore_errors=True)


def test_adapters_are_switched_under_a_running_backend(
    session: BackendSession, registry: AdapterRegistry, capsys: pytest.CaptureFixture[str]
) -> None:
    request = CompletionRequest(session.workspace / "a.py", TEXT, len(TEXT), session.workspace)
    base = session.complete(request)
    assert base.text and base.adapters == ()

    workspace = str(session.workspace)
    add(registry, "mine", 0.3)
    add(registry, "shop", 0.3, scope="workspace", workspace=workspace)
    add(registry, "site", 0.3, scope="workspace", workspace=f"{workspace}-2")
    for name in ("mine", "shop", "site"):
        activate(registry, name)
    with_both = session.complete(request)
    assert [each.name for each in with_both.adapters] == ["mine", "shop"]
    assert with_both.draft != base.draft
    assert main(["status"]) == 0 and "mine at 1, shop at 1" in capsys.readouterr().out

    plain = session.complete(replace(request, adapters=()))
    assert (plain.draft, plain.adapters) == (base.draft, ())
    half = session.complete(replace(request, adapters=(AdapterUse("mine", 0.5),)))
    sha256 = registry.get("mine").record.sha256
    assert half.adapters == (AdapterUse("mine", 0.5, sha256),)
    with pytest.raises(SoothsayError, match="there is no adapter nobody"):
        session.complete(replace(request, adapters=(AdapterUse("nobody"),)))

    assert main(["align", "off"]) == 0
    after = session.complete(request)
    assert (after.draft, after.adapters) == (base.draft, ())

    activate(registry, "mine")
    registry.get("mine").gguf.write_bytes(b"damaged")
    registry.retire("shop")  # a record changes: they are read again
    activate(registry, "site")
    left_out = session.complete(request)
    assert (left_out.draft, left_out.adapters) == (base.draft, ())
    (warning,) = session.warnings
    assert "mine is not used: it has changed" in warning and "align off mine" in warning


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is printed is not wrapped."""
    monkeypatch.setenv("COLUMNS", "200")


class FewPackages:
    """A source of some of another source's packages."""

    def __init__(self, source: PackageSource, parts: tuple[str, ...]) -> None:
        self.name = source.name
        self._source, self._parts = source, parts

    def releases(self) -> list[Release]:
        return [each for each in self._source.releases() if each.part in self._parts]

    def relevant(self, used: Used) -> Relevant:
        return self._source.relevant(used)

    def harvest(self, release: Release) -> Harvest:
        return self._source.harvest(release)


@pytest.fixture(scope="module")
def suites() -> Suites:
    environment = read_environment(locate_environment(Path.cwd(), sys.executable))
    source = FewPackages(package_sources(environment)["python"], ("psutil", "requests", "click", "rich"))
    return make_suites([source], language_or_plain(environment.kind.language), 4)


def test_the_suites_are_the_same_each_time_and_hide_no_answer(suites: Suites) -> None:
    assert len(suites.frequent) == len(suites.rare) == len(suites.lines) == 4
    for task in (*suites.frequent, *suites.rare):
        assert task.text.endswith(f"{task.owner}.") and task.wanted in task.members
        assert task.wanted in [each.name for each in task.documents]
    assert not any(task.text[task.offset :].lstrip().startswith(task.line) for task in suites.lines)
    assert not {task.wanted for task in suites.frequent} & {task.wanted for task in suites.rare}


def test_an_adapter_that_does_harm_is_refused_with_its_table(
    registry: AdapterRegistry,
    suites: Suites,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(align_adapters, "_suites", lambda *_: suites)
    add(registry, "harmful", 1.0)
    assert main(["align", "use", "harmful"]) == 1
    printed = capsys.readouterr()
    assert "valid calls of frequent functions" in printed.out and "loses 1 point at most" in printed.out
    assert "harmful is refused: " in printed.err and "Traceback" not in printed.err
    kept = json.loads((registry.get("harmful").folder / "adapter.json").read_text())
    assert kept["state"] == "refused"
    figures = {each["suite"]: each for each in kept["guard"]["figures"]}
    assert figures["documents"]["adapter"] < figures["documents"]["base"]
    assert main(["align", "use", "harmful"]) == 1  # it is not measured again
    assert "was refused: " in capsys.readouterr().err
    assert main(["align", "list"]) == 0
    assert "harmful  refused  user" in capsys.readouterr().out
