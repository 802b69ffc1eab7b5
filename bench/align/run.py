"""`make bench-align`: an adapter trained here, and what it changes of the benchmarks' test splits.

``PARTS=pairs,train,measure,control,losses,workspace,speed`` some stages, in this order; each goes on where it was stopped, and the page is
written of what is there when a run ends by itself; ``PARTS=page`` does no more than that. ``PAIRS=`` the pairs to train on; ``SECONDS=`` how long this run may take; ``LIMIT=n`` the first n
tasks of each suite; ``SUITES=installed,repo`` some suites; ``MODEL=`` the weights that are measured, whose pulled file is trained; ``SAMPLES=`` calls that the model
writes for a place; ``SPLIT=dev`` the development splits, by which a training is chosen. What was generated is kept in ``generations/``.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Mapping, Sequence
from typing import Any

from bench.align import control, speed
from bench.align.measure import complete_all, measured
from bench.align.methods import FIVE, METHODS
from bench.align.report import Found, write_report
from bench.align.repositories import REPOSITORIES, held_out, lines_of
from bench.align.suites import SUITES, Repositories, Suite
from bench.align.trainings import curves, make_pairs, make_workspace_rows, registry, train
from bench.align.world import CACHE
from bench.completing import Row
from bench.machine import about, head_commit
from bench.repo.world import interpreter, workspace
from bench.weights import weights_file

from soothsay.align.training_plan import DEFAULT_LOSS, LossName
from soothsay.model.files.registry import DEFAULT_MODEL
from soothsay.model.types import Adapter

PARTS = ("pairs", "train", "measure", "control", "losses", "workspace", "speed", "page")
PAIRS, SAMPLES = 280, 3
SPLITS = ("test", "dev")
LOSSES: tuple[LossName, ...] = ("sft", "dpo", DEFAULT_LOSS)
_OF_LOSSES = ("base", FIVE)  # methods
_OF_A_WORKSPACE = ("base", "full")


def asked(name: str, usual: int) -> int:
    """Return the number that a variable of the environment holds."""
    return int(os.environ.get(name) or usual)


class Bench:
    """The benchmark's options, and its stages."""

    def __init__(self) -> None:
        self.model = os.environ.get("MODEL") or DEFAULT_MODEL
        self.base = self.model.partition("+")[0]
        self.pairs = asked("PAIRS", PAIRS)
        self.limit = asked("LIMIT", 0) or None
        self.split = os.environ.get("SPLIT") or "test"
        if self.split not in SPLITS:
            raise SystemExit(f"SPLIT: there are {' and '.join(SPLITS)}")
        names = [each for each in (os.environ.get("SUITES") or "").split(",") if each]
        self.suites = [suite for suite in SUITES if not names or suite.name in names]
        if names and len(self.suites) != len(names):
            raise SystemExit(f"SUITES: there are {','.join(suite.name for suite in SUITES)}")

    @property
    def suffix(self) -> str:
        """What the names of a page and its pictures end with: nothing for the whole test splits."""
        return ("-dev" if self.split == "dev" else "") + ("-sample" if self.limit else "")

    def name_of(self, loss: LossName) -> str:
        """What the adapter of a loss is called."""
        return f"{loss.replace('+', '-')}-{self.pairs}"

    def repository_adapter(self, repository: str) -> str:
        """What a repository's own adapter is called."""
        return f"{repository}-{self.pairs}"

    def adapter(self, name: str) -> Adapter | None:
        """Return an adapter that was trained; None where it was not yet."""
        known = {each.name: each for each in registry().all()}
        return known[name].loadable() if name in known else None

    def adapters(self, losses: Sequence[LossName]) -> list[Adapter]:
        """Return the adapters of ``losses`` that were trained."""
        return [found for loss in losses if (found := self.adapter(self.name_of(loss)))]

    def tasks(self, suite: Suite) -> list[Row]:
        """Return the tasks of ``suite`` that this run is about."""
        return suite.tasks(self.split)[: self.limit]

    def make_rows(self) -> None:
        """Stage `pairs`."""
        make_pairs(self.pairs, self.base, asked("SAMPLES", SAMPLES))

    def train(self, losses: Sequence[LossName] = (DEFAULT_LOSS,)) -> None:
        """Stage `train`."""
        for loss in losses:
            train(self.name_of(loss), CACHE / "pairs", self.base, loss, self.pairs)

    def measure(
        self, losses: Sequence[LossName] = (DEFAULT_LOSS,), methods: Sequence[str] = tuple(METHODS)
    ) -> None:
        """Stage `measure`: with the adapters of ``losses``, and without one."""
        adapters = self.adapters(losses)
        if not adapters:
            raise SystemExit("there is no adapter to measure: run PARTS=pairs,train first")
        for suite in self.suites:
            tasks = self.tasks(suite)
            for adapter in (None, *adapters):
                complete_all(suite, tasks, methods, self.model, adapter)

    def control(self, losses: Sequence[LossName] = (DEFAULT_LOSS,)) -> None:
        """Stage `control`: what the adapters of ``losses`` may have lost."""
        control.count_all(self._control_tasks(), self.model, [None, *self.adapters(losses)])

    def losses(self) -> None:
        """Stage `losses`."""
        self.train(LOSSES)
        self.measure(LOSSES, _OF_LOSSES)
        self.control(LOSSES)

    def repositories(self) -> None:
        """Stage `workspace`."""
        for repository in REPOSITORIES:
            root = workspace(repository)
            data = make_workspace_rows(root, interpreter(), held_out(root), self.pairs, self.base)
            known = train(
                self.repository_adapter(repository),
                data,
                self.base,
                "sft",
                self.pairs,
                "workspace",
                str(root),
            )
            suite = self._lines(repository)
            for adapter in (None, known.loadable()):
                complete_all(suite, suite.tasks(), _OF_A_WORKSPACE, self.model, adapter)

    def _lines(self, repository: str) -> Repositories:
        return Repositories(f"workspace-{repository}", tuple(lines_of(repository)[: self.limit]))

    def _control_tasks(self) -> Any:
        trained_on = {package for each in registry().all() for package in each.record.packages}
        count = min(control.TASKS, 4 * self.limit) if self.limit else control.TASKS
        return control.suites(trained_on, count)

    def found(self) -> Found:
        """Return what all stages have left so far."""
        by_loss = {loss: self.name_of(loss) for loss in LOSSES}
        adapters = [None, *self.adapters(LOSSES)]
        rows: list[Row] = []
        counted: list[Row] = []
        if len(adapters) > 1:
            for suite in SUITES:
                rows += measured(suite, self.tasks(suite), tuple(METHODS), self.model, adapters)
            counted = control.counted(self._control_tasks(), self.model, adapters)
        local: list[Row] = []
        for repository in REPOSITORIES:
            suite, name = self._lines(repository), self.repository_adapter(repository)
            if found := self.adapter(name):
                some = measured(suite, suite.tasks(), _OF_A_WORKSPACE, self.model, [None, found])
                local += [{**row, "adapter": "workspace" if row["adapter"] else ""} for row in some]
        card = CACHE / "pairs" / "card.json"
        read: Mapping[str, Any] = json.loads(card.read_text(encoding="utf-8")) if card.exists() else {}
        names = {*by_loss.values(), *map(self.repository_adapter, REPOSITORIES)}
        mine = [each for each in curves() if each["name"] in names]
        return Found(self.name_of(DEFAULT_LOSS), read, mine, rows, counted, by_loss, local, speed.kept())

    def facts(self) -> dict[str, str]:
        """Return what the page says of the run."""
        return {
            "commit": head_commit(), "model": self.model, "weights": weights_file(self.model).name, "rows that a training saw": str(self.pairs),
            "tasks": f"{self.limit or 'all'} of each suite's {self.split} split",
            **about(("llama-cpp-python", "torch", "transformers", "peft", "trl", "ty")),
        }  # fmt: skip


def limit_time() -> None:
    """Have this run interrupted after ``SECONDS=``, as Ctrl-C does."""
    seconds = asked("SECONDS", 0)
    if seconds and hasattr(signal, "SIGALRM"):
        signal.signal(signal.SIGALRM, signal.default_int_handler)
        signal.alarm(seconds)


def main() -> None:
    parts = [each for each in (os.environ.get("PARTS") or ",".join(PARTS)).split(",") if each]
    unknown = [each for each in parts if each not in PARTS]
    if unknown:
        raise SystemExit(f"PARTS: there is no {', '.join(unknown)}; there are {','.join(PARTS)}")
    bench = Bench()
    stages = {
        "pairs": bench.make_rows, "train": bench.train, "measure": bench.measure, "control": bench.control, "losses": bench.losses,
        "workspace": bench.repositories, "speed": speed.measure, "page": lambda: None,
    }  # fmt: skip
    limit_time()
    try:
        for part in PARTS:
            if part in parts:
                print(f"== {part}", flush=True)
                stages[part]()
    except KeyboardInterrupt:
        print("\nstopped: the next run goes on from here", flush=True)
        raise SystemExit(130) from None
    finally:
        if hasattr(signal, "SIGALRM"):
            signal.alarm(0)
    print(write_report(bench.found(), bench.facts(), bench.suffix))


if __name__ == "__main__":
    main()
