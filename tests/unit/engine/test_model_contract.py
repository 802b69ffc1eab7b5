"""What the engine relies on, of every `Model`: the fake of its own tests, a tiny model in llama.cpp, and a real one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import pytest
from fakes import FakeModel

from soothsay.errors import Cancelled, SoothsayError
from soothsay.model.constraint import AllowedNames, Grammar
from soothsay.model.files.cache import is_pulled, model_path
from soothsay.model.fim import Prompt
from soothsay.model.local.runtime import LlamaRuntime
from soothsay.model.tiny import write_tiny_model
from soothsay.model.types import Capabilities, Model, OpenPrompt
from soothsay_common.cancellation import Cancellation

REAL = "qwen2.5-coder-0.5b"
PROMPT = Prompt("import shop\n\n" + "x = shop.open()\n" * 8, "\nprint(x)\n", "y = shop", ".")
OTHER = Prompt("class A:\n" + "    a = 1\n" * 8, "", "    b =", " ")
TEXT = b"_times(7"
SCRIPT = [("pay", 0.9), ("(order", 0.5), (")", 1.0), ("\n", 1.0)]


@pytest.fixture(scope="module", params=["fake", "tiny", pytest.param("real", marks=pytest.mark.slow)])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Model]:
    if request.param == "fake":
        yield FakeModel(SCRIPT, capabilities=Capabilities(full_distribution=True, cache_introspection=True))
        return
    path = model_path(REAL) if request.param == "real" else tmp_path_factory.mktemp("model") / "tiny.gguf"
    if request.param == "tiny":
        write_tiny_model(path)
    elif not is_pulled(REAL):
        pytest.skip(f"{REAL} is not pulled")
    runtime = LlamaRuntime.load(path, context=1024)
    yield runtime
    runtime.close()


def begin(opened: OpenPrompt, tokens: int = 4) -> bytes:
    return b"".join(token.data for token in islice(opened.stream(), tokens))


def test_a_text_begins_with_what_was_typed(model: Model) -> None:
    assert begin(model.open(PROMPT)).startswith(b".")


def test_the_same_prompt_is_continued_alike(model: Model) -> None:
    opened = model.open(PROMPT)
    assert opened.prompt == PROMPT
    begin(opened)
    assert begin(opened) == begin(model.open(PROMPT))


def test_what_was_read_is_not_evaluated_again(model: Model) -> None:
    if not model.capabilities.cache_introspection:
        pytest.skip("what it has in its cache is not known")
    opened = model.open(Prompt("z = 1\n" * 9, "", "z =", " "))
    unread = opened.unread
    opened.read()
    assert opened.evaluated == unread > 1 and opened.unread == 0
    opened.read()
    assert opened.evaluated == 0 and opened.unread == 0
    begin(opened)
    assert opened.evaluated <= 1


def test_an_open_prompt_stays_valid_while_another_is_read(model: Model) -> None:
    opened, other = model.open(PROMPT), model.open(OTHER)
    expected = begin(opened)
    other.read()
    assert begin(other) and begin(opened) == expected


def test_who_has_seen_enough_closes_the_stream(model: Model) -> None:
    opened = model.open(PROMPT)
    next(iter(opened.stream()))
    assert begin(opened, 3).startswith(b".")


def test_cancelled_it_neither_reads_nor_writes(model: Model) -> None:
    cancel = Cancellation()
    cancel.set()
    opened = model.open(PROMPT)
    for work in (lambda: opened.read(cancel), lambda: list(opened.stream(cancel))):
        with pytest.raises(Cancelled):
            work()
    assert begin(opened), "and it goes on afterwards"


def test_cancelled_between_two_tokens_it_stops(model: Model) -> None:
    cancel = Cancellation()
    stream = iter(model.open(PROMPT).stream(cancel))
    next(stream)
    cancel.set()
    with pytest.raises(Cancelled):
        list(stream)


def test_after_the_deadline_nothing_is_written(model: Model) -> None:
    assert list(model.open(PROMPT).stream(deadline=0.0)) == []


def test_tokens_tell_how_sure_it_was(model: Model) -> None:
    if not model.capabilities.full_distribution:
        pytest.skip("it does not tell")
    for token in islice(model.open(PROMPT).stream(), 4):
        assert token.data and 0 < token.probability <= 1 and token.entropy >= 0 and token.margin <= 1


def test_texts_are_counted_in_tokens(model: Model) -> None:
    assert model.count_tokens("") == 0
    assert 0 < model.count_tokens("x = 1\n") < model.count_tokens("x = 1\n" * 3)


@pytest.mark.parametrize("names", [{"refund"}, {"pay", "reverse_all"}, {"öffnen", "größe"}])
def test_among_allowed_names_one_is_written_whole(model: Model, names: set[str]) -> None:
    if not model.capabilities.allowed_names:
        pytest.skip("it takes none")
    tokens = islice(model.open(PROMPT).stream(constraint=AllowedNames(frozenset(names), ".")), 24)
    text = b"".join(token.data for token in tokens).decode("utf-8", errors="ignore")
    assert any(text == f".{name}" or text.startswith(f".{name}") for name in names), text


class Digits:
    """Only digits may be written."""

    def accepts(self, written: bytes, piece: bytes) -> bool:
        return piece.isdigit()

    def possible(self, written: bytes) -> list[bytes]:
        return [b"%d" % digit for digit in range(10)]

    def forced(self, written: bytes) -> bytes:
        return b""


class Written(Digits):
    """After the first digit a text must come, then digits again."""

    def accepts(self, written: bytes, piece: bytes) -> bool:
        rest = TEXT[max(0, len(written) - 1) :] if written else b""
        return piece.isdigit() if not rest else bool(piece) and rest.startswith(piece)

    def possible(self, written: bytes) -> list[bytes]:
        rest = TEXT[max(0, len(written) - 1) :] if written else b""
        return [rest] if rest else super().possible(written)


class Forced(Written):
    """The same, and it says so."""

    def forced(self, written: bytes) -> bytes:
        return TEXT[len(written) - 1 :] if written else b""


def test_a_callback_is_asked_for_every_token(model: Model) -> None:
    if not model.capabilities.token_constraints:
        pytest.skip("it asks nothing")
    opened = model.open(Prompt("import shop\n", "", "x = "))
    assert b"".join(token.data for token in islice(opened.stream(constraint=Digits()), 5)).isdigit()


def test_what_is_forced_is_written_as_it_would_be_token_by_token(model: Model) -> None:
    if not model.capabilities.token_constraints:
        pytest.skip("it asks nothing")
    opened = model.open(Prompt("import shop\n", "", "x = "))
    texts: list[bytes] = []
    for constraint in (Written(), Forced()):
        stream = opened.stream(constraint=constraint)
        tokens = list(islice(stream, len(TEXT) + 3))
        texts.append(b"".join(token.data for token in tokens))
        assert all(token.chosen for token in tokens) or isinstance(constraint, Forced)
    assert texts[0][: 1 + len(TEXT)] == texts[1][: 1 + len(TEXT)]
    assert texts[1][1:].startswith(TEXT)


def test_a_grammar_is_refused_by_a_model_that_reads_none(model: Model) -> None:
    if model.capabilities.grammars:
        pytest.skip("it reads grammars")
    with pytest.raises(SoothsayError, match="grammar"):
        list(model.open(PROMPT).stream(constraint=Grammar('root ::= "x"')))


def test_of_a_prompt_that_is_too_long_the_end_is_read(model: Model) -> None:
    opened = model.open(Prompt("", "", "x = 1\n" * 2000 + "y = shop", "."))
    assert begin(opened).startswith(b".")
