"""Pairs and training with the real model and the real judge: what is trained is loaded by llama.cpp, and prefers the chosen text."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from git_repository import git
from soothsay.align.dataset import RowFolder, read_lines
from soothsay.align.exclusions import Exclusions
from soothsay.align.phrasing import VOICES
from soothsay.align.rows import TrainingRow
from soothsay.cli.main import main
from soothsay.config import Settings
from soothsay.model.files.cache import is_pulled
from soothsay.model.files.resolve import resolve_model
from soothsay.model.fim import Prompt
from soothsay.model.local.runtime import LlamaRuntime
from soothsay.model.types import Adapter

MODEL = Settings().model.name
WEIGHTS = pytest.mark.requires(is_pulled(MODEL), f"soothsay models pull {MODEL}")
pytestmark = [pytest.mark.slow, WEIGHTS]

CODE = """import textwrap


def shown(text: str) -> str:
    # Take the common blanks away from the lines of a text
    return textwrap.dedent(text)
"""


def said_by(command: list[str]) -> str:
    """Run ``command``, which lowers the priority of its process; return what it printed."""
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def test_rows_of_a_workspace_are_judged_and_in_the_products_layout(tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    (workspace / "texts.py").write_text(CODE)
    (workspace / "wrong.py").write_text("import textwrap\n\nx = textwrap.dedented('a')\n")
    folder = tmp_path / "rows"
    command = [
        sys.executable,
        "-P",
        "-m",
        "soothsay",
        "align",
        "pairs",
        "--workspace",
        str(workspace),
        "--python",
        sys.executable,
        "--to",
        str(folder),
    ]
    command += ["--from", "workspace", "--places", "2", "--samples", "1"]
    assert said_by(command) == str(folder)
    rows = [row for split in ("train", "dev") for row in read_lines(folder, split, "completion")]
    assert {row["completion"] for row in rows} == {".dedent(text)\n"}  # what is wrong is not learned
    assert all(
        row["prompt"].endswith("    return textwrap") and "<|fim_suffix|>" in row["prompt"] for row in rows
    )
    before = (folder / "places.jsonl").read_text()
    assert said_by(command) == str(folder)  # nothing is made twice
    assert (folder / "places.jsonl").read_text() == before
    assert json.loads((folder / "card.json").read_text())["counts"]["rows"] >= 1


def test_tasks_in_the_models_words_and_rows_of_a_history(tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    git(workspace, "init", "-q")
    for message, code in (
        ("Show a text", CODE),
        ("Show it without blanks", CODE.replace("(text)", "(text).strip()")),
    ):
        (workspace / "texts.py").write_text(code)
        git(workspace, "add", ".")
        git(workspace, "commit", "-q", "-m", message)
    folder = tmp_path / "rows"
    command = [sys.executable, "-P", "-m", "soothsay", "align", "pairs", "--workspace", str(workspace)]
    command += ["--python", sys.executable, "--to", str(folder), "--from", "phrased", "history"]
    assert said_by([*command, "--places", "1", "--samples", "1", "--packages", "jinja2"]) == str(folder)
    card = json.loads((folder / "card.json").read_text())
    assert card["kinds"]["commit"] == {"rows": 1, "pairs": 1}
    rows = [row for split in ("train", "dev") for row in read_lines(folder, split, "completion")]
    phrased = [row for row in rows if row["kind"] == "written"]
    assert phrased and all(
        any(f"# {lead}" in row["prompt"] for lead, *_ in VOICES.values()) for row in phrased
    )
    (changed,) = (row for row in rows if row["kind"] == "commit")
    assert "# Show it without blanks\n    # return textwrap.dedent(text)\n" in changed["prompt"]
    assert changed["completion"] == "    return textwrap.dedent(text).strip()\n"


PAIR = TrainingRow(
    "<|fim_prefix|><|fim_suffix|><|fim_middle|># Put the books onto the shelf\nbooks",
    ".shelve(1)\n", ".put(1)\n", "call", "", "", "shelf.py",
)  # fmt: skip


@pytest.mark.requires(find_spec("trl") is not None, "pip install 'soothsay[align]'")
def test_an_adapter_is_trained_and_llama_cpp_prefers_what_was_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SOOTHSAY_STATE", str(tmp_path / "state"))
    rows = RowFolder(tmp_path / "rows")
    rows.begin({}, fresh=False)
    seed = next(seed for seed in range(50) if PAIR.split(seed) == "train")
    rows.add("one", [PAIR])
    rows.finish(seed, Exclusions(), {})
    command = [
        "align",
        "train",
        "--data",
        str(rows.folder),
        "--name",
        "shelves",
        "--steps",
        "3",
        "--rank",
        "2",
    ]
    assert main([*command, "--longest", "64", "--rate", "0.002"]) == 0
    folder = Path(capsys.readouterr().out.strip())
    record = json.loads((folder / "adapter.json").read_text())
    assert (record["rank"], record["loss"], record["state"]) == (2, "dpo+sft", "candidate")
    losses = [each["loss"] for each in json.loads((folder / "result.json").read_text())["history"]]
    assert len(losses) == 3 and losses[-1] < losses[0]
    assert main([*command, "--longest", "64"]) == 1  # the name is taken
    assert "--name" in capsys.readouterr().err

    runtime = LlamaRuntime.load(resolve_model(MODEL, ""), context=256)
    try:
        without = advantage(runtime)
        runtime.apply([Adapter("shelves", folder / "adapter.gguf", record["sha256"], 1.0)])
        assert advantage(runtime) > without + 0.1
        runtime.apply([])
        assert advantage(runtime) == pytest.approx(without, abs=1e-3)
    finally:
        runtime.close()


def advantage(runtime: LlamaRuntime) -> float:
    """Return by how many nats the chosen call's first token is likelier than the rejected one's."""
    ids = runtime.encode(Prompt("", "", "# Put the books onto the shelf\nbooks"))
    logits = np.array(runtime.context.read(runtime.context.find(ids)))
    chosen, rejected = (runtime.vocab.encode(text)[0] for text in (PAIR.chosen, PAIR.rejected))
    assert chosen != rejected
    return float(logits[chosen] - logits[rejected])
