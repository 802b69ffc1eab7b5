"""A training from outside: its folder, its process, and the adapter that comes of it."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from soothsay.align.adapters import AdapterRecord, AdapterRegistry, AdapterScope
from soothsay.align.training_plan import ADAPTER, RESULT, TrainingPlan
from soothsay.errors import SoothsayError, readable_errors
from soothsay.model.files.cache import file_hash
from soothsay.paths import state_folder
from soothsay_common.children import child_environment, python_command
from soothsay_common.private import make_private, write_private

STOPPED = 130
_PLAN, _LOG = "plan.json", "training.log"


def trainings_folder() -> Path:
    """Return where trainings lie that are under way or done, a folder each."""
    return state_folder() / "align" / "training"


def prepare(plan: TrainingPlan, *, fresh: bool) -> bool:
    """Make the folder of a training ready; return whether there is something to go on from. Raises `SoothsayError`.

    A folder that was begun with another plan is refused, unless it is to be ``fresh``.
    """
    path = plan.output / _PLAN
    written = json.dumps(plan.to_json(), sort_keys=True)
    with readable_errors(plan.output):
        if fresh:
            shutil.rmtree(plan.output, ignore_errors=True)
        make_private(plan.output)
        begun = path.exists()
        if begun and path.read_text(encoding="utf-8") != written:
            raise SoothsayError(
                f"{plan.output} was begun with other options: add --fresh, or choose another --name"
            )
        write_private(path, written)
    return begun


def run(plan: TrainingPlan, show: Callable[[Mapping[str, Any]], None]) -> bool:
    """Train in a process of its own; return False where it was stopped. Raises `SoothsayError`.

    ``show`` is told what the process says. Ctrl-C stops it at its next step, a second one at once.
    """
    log = plan.output / _LOG
    with log.open("a", encoding="utf-8") as stream:
        process = subprocess.Popen(
            python_command("soothsay.align.training", str(plan.output / _PLAN)),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=stream, env=child_environment(), text=True,
            encoding="utf-8", cwd=plan.output,
        )  # fmt: skip
    try:
        problem = _watched(process, show)
    except BaseException:
        process.kill()
        raise
    finally:
        process.wait()
    if problem:
        raise SoothsayError(problem)
    if process.returncode not in (0, STOPPED):
        raise SoothsayError(f"training ended with an error ({process.returncode}): {log} says which")
    return process.returncode == 0


def _watched(process: subprocess.Popen[str], show: Callable[[Mapping[str, Any]], None]) -> str:
    """Show what the process says until it ends; return the problem that it has named."""
    problem = ""
    lines = _lines(process)
    while True:
        try:
            for told in lines:
                problem = told.get("problem", "") or problem
                show(told)
            return problem
        except KeyboardInterrupt:
            if process.poll() is not None:
                return problem
            process.terminate()
            show({"stage": "stopping"})
            lines = _lines(process)
            with suppress(KeyboardInterrupt):
                for _ in lines:
                    pass
                return problem
            raise


def _lines(process: subprocess.Popen[str]) -> Iterator[dict[str, Any]]:
    assert process.stdout is not None
    while line := process.stdout.readline():
        yield json.loads(line)


def record_of(plan: TrainingPlan, model: str, scope: AdapterScope, workspace: str) -> AdapterRecord:
    """Return what is kept of the adapter of a finished training. Raises `SoothsayError`."""
    try:
        card = json.loads((plan.data / "card.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SoothsayError(
            f"{plan.data} has no data card: make the rows with `soothsay align pairs`"
        ) from error
    return AdapterRecord(
        base_sha256=file_hash(plan.weights),
        base_model=model,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        rank=plan.rank,
        alpha=float(plan.alpha),
        loss=plan.loss,
        seed=plan.seed,
        data_hash=card["hash"],
        config_hash=plan.hash,
        scope=scope,
        workspace=workspace,
        packages=tuple(sorted({*card["packages"], *card["targets"]} - {""})),
    )


def keep(registry: AdapterRegistry, name: str, plan: TrainingPlan, record: AdapterRecord) -> Path:
    """Put the adapter of a finished training into ``registry``, and remove the training's folder. Raises `SoothsayError`."""
    folder = registry.add(name, record, plan.output / ADAPTER).folder
    try:
        write_private(folder / RESULT, (plan.output / RESULT).read_text(encoding="utf-8"))
    except OSError as error:
        raise SoothsayError(f"cannot write into {folder}: {error.strerror}") from error
    shutil.rmtree(plan.output, ignore_errors=True)
    return folder
