"""The decode loop on real weights: probabilities, KV reuse, healing, cancel, models without FIM."""

import threading
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from soothsay.errors import Cancelled, SoothsayError
from soothsay.model.files.cache import model_path
from soothsay.model.fim import Prompt, Window, build_prompt, place_anchor
from soothsay.model.llama import llama_cpp
from soothsay.model.local.runtime import LlamaRuntime
from soothsay.model.local.sequences import cells
from soothsay.model.local.tuning import Threads, choose
from soothsay_common.cancellation import Cancellation
from soothsay_languages.registry import language_or_plain

pytestmark = pytest.mark.slow

PROMPT = Prompt("import os\n\nhere = os", "\n\nprint(here)\n", "", ".")


@pytest.fixture(scope="module")
def runtime() -> Iterator[LlamaRuntime]:
    model = LlamaRuntime.load(model_path("qwen2.5-coder-0.5b"), context=2048)
    yield model
    model.close()


def written(model: LlamaRuntime, prompt: Prompt, tokens: int = 8) -> str:
    return begin(model, prompt, tokens)[0]


def begin(model: LlamaRuntime, prompt: Prompt, tokens: int = 8) -> tuple[str, int]:
    """What is written of ``prompt``, and how many tokens of it were evaluated."""
    opened = model.open(prompt)
    text = "".join(token.text for token in islice(opened.stream(), tokens))
    return text, opened.evaluated


def test_fim_markers_come_from_the_vocabulary(runtime: LlamaRuntime) -> None:
    fim = runtime.vocab.fim
    assert fim is not None
    assert (fim.prefix, fim.middle, fim.suffix) == (151659, 151660, 151661)


def test_probabilities_are_a_softmax_over_all_raw_logits(runtime: LlamaRuntime) -> None:
    prompt = Prompt("import os\n\nhere =", "", "")
    written(runtime, prompt, 1)  # a token evaluated alone and in a batch differ by the kernels' rounding
    first = next(iter(runtime.open(prompt).stream()))
    logits = runtime.context.read(runtime.context.find(runtime.encode(prompt))).astype(np.float64)
    softmax = np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum()
    assert first.probability == pytest.approx(softmax.max(), rel=1e-3)
    assert softmax.size == runtime.vocab.size


def test_healing_spells_what_was_typed(runtime: LlamaRuntime) -> None:
    for forced in (".", ".get", ".getc", " x", ".größe日"):
        prompt = Prompt("import os\n\nhere = os", "\n", "", forced)
        text = b"".join(token.data for token in islice(runtime.open(prompt).stream(), 24))
        assert text.startswith(forced.encode())


def test_typing_evaluates_only_what_was_typed(runtime: LlamaRuntime) -> None:
    written(runtime, Prompt("x = 1\n" * 50, "\nprint(x)\n", "y = x"))
    assert begin(runtime, Prompt("x = 1\n" * 50, "\nprint(x)\n", "y = x + "))[1] <= 3


def test_a_warm_cache_changes_nothing(runtime: LlamaRuntime) -> None:
    cold = written(runtime, PROMPT)
    written(runtime, Prompt("class A:\n    def f(self):", "", ""))
    written(runtime, PROMPT, tokens=2)
    assert written(runtime, PROMPT) == cold


def test_tokens_join_to_the_text_whatever_the_script(runtime: LlamaRuntime) -> None:
    text = "größe = '日本語 🎉'"
    assert b"".join(runtime.vocab.pieces[i] for i in runtime.vocab.encode(text)).decode() == text


def test_markers_in_the_users_text_are_text(runtime: LlamaRuntime) -> None:
    fim = runtime.vocab.fim
    assert fim is not None
    vocab = runtime.vocab
    control = {token for token, piece in enumerate(vocab.pieces) if not piece}
    assert {fim.prefix, fim.suffix, fim.middle} <= control
    for token in control:
        text = llama_cpp.llama_vocab_get_text(vocab._vocab, token).decode()
        assert text and control.isdisjoint(vocab.encode(f"x = '{text}'\n# {text}")), text


def test_cancel_stops_in_the_middle_of_a_prompt(runtime: LlamaRuntime) -> None:
    prompt = Prompt("".join(f"value_{i} = {i}\n" for i in range(180)), "", "")
    cancel = Cancellation()
    threading.Timer(0.4, cancel.set).start()
    with pytest.raises(Cancelled):
        for _ in runtime.open(prompt).stream(cancel):
            pytest.fail("the prompt was evaluated before it could be cancelled")
    opened = runtime.open(prompt)
    opened.read()
    assert opened.evaluated > 100  # what was not read before
    assert written(runtime, PROMPT) == written(runtime, PROMPT)  # and it is still sane


def test_a_cancel_that_comes_late_stops_nothing_else(runtime: LlamaRuntime) -> None:
    expected = written(runtime, PROMPT)
    cancel = Cancellation()
    ended = runtime.open(PROMPT).stream(cancel)
    next(ended)
    del ended
    stream = runtime.open(PROMPT).stream()
    first = next(stream)
    cancel.set()
    time.sleep(0.05)  # the thread that waited for it has seen it
    assert "".join(token.text for token in (first, *islice(stream, 7))) == expected


def test_a_cancelled_stream_leaves_nothing_behind(runtime: LlamaRuntime) -> None:
    cancel = Cancellation()
    stream = runtime.open(PROMPT).stream(cancel)
    next(stream)
    cancel.set()
    with pytest.raises(Cancelled):
        list(stream)
    assert runtime.time_threads((1,))
    assert written(runtime, PROMPT)


def test_what_does_not_fit_is_cut_from_the_far_ends(runtime: LlamaRuntime) -> None:
    tokens = runtime.encode(
        Prompt("0\n" + "x = 1\n" * 2000 + "near = 1\n", "after\n" + "y = 2\n" * 2000, "z = ")
    )
    text = b"".join(runtime.vocab.pieces[i] for i in tokens).decode()
    assert len(tokens) < runtime.context.size
    assert "near = 1\nafter\n" in text
    assert text.endswith("z = ")
    longer = runtime.encode(Prompt("", "", "x = 1\n" * 2000 + "z ="))
    assert runtime.context.size // 2 < len(longer) < runtime.context.size
    assert runtime.vocab.pieces[longer[-1]] == b" ="


@pytest.mark.parametrize(("text", "python"), [("\n", "import"), ("class ", ":\n")])
def test_a_new_file_is_completed_in_its_language(runtime: LlamaRuntime, text: str, python: str) -> None:
    anchor = place_anchor(text, len(text), Window(), language_or_plain("python"), "", "shop/crates.py")
    line = written(runtime, build_prompt(anchor, text, len(text)), tokens=24)
    assert python in line
    assert not any(sign in line for sign in (";", "{", "public "))


def test_a_model_without_fim_completes_the_prefix() -> None:
    model = LlamaRuntime.load(model_path("smollm2-135m"), context=512)
    try:
        assert not model.capabilities.fill_in_the_middle
        prompt = Prompt("def add(a, b):\n", "SUFFIX", "    return a")
        assert "SUFFIX" not in b"".join(model.vocab.pieces[i] for i in model.encode(prompt)).decode()
        assert "+" in written(model, prompt)
    finally:
        model.close()


def test_a_cut_off_file_is_one_clear_line(tmp_path: Path) -> None:
    broken = tmp_path / "cut.gguf"
    broken.write_bytes(model_path("smollm2-135m").read_bytes()[:3_000_000])
    with pytest.raises(SoothsayError, match="cannot load") as error:
        LlamaRuntime.load(broken)
    assert "\n" not in str(error.value)


class TestSeveralPlaces:
    """Other files, and other places in a file, stay in the cache."""

    ONE = Prompt("import os\n\n" + "x = os.getcwd()\n" * 40, "\nprint(x)\n", "y = os", ".")
    TWO = Prompt("import json\n\n" + "z = json.dumps(1)\n" * 40, "\nprint(z)\n", "w = json", ".")

    def test_going_back_evaluates_next_to_nothing(self, runtime: LlamaRuntime) -> None:
        first = written(runtime, self.ONE)
        other, evaluated = begin(runtime, self.TWO)
        assert evaluated > 200
        for prompt, before in ((self.ONE, first), (self.TWO, other)):
            again, evaluated = begin(runtime, prompt)
            assert again == before and evaluated <= 2

    def test_another_place_in_a_file_shares_what_is_before_both(self, runtime: LlamaRuntime) -> None:
        head = "import os\n\n" + "".join(f"x{n} = os.getcwd()\n" for n in range(40))
        here, there = (
            Prompt(head, "\nprint(x)\n" * 120, "y = os", "."),
            Prompt(head, "\nprint(2)\n" * 120, "y = os", "."),
        )
        # two tokens: the third is a tie, which the rounding of alone or in a batch decides
        first, whole = begin(runtime, here, 2)
        second, evaluated = begin(runtime, there, 2)
        assert evaluated < whole - 150
        assert written(runtime, here, 2) == first
        again, evaluated = begin(runtime, there, 2)
        assert again == second and evaluated <= 2

    def test_what_is_in_the_cache_of_others_changes_nothing(self, runtime: LlamaRuntime) -> None:
        alone = LlamaRuntime.load(model_path("qwen2.5-coder-0.5b"), context=2048)
        try:
            expected = written(alone, self.TWO, 16)
        finally:
            alone.close()
        written(runtime, self.ONE)
        assert written(runtime, self.TWO, 16) == expected

    def test_a_long_prompt_takes_the_room_of_others(self, runtime: LlamaRuntime) -> None:
        for prompt in (self.ONE, self.TWO):
            written(runtime, prompt)
        written(runtime, Prompt("x = 1\n" * 1500, "", "y = x", " "), 3)
        assert cells(runtime.context.sequences) <= runtime.context.size
        assert written(runtime, self.ONE)


def test_what_was_read_ahead_is_not_evaluated_again(runtime: LlamaRuntime) -> None:
    prompt = Prompt("import sys\n\n" + "a = sys.argv\n" * 60, "\nprint(a)\n", "b = sys", ".")
    opened = runtime.open(prompt)
    opened.read()
    read, left = opened.evaluated, opened.unread
    text, evaluated = begin(runtime, prompt)
    assert text.startswith(".") and left == 0 and evaluated == 1 < read


def test_the_deadline_counts_while_a_prompt_is_read(runtime: LlamaRuntime) -> None:
    prompt = Prompt("".join(f"q{n} = {n}\n" for n in range(300)), "", "p = ", "")
    assert list(runtime.open(prompt).stream(deadline=time.monotonic() + 0.1)) == []
    text, evaluated = begin(runtime, prompt, 2)
    assert text and evaluated > 100  # what was not read in time


def test_threads_are_timed_and_used(runtime: LlamaRuntime) -> None:
    before = written(runtime, PROMPT)
    timings = runtime.time_threads((1, 2))
    assert [each.threads for each in timings] == [1, 2, 2, 1]
    assert all(each.single > 0 and each.batch > 0 for each in timings)
    runtime.context.use(choose(timings, Threads(1, 1)))
    assert written(runtime, PROMPT) == before
