"""Training a tiny model: every loss, stopping and going on, and what llama.cpp makes of the adapter."""

from __future__ import annotations

import json
import signal
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from soothsay.align import trained as trained_module
from soothsay.align import training
from soothsay.align.trained import prepare, run
from soothsay.align.training_plan import ADAPTER, LOSSES, RESULT, LossName, TrainingPlan

pytest.importorskip("trl")
from tiny_model import loss_of_each_step, write_rows, write_tiny_model

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> TrainingPlan:
    """A training of three steps, over a minute's worth of nothing."""
    folder = tmp_path_factory.mktemp("training")
    weights, rows = write_tiny_model(folder / "tiny.gguf"), write_rows(folder / "rows", 40)
    return TrainingPlan(weights, rows, folder / "out", rank=4, alpha=8, rate=0.02, steps=3)


def trained(plan: TrainingPlan, stop: threading.Event | None = None) -> tuple[bool, list[dict[str, Any]]]:
    told: list[dict[str, Any]] = []
    return training.train(plan, told.append, stop or threading.Event()), told


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_falls(plan: TrainingPlan, tmp_path: Path, loss: LossName) -> None:
    plan = replace(plan, output=tmp_path, loss=loss, steps=6)
    done, told = trained(plan)
    assert done and (tmp_path / ADAPTER).stat().st_size > 1000
    losses = loss_of_each_step(tmp_path / RESULT)
    assert len(losses) == 6 and losses[-1] < losses[0]
    assert [each["step"] for each in told if each["stage"] == "training"] == [1, 2, 3, 4, 5, 6]
    history = json.loads((tmp_path / RESULT).read_text())["history"]
    assert any("eval_loss" in each for each in history)  # of the rows that are held out


@pytest.mark.parametrize("loss", ("sft", "dpo+sft"))
def test_numbers_of_16_and_of_32_bits_learn_the_same(
    plan: TrainingPlan, tmp_path: Path, loss: LossName, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[list[float]] = []
    for short in (True, False):
        monkeypatch.setattr(training, "has_bfloat16", lambda _, short=short: short)
        output = tmp_path / str(short)
        trained(replace(plan, output=output, loss=loss))
        found.append(loss_of_each_step(output / RESULT))
    np.testing.assert_allclose(found[0], found[1], rtol=0.05)


def test_what_was_stopped_goes_on_where_it_was(plan: TrainingPlan, tmp_path: Path) -> None:
    whole = replace(plan, output=tmp_path / "whole", steps=4)
    trained(whole)
    stopped = replace(whole, output=tmp_path / "stopped")
    stop = threading.Event()

    def tell(told: dict[str, Any]) -> None:
        if told.get("step") == 2:
            stop.set()

    assert training.train(stopped, tell, stop) is False
    assert not (stopped.output / ADAPTER).exists()
    done, told = trained(stopped)
    assert done and next(each["step"] for each in told if each["stage"] == "training") > 2
    losses = loss_of_each_step(stopped.output / RESULT)
    np.testing.assert_allclose(losses, loss_of_each_step(whole.output / RESULT), rtol=1e-3)


@pytest.mark.process
@pytest.mark.requires(hasattr(signal, "pthread_kill"), "POSIX signals")
def test_ctrl_c_leaves_a_checkpoint_and_the_same_command_goes_on(
    plan: TrainingPlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trained_module, "python_command", at_usual_priority)
    plan = replace(plan, output=tmp_path / "out", steps=400, loss="sft")
    prepare(plan, fresh=False)
    steps: list[int] = []
    main = threading.main_thread().ident or 0

    def show(told: Any) -> None:
        if told.get("stage") == "training":
            steps.append(told["step"])
            if len(steps) == 2:
                signal.pthread_kill(main, signal.SIGINT)

    assert run(plan, show) is False
    assert list((plan.output / "checkpoints").glob("checkpoint-*"))
    reached = max(steps)
    assert reached < 400
    plan_file = plan.output / "plan.json"
    shorter = replace(plan, steps=reached + 2)  # as if that had been asked for: 400 steps take a minute
    plan_file.write_text(json.dumps(shorter.to_json(), sort_keys=True))
    steps.clear()
    assert run(shorter, steps_of(steps)) is True
    assert steps and min(steps) > reached - 1 and max(steps) == reached + 2
    assert (plan.output / ADAPTER).exists()


def at_usual_priority(module: str, *arguments: str) -> list[str]:
    """Return the command of a training that a busy machine does not starve."""
    code = f"import sys, {module} as t; t.lower_process_priority = int; sys.exit(t.main(sys.argv[1:]))"
    return [sys.executable, "-P", "-c", code, *arguments]


def steps_of(steps: list[int]) -> Any:
    def show(told: Any) -> None:
        if told.get("stage") == "training":
            steps.append(told["step"])

    return show


def test_llama_cpp_says_with_the_adapter_what_the_merged_weights_say(
    plan: TrainingPlan, tmp_path: Path
) -> None:
    import torch
    import transformers
    from peft import LoraConfig, get_peft_model, get_peft_model_state_dict

    from soothsay.align.lora_file import TARGETS, write_lora
    from soothsay.model.fim import Prompt
    from soothsay.model.local.runtime import LlamaRuntime
    from soothsay.model.types import Adapter

    torch.manual_seed(1)
    model = get_peft_model(
        training._dense(transformers, plan.weights, torch.float32),
        LoraConfig(r=4, lora_alpha=8, target_modules=list(TARGETS), task_type="CAUSAL_LM"),
    )
    for name, each in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(each, std=0.1)
    matrices = {name: each.numpy() for name, each in get_peft_model_state_dict(model).items()}
    write_lora(tmp_path / ADAPTER, "qwen2", 8, matrices)

    runtime = LlamaRuntime.load(plan.weights, context=256)
    try:
        ids = runtime.encode(Prompt("", "", "books = shelve(1)\nbooks"))

        def said() -> np.ndarray:
            return np.array(runtime.context.read(runtime.context.find(ids)))

        without = said()
        runtime.apply([Adapter("random", tmp_path / ADAPTER, "", 1.0)])
        with_adapter = said()
    finally:
        runtime.close()
    with torch.no_grad():
        merged = model.merge_and_unload()(input_ids=torch.tensor([ids])).logits[0, -1].numpy()
    np.testing.assert_allclose(with_adapter, merged, atol=0.05)  # llama.cpp keeps what it has read in 16 bits
    assert np.abs(without - merged).max() > 0.5
