"""Tasks in the model's own words."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from soothsay.align.phrasing import VOICES, phrased
from soothsay.align.places import CallPlace
from soothsay.model.fim import Prompt
from soothsay_index.types import Parameter, Symbol
from soothsay_languages.registry import language_or_plain

PYTHON = language_or_plain("python")
ADD = Symbol(
    "shop.add", "add", "shop", "function", "package", "shop", "1", "f", 1, (Parameter("item"),), "", "Add an item."
)  # fmt: skip
TEXT = "import shop\n\ndef f():\n    # Add an item.\n    shop.\n"
OFFSET = TEXT.index("shop.\n") + 5
PLACE = CallPlace(
    Path("/w/a.py"), TEXT, OFFSET, "", PYTHON, "shop.add", "shop", "shop", wanted=ADD, voice="to-do"
)


def says(text: str, seen: list[Prompt] | None = None) -> Callable[..., str]:
    def draw(prompt: Prompt, _t: float, _c: random.Random, ended: Callable[[str], bool]) -> str:
        if seen is not None:
            seen.append(prompt)
        assert ended(text)
        return text

    return draw


@pytest.mark.parametrize("voice", VOICES)
def test_the_comment_is_in_the_models_words_and_the_place_behind_it(voice: str) -> None:
    seen: list[Prompt] = []
    found = phrased(replace(PLACE, voice=voice), says(" put one more in\n\n", seen), random.Random(0))
    assert found is not None
    assert found.text == TEXT.replace("Add an item.", f"{VOICES[voice][0]}put one more in")
    assert found.text[: found.offset].endswith("    shop.") and found.text[found.offset :] == "\n"
    assert seen[0].middle.endswith(f"# What it does: Add an item.\n# {VOICES[voice][0].rstrip()}")


@pytest.mark.parametrize(
    "said", ["add an item\n", "\n\n", "add\n", "call add now\n", f"put {'more ' * 40}\n"]
)
def test_what_says_nothing_new_or_tells_the_name_is_left_out(said: str) -> None:
    assert phrased(PLACE, says(said), random.Random(0)) is None


def test_a_place_without_a_symbol_or_a_comment_is_left_out() -> None:
    draw = says("put one more in\n")
    assert phrased(replace(PLACE, wanted=None), draw, random.Random(0)) is None
    assert phrased(replace(PLACE, language=language_or_plain("json")), draw, random.Random(0)) is None
