"""LoRA adapters on real weights: they act, leave no trace, add up, and what one has read is never another's."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from lora_file import write_lora

from soothsay.errors import SoothsayError
from soothsay.model.files.cache import model_path, sha256_of
from soothsay.model.fim import Prompt
from soothsay.model.local.runtime import LlamaRuntime
from soothsay.model.local.weights import Weights
from soothsay.model.types import Adapter

pytestmark = pytest.mark.slow

PROMPT = Prompt("import os\n\n" + "x = os.getcwd()\n" * 8, "\nprint(x)\n", "y = os", ".")


@pytest.fixture(scope="module")
def runtime() -> Iterator[LlamaRuntime]:
    model = LlamaRuntime.load(model_path("qwen2.5-coder-0.5b"), context=1024)
    yield model
    model.close()


def adapter(folder: Path, seed: int, strength: float = 0.05) -> Adapter:
    path = write_lora(folder / f"{seed}.gguf", strength=strength, seed=seed)
    return Adapter(f"random-{seed}", path, sha256_of(path))


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Adapter:
    return adapter(tmp_path_factory.mktemp("lora"), 1)


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Adapter:
    return adapter(tmp_path_factory.mktemp("lora"), 2)


def logits(model: LlamaRuntime, *adapters: Adapter) -> np.ndarray:
    """The logits behind the prompt, all of it evaluated anew."""
    model.apply(adapters)
    model.context.forget_all()
    return model.context.read(model.context.find(model.encode(PROMPT))).copy()


def written(model: LlamaRuntime, tokens: int = 3) -> tuple[str, int]:
    """What is written of the prompt with what is applied, and how many tokens of it were evaluated."""
    opened = model.open(PROMPT)
    text = "".join(token.text for token in islice(opened.stream(), tokens))
    return text, opened.evaluated


def test_an_adapter_acts_as_strongly_as_its_scale(runtime: LlamaRuntime, one: Adapter) -> None:
    base = logits(runtime)
    half, whole = logits(runtime, replace(one, scale=0.5)), logits(runtime, one)
    assert 0 < np.abs(half - base).mean() < np.abs(whole - base).mean()


def test_scale_zero_is_exactly_no_adapter(runtime: LlamaRuntime, one: Adapter) -> None:
    base = logits(runtime)
    assert np.array_equal(logits(runtime, replace(one, scale=0.0)), base)


def test_switching_back_restores_the_former_output_exactly(
    runtime: LlamaRuntime, one: Adapter, two: Adapter
) -> None:
    base, first = logits(runtime), logits(runtime, one)
    assert not np.array_equal(logits(runtime, two), first)
    assert np.array_equal(logits(runtime, one), first)
    assert np.array_equal(logits(runtime), base)


def test_several_act_at_once(runtime: LlamaRuntime, one: Adapter, two: Adapter) -> None:
    alone = [logits(runtime), logits(runtime, one), logits(runtime, two)]
    both = logits(runtime, one, two)
    assert all(not np.array_equal(both, each) for each in alone)
    assert np.allclose(logits(runtime, two, one), both, atol=1e-3)


def test_what_was_read_with_one_adapter_is_never_used_with_another(
    runtime: LlamaRuntime, one: Adapter, two: Adapter
) -> None:
    alone: dict[str, str] = {}
    for name, used in (("none", ()), ("one", (one,)), ("two", (two,)), ("half", (replace(one, scale=0.5),))):
        runtime.apply(used)
        runtime.context.forget_all()
        alone[name], evaluated = written(runtime)
        assert evaluated > 40
    runtime.context.forget_all()
    for _ in range(2):  # all of them together in the cache
        for name, used in (
            ("none", ()),
            ("one", (one,)),
            ("two", (two,)),
            ("half", (replace(one, scale=0.5),)),
        ):
            runtime.apply(used)
            before = runtime.context.unread(runtime.encode(PROMPT))
            text, evaluated = written(runtime)
            assert text == alone[name]
            assert (before > 40) == (evaluated > 40)
    runtime.apply((one,))
    assert written(runtime)[1] <= 2  # and its own is still there
    runtime.apply((two,))
    assert written(runtime)[1] <= 2


def test_contexts_of_the_same_weights_have_adapters_of_their_own(one: Adapter, two: Adapter) -> None:
    weights = Weights.load(model_path("qwen2.5-coder-0.5b"))
    runtimes = [LlamaRuntime(weights, context=512) for _ in range(3)]
    try:
        expected = [logits(runtimes[0], *used) for used in ((), (one,), (two,))]
        found: list[np.ndarray] = [np.empty(0)] * 3

        def work(number: int) -> None:
            found[number] = logits(runtimes[number], *((), (one,), (two,))[number])

        threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert all(np.array_equal(a, b) for a, b in zip(found, expected, strict=True))
    finally:
        for each in runtimes:
            each.close()
        weights.close()


def test_many_adapters_can_be_loaded_while_a_context_is_there(runtime: LlamaRuntime, tmp_path: Path) -> None:
    base = logits(runtime)
    many = [adapter(tmp_path, seed, 0.01) for seed in range(10, 18)]
    assert not np.array_equal(logits(runtime, *many), base)
    assert np.array_equal(logits(runtime), base)


def test_what_cannot_be_loaded_is_one_clear_line_and_changes_nothing(
    runtime: LlamaRuntime, one: Adapter, tmp_path: Path
) -> None:
    before = logits(runtime, one)
    text = tmp_path / "text.gguf"
    text.write_text("no adapter")
    narrow = write_lora(tmp_path / "narrow.gguf", strength=0.1, width=64)
    for path in (text, narrow, tmp_path / "none.gguf"):
        with pytest.raises(SoothsayError, match=r"cannot load the adapter mine .*align off mine") as error:
            runtime.apply([Adapter("mine", path, path.name)])
        assert "\n" not in str(error.value)
    runtime.context.forget_all()
    assert np.array_equal(runtime.context.read(runtime.context.find(runtime.encode(PROMPT))), before)
