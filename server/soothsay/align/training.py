"""Training an adapter, in a process of its own at lowest priority: ``python -P -m soothsay.align.training PLAN``.

PLAN is a JSON file, a `TrainingPlan`. A line of JSON goes to standard output for each step, and one at the end; a message for
people to standard error. Ctrl-C or a signal to terminate ends it at the next step, with a checkpoint to go on from.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import psutil

from soothsay.align.answer_scoring import score_answers_only
from soothsay.align.dataset import COMPLETIONS, PREFERENCES, read_lines
from soothsay.align.lora_file import ARCHITECTURES, TARGETS, read_architecture, write_lora
from soothsay.align.rows import Split
from soothsay.align.tokenizing import Ids, completion_ids, length_of, pair_ids, unpaired, with_labels
from soothsay.align.training_plan import (
    ADAPTER,
    RESULT,
    SCORED_BY_ANSWERS,
    SFT_SHARE,
    ModelShape,
    TrainingPlan,
    check_memory,
    memory_need,
)
from soothsay.errors import SoothsayError
from soothsay_common.priority import lower_process_priority

_LOWEST = 19
_KEPT_CHECKPOINTS = 2
_HELD_OUT = 24  # rows of other packages, whose loss is told at each checkpoint

Tell = Callable[[dict[str, Any]], None]


def train(plan: TrainingPlan, tell: Tell, stop: threading.Event) -> bool:
    """Train, and write the adapter into the output folder; return False where ``stop`` ended it before. Raises `SoothsayError`."""
    torch, transformers = _libraries()
    architecture, sizes = read_architecture(plan.weights)
    if architecture not in ARCHITECTURES:
        raise SoothsayError(
            f"{plan.weights.name} is a {architecture} model; only these can be trained: {', '.join(ARCHITECTURES)}"
        )
    transformers.set_seed(plan.seed)
    tokenizer = transformers.AutoTokenizer.from_pretrained(plan.weights.parent, gguf_file=plan.weights.name)

    def encode(text: str) -> list[int]:
        return tokenizer(text, add_special_tokens=False)["input_ids"]

    rows = _rows(plan, "train", encode)
    if not rows:
        raise SoothsayError(
            f"{plan.data} has no rows for the loss {plan.loss} of at most {plan.longest} tokens"
        )
    held_out = _rows(plan, "dev", encode)[:_HELD_OUT]
    again = _short_of_memory(plan, sizes, len(tokenizer))
    tell({"rows": len(rows), "stage": "loading"})
    on_gpu = torch.cuda.is_available()
    model = _dense(
        transformers, plan.weights, torch.bfloat16 if on_gpu or has_bfloat16(torch) else torch.float32
    )
    trainer = _trainer(plan, model, tokenizer, rows, held_out, again=again, on_gpu=on_gpu)
    if plan.loss in SCORED_BY_ANSWERS:
        score_answers_only(trainer.model.get_base_model())
    trainer.add_callback(_callback(transformers, tell, stop))
    trainer.train(resume_from_checkpoint=_last_checkpoint(plan.output, transformers))
    if stop.is_set() and trainer.state.global_step < trainer.state.max_steps:
        return False
    _write(plan, architecture, trainer)
    return True


def _libraries() -> tuple[Any, Any]:
    try:
        import gguf  # noqa: F401  (transformers reads weights with it)
        import peft  # noqa: F401
        import torch
        import transformers
        import trl  # noqa: F401
    except ImportError as error:
        raise SoothsayError(f"{error.name} is missing: pip install 'soothsay[align]'") from error
    return torch, transformers


def _dense(transformers: Any, weights: Path, dtype: Any) -> Any:
    """Return the model with its weights dequantised, as one that was never quantised: trainers refuse others."""
    config = transformers.GgufConfig(dequantize=True)
    model = transformers.AutoModelForCausalLM.from_pretrained(
        weights.parent, gguf_file=weights.name, dtype=dtype, quantization_config=config
    )
    for name in ("hf_quantizer", "is_quantized", "quantization_method"):
        if hasattr(model, name):
            delattr(model, name)
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    return model


def has_bfloat16(torch: Any) -> bool:
    """Return whether the processor multiplies numbers of 16 bits by itself: what has to make them up is slower than 32 bits."""
    asked = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(getattr(torch.cpu, name, bool)() for name in asked)


def _rows(plan: TrainingPlan, split: Split, encode: Callable[[str], list[int]]) -> list[Ids]:
    """Return the rows that the loss needs and that are short enough."""
    form = PREFERENCES if plan.needs_pairs else COMPLETIONS
    found = read_lines(plan.data, split, form)
    if plan.loss == "rft":
        found = [row for row in found if row["kind"] == "sample"]
    made = [pair_ids(row, encode) if plan.needs_pairs else completion_ids(row, encode) for row in found]
    return [row for row in made if length_of(row) <= plan.longest]


def _short_of_memory(plan: TrainingPlan, sizes: dict[str, int], vocabulary: int) -> bool:
    """Return whether values are to be computed again on the way back. Raises `SoothsayError` where memory is too short for all."""
    hidden, inner, layers = sizes["embedding_length"], sizes["feed_forward_length"], sizes["block_count"]
    parameters = 2 * vocabulary * hidden + layers * (3 * hidden * inner + 3 * hidden * hidden)
    need = memory_need(ModelShape(parameters, layers, hidden, inner, vocabulary), plan)
    return check_memory(need, psutil.virtual_memory().available, plan)


def _trainer(
    plan: TrainingPlan, model: Any, tokenizer: Any, rows: Sequence[Ids], held_out: Sequence[Ids], *, again: bool, on_gpu: bool,
) -> Any:  # fmt: skip
    """Return TRL's trainer for the loss, which takes rows of token ids as they are."""
    from datasets import Dataset
    from peft import LoraConfig

    def dataset(found: Sequence[Ids]) -> Any:
        return Dataset.from_list(unpaired(found) if plan.loss == "kto" else list(found))

    options: dict[str, Any] = {
        "output_dir": str(plan.output / "checkpoints"), "seed": plan.seed, "data_seed": plan.seed,
        "learning_rate": plan.learning_rate, "max_steps": plan.steps or -1, "num_train_epochs": 1,
        "per_device_train_batch_size": 2 if plan.loss == "kto" else 1,
        "gradient_accumulation_steps": plan.accumulated, "max_length": plan.longest, "gradient_checkpointing": again,
        "save_steps": plan.checkpoint_every, "save_total_limit": _KEPT_CHECKPOINTS, "logging_steps": 1,
        "report_to": [], "disable_tqdm": True, "use_cpu": not on_gpu, "bf16": on_gpu, "warmup_steps": 0.05,
        "eval_strategy": "steps" if held_out else "no", "eval_steps": plan.checkpoint_every,
        "per_device_eval_batch_size": 2 if plan.loss == "kto" else 1,
    }  # fmt: skip
    lora = LoraConfig(
        r=plan.rank,
        lora_alpha=plan.alpha,
        lora_dropout=0.0,
        target_modules=list(TARGETS),
        task_type="CAUSAL_LM",
    )
    given = {
        "model": model, "processing_class": tokenizer, "peft_config": lora,
        "train_dataset": dataset(rows), "eval_dataset": dataset(held_out) if held_out else None,
    }  # fmt: skip
    if plan.loss in ("sft", "rft"):
        from trl.trainer.sft_config import SFTConfig
        from trl.trainer.sft_trainer import SFTTrainer

        config = SFTConfig(**options, completion_only_loss=True)
        return SFTTrainer(args=config, **given)
    if plan.loss == "orpo":
        return _orpo(options, plan, given)
    if plan.loss == "kto":
        from trl.trainer.kto_config import KTOConfig
        from trl.trainer.kto_trainer import KTOTrainer

        class TokenKTOTrainer(KTOTrainer):
            def _prepare_dataset(self, dataset: Any, *_args: Any, **_options: Any) -> Any:
                return dataset

        config = KTOConfig(**options, beta=plan.beta)
        return TokenKTOTrainer(args=config, **given)
    from trl.trainer.dpo_config import DPOConfig
    from trl.trainer.dpo_trainer import DPOTrainer

    class TokenDPOTrainer(DPOTrainer):
        def _prepare_dataset(self, dataset: Any, *_args: Any, **_options: Any) -> Any:
            return dataset  # TRL's own would append an end of text, where the line goes on

    mixed = plan.loss == "dpo+sft"
    losses = {"loss_type": ["sigmoid", "sft"], "loss_weights": [1.0, SFT_SHARE]} if mixed else {}
    config = DPOConfig(**options, beta=plan.beta, **losses)
    return TokenDPOTrainer(args=config, **given)


def _orpo(options: dict[str, Any], plan: TrainingPlan, given: dict[str, Any]) -> Any:
    from trl.experimental.orpo import ORPOConfig, ORPOTrainer

    class TokenORPOTrainer(ORPOTrainer):
        def tokenize_row(self, feature: Any, model: Any = None) -> dict[str, Any]:
            return with_labels(feature)

    config = ORPOConfig(**options, beta=plan.beta)
    return TokenORPOTrainer(args=config, **given)


def _callback(transformers: Any, tell: Tell, stop: threading.Event) -> Any:
    """Return what tells of each step, and ends the training once ``stop`` is set."""

    class Steps(transformers.TrainerCallback):
        def on_log(
            self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **_: Any
        ) -> None:
            if logs and "loss" in logs:
                plain = {name: value for name, value in logs.items() if isinstance(value, int | float)}
                memory = psutil.Process().memory_info().rss
                tell(
                    {
                        "stage": "training",
                        "step": state.global_step,
                        "steps": state.max_steps,
                        "memory": memory,
                        **plain,
                    }
                )

        def on_substep_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            self.on_step_end(args, state, control)

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            if stop.is_set():
                control.should_save = control.should_training_stop = True

    return Steps()


def _last_checkpoint(output: Path, transformers: Any) -> str | None:
    folder = output / "checkpoints"
    return transformers.trainer_utils.get_last_checkpoint(str(folder)) if folder.is_dir() else None


def _write(plan: TrainingPlan, architecture: str, trainer: Any) -> None:
    """Write the adapter, and what became of each step."""
    from peft import get_peft_model_state_dict

    state = get_peft_model_state_dict(trainer.model)
    matrices = {name: matrix.float().cpu().numpy() for name, matrix in state.items()}
    write_lora(plan.output / ADAPTER, architecture, plan.alpha, matrices)
    history = [each for each in trainer.state.log_history if "loss" in each or "eval_loss" in each]
    (plan.output / RESULT).write_text(json.dumps({"history": history}, indent=1), encoding="utf-8")


def main(arguments: Sequence[str]) -> int:
    """Train by the plan in a file; return 0 when there is an adapter, 130 when it was stopped."""
    lower_process_priority(_LOWEST)
    os.environ.update(
        HF_HUB_OFFLINE="1",
        HF_HUB_DISABLE_TELEMETRY="1",
        TRANSFORMERS_VERBOSITY="error",
        TOKENIZERS_PARALLELISM="false",
    )
    os.umask(0o077)
    stop = threading.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: stop.set())
    stream = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what libraries print is no answer
    plan = TrainingPlan.from_json(json.loads(Path(arguments[0]).read_text(encoding="utf-8")))
    try:
        done = train(plan, lambda told: print(json.dumps(told), file=stream, flush=True), stop)
    except SoothsayError as error:
        print(json.dumps({"problem": str(error)}), file=stream, flush=True)
        return 1
    return 0 if done else 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
