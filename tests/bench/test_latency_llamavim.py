"""llama.vim's rules: what it sends, what it remembers, what it shows."""

from __future__ import annotations

import random

from bench.latency.llamavim import (
    CONFIG,
    Cache,
    Config,
    Local,
    Ring,
    hint,
    local_context,
    request,
    similarity,
)

LINES = ["import os", "", "def f(x):", "    y = os.path", "    return y", ""]


def cache(config: Config = CONFIG) -> Cache:
    return Cache(random.Random(1), config)


def local(middle: str, prefix: str = "a\nb\nc\nd\n", suffix: str = "\n") -> Local:
    return Local(prefix, middle, suffix, "", 0)


def chunk(name: str, count: int = 5) -> list[str]:
    return [f"{name} {number}" for number in range(count)]


# -- the context ---------------------------------------------------------------------------------------


def test_the_line_is_cut_at_the_cursor() -> None:
    got = local_context(LINES, 3, 8)
    assert got.prefix == "import os\n\ndef f(x):\n"
    assert got.middle == "    y = "
    assert got.suffix == "os.path\n    return y\n\n"
    assert (got.line_suffix, got.indent) == ("os.path", 4)


def test_a_blank_line_is_completed_from_its_start() -> None:
    got = local_context(["if x:", "    ", "y"], 1, 4)
    assert (got.middle, got.suffix, got.indent) == ("", "\ny\n", 0)


def test_only_so_many_lines_are_sent() -> None:
    lines = [str(number) for number in range(1000)]
    got = local_context(lines, 500, 0)
    assert got.prefix.split("\n")[0] == "244"
    assert got.suffix.split("\n")[-2] == "564"


def test_a_suggestion_of_one_line_is_taken_as_written() -> None:
    got = local_context(["a", "b = ", "c"], 1, 4, ["f(x)"], indent=2)
    assert (got.prefix, got.middle, got.suffix, got.indent) == ("a\n", "b = f(x)", "\nc\n", 2)


def test_a_suggestion_of_several_lines_ends_on_its_last() -> None:
    got = local_context(["a", "b = ", "c"], 1, 4, ["f(", "    x,", ")"])
    assert (got.prefix, got.middle, got.suffix) == ("a\nb = f(\n    x,\n", ")", "\nc\n")


def test_the_request_says_what_llama_vim_says() -> None:
    body = request(local("x"), [{"text": "t"}], CONFIG.first_ms)
    assert body["n_predict"] == 128
    assert body["t_max_predict_ms"] == 250
    assert body["samplers"] == ["top_k", "top_p", "infill"]
    assert body["cache_prompt"] is True
    assert body["input_extra"] == [{"text": "t"}]


# -- the cache -----------------------------------------------------------------------------------------


def test_an_answer_is_found_where_it_was_asked_for() -> None:
    held = cache()
    held.insert(local("x = ").keys(), "f()")
    assert held.find(local("x = ")) == "f()"
    assert held.find(local("z = ")) is None


def test_what_is_typed_of_an_answer_leaves_its_rest() -> None:
    held = cache()
    held.insert(local("x = ").keys(), "f()\n")
    assert held.find(local("x = f(")) == ")\n"
    assert held.find(local("x = g(")) is None
    assert held.find(local("x = f(", suffix="other\n")) is None


def test_an_answer_that_is_wholly_typed_is_found_no_more() -> None:
    held = cache()
    held.insert([local("x = ").key], "f()")
    assert held.find(local("x = f()")) is None


def test_it_looks_back_128_characters() -> None:
    held = cache()
    held.insert([local("").key], "y" * 200)
    assert held.find(local("y" * 128)) == "y" * 72
    assert held.find(local("y" * 129)) is None


def test_an_answer_survives_three_lines_of_scrolling() -> None:
    held = cache()
    held.insert(local("x", prefix="1\n2\n3\n4\n5\n").keys(), "f")
    assert held.find(local("x", prefix="4\n5\n")) == "f"
    assert held.find(local("x", prefix="5\n")) is None


def test_a_full_cache_loses_one() -> None:
    held = cache(Config(cached=3))
    for number in range(10):
        held.insert([str(number)], "x")
    assert len(held) == 3
    assert "9" in held


# -- the ring ------------------------------------------------------------------------------------------


def ring(**changes: int) -> Ring:
    return Ring(random.Random(1), Config(**changes))


def test_a_chunk_waits_until_nobody_types() -> None:
    held = ring()
    assert not held.advance()
    held.pick(chunk("a"), evict=True)
    assert (held.chunks, held.queued) == ([], [chunk("a")])
    assert held.advance()
    assert (held.chunks, held.queued) == ([chunk("a")], [])
    assert held.extra("m.py") == [{"text": "a 0\na 1\na 2\na 3\na 4\n", "filename": "m.py"}]


def test_small_and_known_chunks_are_not_taken() -> None:
    held = ring()
    held.pick(["one", "two"], evict=True)
    held.pick(chunk("a"), evict=True)
    held.pick(chunk("a"), evict=True)
    held.advance()
    held.pick(chunk("a"), evict=True)
    assert (held.chunks, held.queued) == ([chunk("a")], [])


def test_of_a_long_text_half_a_chunk_is_taken() -> None:
    held = ring()
    held.pick(chunk("a", 200), evict=True)
    assert len(held.queued[0]) == 33
    assert set(held.queued[0]) <= set(chunk("a", 200))


def test_the_oldest_chunk_makes_room() -> None:
    held = ring(chunks=2, queued=3)
    for name in "abcde":
        held.pick(chunk(name), evict=True)
    assert [each[0] for each in held.queued] == ["c 0", "d 0", "e 0"]
    while held.advance():
        pass
    assert [each[0] for each in held.chunks] == ["d 0", "e 0"]


def test_a_similar_chunk_is_replaced_or_refuses_the_new_one() -> None:
    newer = [*chunk("b", 30)[:-1], "changed"]
    for evict, expected in ((True, newer), (False, chunk("b", 30))):
        held = ring()
        held.pick(chunk("a"), evict=True)
        held.pick(chunk("b", 30), evict=True)
        held.pick(newer, evict=evict)
        assert held.queued == [chunk("a"), expected]


def test_chunks_that_repeat_the_place_are_dropped() -> None:
    held = ring()
    held.chunks = [chunk("a"), chunk("b"), chunk("c")]
    held.avoid(chunk("b"))
    assert held.chunks == [chunk("a"), chunk("c")]


def test_similarity() -> None:
    assert similarity(["a", "b"], ["a", "b"]) == 1.0
    assert similarity(["a", "b"], ["b", "c"]) == 0.5
    assert similarity(["a"], ["b"]) == 0.0


# -- what is shown -------------------------------------------------------------------------------------


def test_the_rest_of_the_line_stays_behind_the_suggestion() -> None:
    assert hint("f(x)\n\n", ["y = )", "z"], 0, 4) == ["f(x))"]


def test_a_suggestion_for_a_blank_line_loses_the_indentation_that_is_there() -> None:
    assert hint("    return x", ["if x:", "    ", "y"], 1, 4) == ["return x"]


def test_what_stands_below_is_not_suggested() -> None:
    lines = ["a", "", "b(x)", "c", ""]
    assert hint("b(x)", lines, 1, 0) == [""]
    assert hint("b(x)\nc", lines, 1, 0) == [""]
    assert hint("b(x)\nd", lines, 1, 0) == ["b(x)", "d"]
    assert hint("\nb(x)", lines, 1, 0) == [""]
    assert hint("b(y)", lines, 1, 0) == ["b(y)"]


def test_at_the_end_of_the_file_nothing_is_compared() -> None:
    assert hint("x", ["a = "], 0, 4) == ["x"]
