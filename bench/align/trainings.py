"""Making rows and training adapters from them, as `soothsay align` does; what was stopped goes on."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.align.world import CACHE, GENERATIONS, exclusions_file, interpreter, workspace
from bench.completing import Row

from soothsay.align.adapters import AdapterRegistry, AdapterScope, KnownAdapter
from soothsay.align.dataset import COMPLETIONS, PREFERENCES, read_lines
from soothsay.align.trained import keep, prepare, record_of, run
from soothsay.align.training_plan import LossName, TrainingPlan
from soothsay.model.files.resolve import resolve_model

ROWS_OF_A_STEP = 8
_MORE = 1.15  # places than the share of pairs among those so far asks for
_ROUNDS = 6


def registry() -> AdapterRegistry:
    """The benchmark's adapters: none of them is the user's."""
    return AdapterRegistry(CACHE / "adapters")


def stop(why: str = "") -> SystemExit:
    """Return what ends a run that goes on the next time."""
    print(f"\nstopped{why}: the next run goes on from here", flush=True)
    return SystemExit(130)


def make_pairs(wanted: int, model: str, samples: int) -> Path:
    """Return the folder of a set with at least ``wanted`` pairs to train on, if the packages have as many."""
    folder = CACHE / "pairs"
    options = [
        "--workspace",
        str(workspace()),
        "--python",
        str(interpreter()),
        "--from",
        "documented",  # call sites give few pairs: what they call the model cannot know, or knows
    ]
    options += ["--exclude", str(exclusions_file()), "--model", model, "--samples", str(samples)]
    _grow(folder, options, wanted, PREFERENCES)
    return folder


def make_workspace_rows(root: Path, python: Path, held_out: Sequence[str], wanted: int, model: str) -> Path:
    """Return the folder of a set with at least ``wanted`` rows of the files of ``root`` that are not ``held_out``."""
    folder = CACHE / "rows" / root.name
    folder.parent.mkdir(parents=True, exist_ok=True)
    exclude = folder.with_suffix(".excluded.json")
    exclude.write_text(
        json.dumps({"packages": [], "files": [f"/{each}" for each in held_out]}), encoding="utf-8"
    )
    options = ["--workspace", str(root), "--python", str(python), "--from", "workspace", "--samples", "1"]
    _grow(folder, [*options, "--exclude", str(exclude), "--model", model], wanted, COMPLETIONS)
    return folder


def _grow(folder: Path, options: Sequence[str], wanted: int, form: str) -> None:
    """Ask for more places until there are ``wanted`` rows, or no more of them."""
    places, before = max(1, wanted // 2), -1  # a place gives two rows or three
    for _ in range(_ROUNDS):
        _soothsay("align", "pairs", "--to", str(folder), "--places", str(places), *options)
        count = len(read_lines(folder, "train", form))
        if count >= wanted or count == before:
            return
        before = count
        places = math.ceil(places * wanted / max(count, 1) * _MORE)


def _soothsay(*arguments: str) -> None:
    """Run a command, which ends by itself when this is interrupted: it keeps what is done."""
    command = [sys.executable, "-P", "-m", "soothsay", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        code = process.wait()
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C would leave it behind
        process.send_signal(signal.SIGINT)
        process.wait()
        raise stop() from None
    if code:
        raise SystemExit(f"soothsay {' '.join(arguments[:2])} ended with {code}")


def train(
    name: str, data: Path, model: str, loss: LossName, rows: int, scope: AdapterScope = "user", root: str = "",
) -> KnownAdapter:  # fmt: skip
    """Return the adapter ``name``, trained on ``rows`` rows of ``data`` where it is not there yet."""
    known = {each.name: each for each in registry().all()}
    if name in known:
        return known[name]
    weights = resolve_model(model, "")
    plan = TrainingPlan(weights, data, CACHE / "training" / name, loss, steps=max(1, rows // ROWS_OF_A_STEP))
    log = CACHE / "training" / f"{name}.jsonl"
    began = time.monotonic()
    before = _seconds_of(log) if prepare(plan, fresh=False) else 0.0

    def show(told: Mapping[str, Any]) -> None:
        line = {
            "seconds": round(before + time.monotonic() - began, 1),
            "load": round(os.getloadavg()[0], 1),
            **told,
        }
        with log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        if "loss" in told:
            print(f"\r{name}: step {told['step']} of {told['steps']}, loss {told['loss']:.3f}, "
                  f"{line['seconds'] / 60:.1f} min   ", end="", flush=True)  # fmt: skip

    print(f"training {name}: {plan.steps} steps of {ROWS_OF_A_STEP} rows, {loss}", flush=True)
    if not run(plan, show):
        raise stop()
    print()
    record = record_of(plan, model, scope, root)
    result = json.loads((plan.output / "result.json").read_text(encoding="utf-8"))
    folder = keep(registry(), name, plan, record)
    told = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    _write_curve(name, record.loss, result["history"], told, (folder / "adapter.gguf").stat().st_size)
    return registry().get(name)


def _seconds_of(log: Path) -> float:
    """Return how long the training took until it was stopped."""
    lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    return float(json.loads(lines[-1])["seconds"]) if lines else 0.0


def _write_curve(
    name: str, loss: str, history: Sequence[Mapping[str, Any]], told: Sequence[Mapping[str, Any]], size: int
) -> None:
    """Keep beside the generations what the page says of a training."""
    steps = {each["step"]: each for each in told if each.get("stage") == "training"}
    curve = {
        "name": name, "loss": loss, "bytes": size, "rows": told[0].get("rows", 0), "seconds": told[-1]["seconds"],
        "memory": max((each.get("memory", 0) for each in told), default=0),
        "load": round(sum(each["load"] for each in told) / len(told), 1),
        "tokens": max((each.get("num_tokens", 0) for each in steps.values()), default=0),
        "steps": [{key: each[key] for key in ("step", "loss", "rewards/accuracies", "rewards/margins") if key in each} for each in history if "loss" in each],
        "held_out": [{"step": each["step"], "loss": each["eval_loss"]} for each in history if "eval_loss" in each],
    }  # fmt: skip
    GENERATIONS.mkdir(exist_ok=True)
    (GENERATIONS / f"{name}.training.json").write_text(json.dumps(curve), encoding="utf-8")


def curves() -> list[Row]:
    """Return what is kept of each training."""
    return [
        json.loads(path.read_text(encoding="utf-8")) for path in sorted(GENERATIONS.glob("*.training.json"))
    ]
