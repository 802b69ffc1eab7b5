"""What surrounds a training: its plan, its memory, its rows as token ids, and the adapter as a file."""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from soothsay.align import trained
from soothsay.align.adapters import AdapterRegistry
from soothsay.align.lora_file import renamed, write_lora
from soothsay.align.tokenizing import completion_ids, length_of, pair_ids, unpaired, with_labels
from soothsay.align.trained import keep, prepare, record_of, run
from soothsay.align.training import has_bfloat16
from soothsay.align.training_plan import LOSSES, ModelShape, TrainingPlan, check_memory, memory_need
from soothsay.errors import SoothsayError

HALF_A_BILLION = ModelShape(494_000_000, 24, 896, 4864, 151_936)


def plan_in(folder: Path) -> TrainingPlan:
    return TrainingPlan(folder / "w.gguf", folder / "data", folder / "out")


def test_a_plan_survives_json_and_its_hash_is_of_what_matters(tmp_path: Path) -> None:
    plan = plan_in(tmp_path)
    assert TrainingPlan.from_json(json.loads(json.dumps(plan.to_json()))) == plan
    assert replace(plan, output=tmp_path / "elsewhere", checkpoint_every=3).hash == plan.hash
    assert len({replace(plan, loss=loss).hash for loss in LOSSES}) == len(LOSSES)
    assert replace(plan, seed=1).hash != plan.hash


def test_memory_is_checked_before_anything_is_loaded(tmp_path: Path) -> None:
    plan = plan_in(tmp_path)
    need = memory_need(HALF_A_BILLION, plan)
    assert need.computed_again < need.kept
    assert check_memory(need, need.kept, plan) is False
    assert check_memory(need, need.computed_again, plan) is True
    with pytest.raises(SoothsayError, match=r"about \d+\.\d GB .*--longest 320"):
        check_memory(need, need.computed_again - 1, plan)
    assert memory_need(HALF_A_BILLION, replace(plan, longest=320)).kept < need.kept
    assert memory_need(HALF_A_BILLION, replace(plan, loss="sft")).kept < need.kept


def encode(text: str) -> list[int]:
    return [ord(each) for each in text]


ROW = {"prompt": "ab", "chosen": "cd", "rejected": "efg"}


def test_prompt_and_completion_are_tokenized_apart() -> None:
    ids = pair_ids(ROW, encode)
    assert ids == {"prompt_ids": [97, 98], "chosen_ids": [99, 100], "rejected_ids": [101, 102, 103]}
    assert length_of(ids) == 5
    completion = completion_ids({"prompt": "ab", "completion": "c"}, encode)
    assert completion == {"input_ids": [97, 98, 99], "completion_mask": [0, 0, 1]}
    assert length_of(completion) == 3


def test_the_prompt_is_not_learned() -> None:
    made = with_labels(pair_ids(ROW, encode))
    assert made["rejected_input_ids"] == [97, 98, 101, 102, 103]
    assert made["rejected_labels"] == [-100, -100, 101, 102, 103]
    assert made["chosen_labels"] == [-100, -100, 99, 100]


def test_each_half_of_a_pair_gets_a_completion_of_another_prompt() -> None:
    rows = unpaired(
        [pair_ids(ROW, encode), pair_ids({"prompt": "x", "chosen": "y", "rejected": "z"}, encode)]
    )
    assert [each["label"] for each in rows] == [True, False, True, False]
    assert [each["KL_completion_ids"] for each in rows] == [[121], [122], [99, 100], [101, 102, 103]]


def test_matrices_are_named_as_llama_cpp_names_them() -> None:
    lead = "base_model.model.model.layers.7."
    named = dict(
        renamed({f"{lead}self_attn.o_proj.lora_A.weight": 1, f"{lead}mlp.down_proj.lora_B.default.weight": 2})
    )
    assert named == {"blk.7.attn_output.weight.lora_a": 1, "blk.7.ffn_down.weight.lora_b": 2}
    with pytest.raises(SoothsayError, match="lm_head"):
        dict(renamed({"base_model.model.lm_head.lora_A.weight": 1}))


def test_other_architectures_are_refused_rather_than_mixed_up(tmp_path: Path) -> None:
    pytest.importorskip("gguf")
    with pytest.raises(SoothsayError, match="llama"):
        write_lora(tmp_path / "a.gguf", "llama", 8, {})


def test_an_adapter_file_says_what_it_is(tmp_path: Path) -> None:
    gguf = pytest.importorskip("gguf")
    lead = "base_model.model.model.layers.0.self_attn.q_proj.lora_"
    a, b = np.arange(12.0).reshape(2, 6), np.arange(8.0).reshape(4, 2)
    write_lora(tmp_path / "a.gguf", "qwen2", 16, {f"{lead}A.weight": a, f"{lead}B.weight": b})
    reader = gguf.GGUFReader(tmp_path / "a.gguf")
    said = {name: field.contents() for name, field in reader.fields.items()}
    assert (said["general.type"], said["adapter.type"], said["general.architecture"]) == (
        "adapter",
        "lora",
        "qwen2",
    )
    assert said["adapter.lora.alpha"] == 16.0
    found = {each.name: each.data for each in reader.tensors}
    np.testing.assert_array_equal(found["blk.0.attn_q.weight.lora_a"], a)
    np.testing.assert_array_equal(found["blk.0.attn_q.weight.lora_b"], b)


def test_a_training_goes_on_only_with_the_same_plan(tmp_path: Path) -> None:
    plan = plan_in(tmp_path)
    assert prepare(plan, fresh=False) is False
    assert prepare(plan, fresh=False) is True
    with pytest.raises(SoothsayError, match="--fresh"):
        prepare(replace(plan, rank=2), fresh=False)
    (plan.output / "checkpoints").mkdir()
    assert prepare(replace(plan, rank=2), fresh=True) is False
    assert not (plan.output / "checkpoints").exists()


def running(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Have the training's process run ``code``."""
    monkeypatch.setattr(trained, "python_command", lambda *_: [sys.executable, "-c", code])


def test_what_the_process_tells_is_shown_and_its_problem_raised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plan_in(tmp_path)
    prepare(plan, fresh=False)
    told: list[Any] = []
    running(monkeypatch, 'print(\'{"stage": "loading"}\')')
    assert run(plan, told.append) is True
    assert told == [{"stage": "loading"}]
    running(monkeypatch, 'import sys; print(\'{"problem": "no rows"}\'); sys.exit(1)')
    with pytest.raises(SoothsayError, match="no rows"):
        run(plan, told.append)
    running(monkeypatch, "import sys; print('why', file=sys.stderr); sys.exit(3)")
    with pytest.raises(SoothsayError, match=r"\(3\).*training\.log"):
        run(plan, told.append)
    assert "why" in (plan.output / "training.log").read_text()


@pytest.mark.process
@pytest.mark.requires(hasattr(signal, "pthread_kill"), "POSIX signals")
def test_ctrl_c_lets_the_process_save_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_in(tmp_path)
    prepare(plan, fresh=False)
    running(
        monkeypatch,
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))\n"
        "print('{}', flush=True)\ntime.sleep(60)\n",
    )
    main_thread = threading.main_thread().ident or 0

    def show(told: object) -> None:
        if told == {}:
            threading.Timer(0.1, lambda: signal.pthread_kill(main_thread, signal.SIGINT)).start()

    began = time.monotonic()
    assert run(plan, show) is False
    assert time.monotonic() - began < 30


def test_an_adapter_is_kept_with_what_it_was_made_of(tmp_path: Path) -> None:
    plan = plan_in(tmp_path)
    prepare(plan, fresh=False)
    plan.weights.write_bytes(b"GGUF")
    plan.data.mkdir()
    with pytest.raises(SoothsayError, match="align pairs"):
        record_of(plan, "m", "user", "")
    card = {"hash": "d", "packages": {"": 2, "rich": 1}, "targets": {"numpy": 3, "attrs": 1}}
    (plan.data / "card.json").write_text(json.dumps(card))
    (plan.output / "adapter.gguf").write_bytes(b"x")
    (plan.output / "result.json").write_text("{}")
    record = record_of(plan, "m", "workspace", "/w")
    registry = AdapterRegistry(tmp_path / "adapters")
    folder = keep(registry, "mine", plan, record)
    kept = registry.get("mine").record
    assert (kept.data_hash, kept.config_hash, kept.state) == ("d", plan.hash, "candidate")
    assert kept.packages == ("attrs", "numpy", "rich")
    assert (folder / "adapter.gguf").read_bytes() == b"x" and (folder / "result.json").read_text() == "{}"
    assert not plan.output.exists()
    with pytest.raises(SoothsayError, match="already"):
        keep(registry, "mine", plan, record)


def test_pairs_that_share_their_prompt_take_less_memory(tmp_path: Path) -> None:
    plan = plan_in(tmp_path)
    apart = memory_need(HALF_A_BILLION, replace(plan, loss="kto"))
    assert memory_need(HALF_A_BILLION, plan).kept < apart.kept
    whole_vocabulary = memory_need(HALF_A_BILLION, replace(plan, loss="orpo"))
    assert apart.kept < whole_vocabulary.kept


def test_16_bits_are_used_only_where_the_processor_has_them() -> None:
    class Asked:
        class cpu:  # noqa: N801
            """As torch says it."""

    assert has_bfloat16(Asked) is False
    Asked.cpu._is_amx_tile_supported = staticmethod(lambda: False)  # type: ignore[attr-defined]
    assert has_bfloat16(Asked) is False
    Asked.cpu._is_avx512_bf16_supported = staticmethod(lambda: True)  # type: ignore[attr-defined]
    assert has_bfloat16(Asked) is True
