"""A prompt says which file it is, where the text does not."""

from __future__ import annotations

import pytest

from soothsay.model.fim import Prompt, Window, build_prompt, place_anchor, prompt_path, still_fits
from soothsay.model.local.runtime import LlamaRuntime
from soothsay.model.local.vocab import FimTokens
from soothsay.model.tiny import write_tiny_model
from soothsay_languages.registry import language_or_plain

PYTHON, YAML, PLAIN = (language_or_plain(name) for name in ("python", "yaml", "klingon"))


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("shop/crates.py", "shop/crates.py"),
        ("stubs/crates.pyi", "stubs/crates.pyi"),
        ("notes/weigh.ipynb", "notes/weigh.py"),  # its cells are of the language
        ("Untitled-1", "Untitled-1.py"),
        ("crates.vue", "crates.py"),
        ("", ""),
    ],
)
def test_a_path_is_one_of_the_language(path: str, told: str) -> None:
    assert prompt_path(path, PYTHON) == told


def test_other_languages_have_their_own_suffix() -> None:
    assert prompt_path("Untitled-1", YAML) == "Untitled-1.yml"
    assert prompt_path("notes.txt", PLAIN) == "notes.txt"


def test_a_long_path_keeps_its_end() -> None:
    assert prompt_path("a/" * 200 + "crates.py", PYTHON).endswith("/crates.py")
    assert len(prompt_path("a/" * 200 + "crates.py", PYTHON)) <= 120


@pytest.mark.parametrize("text", ["", "\n", "class ", "# The crates.\n\n", "import shop\n\n\ndef f():\n    "])
def test_a_new_file_is_named(text: str) -> None:
    anchor = place_anchor(text, len(text), Window(), PYTHON, "", "shop/crates.py")
    assert build_prompt(anchor, text, len(text)).path == "shop/crates.py"


def test_a_file_with_a_text_of_its_own_is_not() -> None:
    text = "".join(f"line_{number} = {number}\n" for number in range(200))
    anchor = place_anchor(text, len(text), Window(), PYTHON, "", "shop/crates.py")
    assert build_prompt(anchor, text, len(text)).path == ""


def test_while_a_file_grows_its_prompt_only_grows() -> None:
    anchor = place_anchor("class ", 6, Window(), PYTHON, "", "shop/crates.py")
    longer = "class Crate:\n" + "    kilos = 1\n" * 130
    assert still_fits(anchor, longer, len(longer))
    assert build_prompt(anchor, longer, len(longer)).path == "shop/crates.py"


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> LlamaRuntime:
    path = tmp_path_factory.mktemp("model") / "tiny.gguf"
    write_tiny_model(path)
    return LlamaRuntime.load(path, context=512)


def test_the_path_goes_before_the_text_as_models_were_trained(runtime: LlamaRuntime) -> None:
    prompt = Prompt("x = 1\n", "", "y = ", path="shop/crates.py")
    without = runtime.encode(Prompt("x = 1\n", "", "y = "))
    runtime.vocab.fim = FimTokens(1, 2, 3, 4)
    name = runtime.vocab.encode("shop/crates.py\n")
    tokens = runtime.encode(prompt)
    begin = tokens.index(4)
    assert tokens[begin : begin + len(name) + 2] == [4, *name, 1]
    runtime.vocab.fim = FimTokens(1, 2, 3)
    assert 4 not in runtime.encode(prompt) or 4 in without


def test_of_a_long_text_the_path_leaves_room(runtime: LlamaRuntime) -> None:
    runtime.vocab.fim = FimTokens(1, 2, 3, 4)
    long = Prompt("x = 1\n" * 900, "y = 1\n" * 900, "z = ", path="shop/crates.py")
    assert len(runtime.encode(long)) < 512
