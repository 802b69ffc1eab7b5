"""What a step of DPO costs, by what is spared: in one process, on random weights as wide as the 0.5B's, a pair at a time.

Processor time, on one thread: others on the machine change it little. It is measured with one layer and with three, from which
follows what the 0.5B's 24 take: the vocabulary costs the same with any number of layers.
"""

from __future__ import annotations

import copy
import json
import time
from typing import Any

from bench.align.world import GENERATIONS

LAYERS, MODELS_LAYERS = (1, 3), 24
_PROMPT, _ANSWER = 400, 12  # tokens
_PATH = GENERATIONS / "speed.json"
_VARIANTS = (
    ("TRL's own forward, 32 bits", False, False),
    ("the prompt read once, only answers scored, 32 bits", True, False),
    ("TRL's own forward, 16 bits", False, True),
    ("the prompt read once, only answers scored, 16 bits", True, True),
)


def measure() -> list[dict[str, Any]]:
    """Return seconds of processor time of a pair, by variant, the least of two each; written down where it is kept."""
    by_layers = [_measure(layers) for layers in LAYERS]
    found: list[dict[str, Any]] = []
    for number, (name, *_) in enumerate(_VARIANTS):
        few, many = (times[number] for times in by_layers)
        layer = (many - few) / (LAYERS[1] - LAYERS[0])
        whole = few + (MODELS_LAYERS - LAYERS[0]) * layer
        found.append(
            {"variant": name, "few": round(few, 2), "many": round(many, 2), "seconds": round(whole, 1)}
        )
    GENERATIONS.mkdir(exist_ok=True)
    _PATH.write_text(json.dumps(found), encoding="utf-8")
    return found


def _measure(layers: int) -> list[float]:
    """Return the seconds of each variant with so many layers."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import Qwen2Config, Qwen2ForCausalLM
    from trl.trainer.utils import add_fused_lm_head

    from soothsay.align.answer_scoring import IGNORED, score_answers_only
    from soothsay.align.lora_file import TARGETS

    torch.set_num_threads(1)
    torch.manual_seed(0)
    config = Qwen2Config(
        vocab_size=151_936, hidden_size=896, intermediate_size=4864, num_hidden_layers=layers, num_attention_heads=14,
        num_key_value_heads=2, tie_word_embeddings=True,
    )  # fmt: skip
    plain = Qwen2ForCausalLM(config)
    ids = torch.randint(100, 150_000, (1, _PROMPT + _ANSWER)).repeat(2, 1)
    ids[1, _PROMPT:] = torch.randint(100, 150_000, (_ANSWER,))
    labels = ids.clone()
    labels[:, :_PROMPT] = IGNORED
    asked = {
        "input_ids": ids,
        "attention_mask": torch.ones_like(ids),
        "labels": labels,
        "fused_lm_head": True,
    }
    found: list[float] = []
    for name, spared, short in _VARIANTS:
        base = copy.deepcopy(plain)
        base = base.bfloat16() if short else base.float()
        add_fused_lm_head(base, outputs=("log_probs", "entropy", "mean_logits", "is_top1"))
        if spared:
            score_answers_only(base)
        model = get_peft_model(base, LoraConfig(r=16, target_modules=list(TARGETS), task_type="CAUSAL_LM"))
        times: list[float] = []
        for _ in range(2):
            began = time.process_time()
            with torch.no_grad(), model.disable_adapter():
                before = model(**asked).log_probs.sum(1)
            now = model(**asked).log_probs.sum(1)
            margin = (now - before)[0] - (now - before)[1]
            (-torch.nn.functional.logsigmoid(0.1 * margin)).backward()
            times.append(time.process_time() - began)
        found.append(min(times))
        print(f"{layers} layers, {name}: {found[-1]:.2f} s", flush=True)
    return found


def kept() -> list[dict[str, Any]]:
    """Return what was measured last."""
    return json.loads(_PATH.read_text(encoding="utf-8")) if _PATH.exists() else []
