"""Long comments, data and lines are cut out of the prompt; their place is kept, and every prompt fits."""

from __future__ import annotations

import base64
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soothsay.model.condense import condensed, short_line
from soothsay.model.fim import Prompt, Window, build_prompt, place_anchor, still_fits
from soothsay.model.local.runtime import LlamaRuntime
from soothsay.model.tiny import write_tiny_model
from soothsay_languages.registry import language_or_plain

PYTHON, PLAIN = language_or_plain("python"), language_or_plain("klingon")
CODE = "import shop\n\n\ndef weigh(crate):\n    return crate.kilos\n\n\n"
COMMENTED = "".join(f"# crate_{number} = weigh(shop.crate({number}))\n" for number in range(200))
TABLE = "ROWS = [\n" + "".join(f'    ("{number}", {number}, -0.5),\n' for number in range(200)) + "]\n"
BLOB = base64.b64encode(bytes(range(256)) * 20).decode()
LONG_LINE = f'BLOB = "{BLOB}"\n'
WRAPPED = 'BLOB = """\n' + "".join(f"{BLOB[at : at + 76]}\n" for at in range(0, len(BLOB), 76)) + '"""\n'


def shown(text: str) -> str:
    return "".join(piece.text for piece in condensed(text, PYTHON))


@pytest.mark.parametrize("long", [COMMENTED, TABLE, LONG_LINE, WRAPPED])
def test_what_is_long_is_cut_and_its_place_kept(long: str) -> None:
    text = shown(CODE + long + CODE)
    assert text.startswith(CODE)
    assert text.endswith(CODE)
    assert "…" in text
    assert len(text) < 2 * len(CODE) + 400


def test_a_mark_is_a_comment() -> None:
    assert "\n# …\n" in shown(COMMENTED)
    assert "\n    # …\n" in shown(TABLE)
    assert "\n…\n" in "".join(piece.text for piece in condensed("1 2\n" * 50, PLAIN))


@pytest.mark.parametrize(
    "code", [CODE, "# a\n" * 9, "x = [\n" + "    1,\n" * 9 + "]\n", "x = 1\ny = 2\n" * 40]
)
def test_code_is_shown_as_it_is(code: str) -> None:
    assert shown(code) == code


def test_a_short_line_keeps_both_ends() -> None:
    line = short_line(LONG_LINE)
    assert line.startswith('BLOB = "AAEC')
    assert line.endswith('"\n')


@pytest.mark.parametrize("long", [COMMENTED, TABLE, LONG_LINE, WRAPPED])
def test_what_stands_above_it_is_still_in_the_prompt(long: str) -> None:
    text = CODE + long + "crate = "
    prompt = build_prompt(place_anchor(text, len(text), Window(), PYTHON), text, len(text))
    assert "def weigh(crate):" in prompt.prefix
    assert (prompt.prefix + prompt.middle + prompt.forced).endswith("crate = ")


def test_of_a_long_comment_above_the_cursor_the_nearest_lines_are_the_thought() -> None:
    text = CODE + COMMENTED + "crate = "
    prompt = build_prompt(place_anchor(text, len(text), Window(), PYTHON), text, len(text), "# docs\n")
    assert prompt.middle.startswith("# docs\n# crate_197 =")


@pytest.mark.parametrize(
    "line", ["x = [" + "1234, " * 3_000, "# " + "word " * 3_000, 'x = "' + BLOB, "é" * 20_000]
)
def test_in_a_long_line_typing_only_appends(line: str) -> None:
    prompts = [_middle(CODE + line[:end]) for end in range(len(line) - 300, len(line))]
    assert max(len(prompt) for prompt in prompts) < 2_000
    moved = [not later.startswith(earlier[: len(earlier) - 70]) for earlier, later in pairwise(prompts)]
    assert sum(moved) <= 1  # the cut moves by whole steps


def _middle(text: str) -> str:
    prompt = build_prompt(place_anchor(text, len(text), Window(), PYTHON), text, len(text))
    assert text.endswith(prompt.forced)
    return prompt.middle + prompt.forced


def test_what_follows_is_cut_too() -> None:
    anchor = place_anchor(CODE + LONG_LINE + CODE, len(CODE), Window(), PYTHON)
    assert "def weigh" in anchor.suffix
    assert still_fits(anchor, CODE + LONG_LINE + CODE, len(CODE))


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> LlamaRuntime:
    path = tmp_path_factory.mktemp("model") / "tiny.gguf"
    write_tiny_model(Path(path))
    return LlamaRuntime.load(path, context=512)


LONG_TEXT = st.lists(
    st.sampled_from(
        [CODE, COMMENTED, TABLE, LONG_LINE, WRAPPED, "# " + "word " * 2_000, "é日" * 3_000, "x = ", "\n"]
    ),
    min_size=1,
    max_size=6,
).map("".join)


@settings(deadline=None, max_examples=40)
@given(LONG_TEXT, st.integers(0, 200), st.sampled_from([64, 512, 4_096]))
def test_every_prompt_fits(runtime: LlamaRuntime, text: str, back: int, context: int) -> None:
    offset = max(0, len(text) - back)
    anchor = place_anchor(text, offset, Window.of(context), PYTHON)
    prompt = build_prompt(anchor, text, offset, "# some documentation\n" * 5)
    assert len(prompt.prefix) + len(prompt.middle) + len(prompt.suffix) < 12_000
    assert len(runtime.encode(prompt)) < 512


def test_a_middle_that_does_not_fit_is_cut_from_its_beginning(runtime: LlamaRuntime) -> None:
    tokens = runtime.encode(
        Prompt("x = 1\n", "", "".join(f"y_{number} = {number}\n" for number in range(900)))
    )
    assert 300 < len(tokens) < 512
    assert "y_899 = 899" in b"".join(runtime.vocab.pieces[token] for token in tokens).decode()
