"""Make the traces of `traces/` from files of pinned packages: `python -m bench.latency.generate`.

An episode goes to some lines of code, removes them and writes them again, as a person would: with stops to think, a
mistake that is deleted, what is suggested accepted here and typed through there. The seed decides everything else, so
that the same package gives the same trace.
"""

from __future__ import annotations

import io
import random
import re
import tokenize
from collections.abc import Iterator, Sequence
from importlib.metadata import distribution, version
from pathlib import Path

from bench.latency.trace import (
    TRACES,
    Accept,
    Cut,
    Delete,
    Jump,
    Look,
    Newline,
    Source,
    Step,
    Through,
    Trace,
    Type,
    digest,
    dump,
    replay,
)

# about 100, 600 and 2,500 lines; both packages are pinned in pyproject.toml, and free (Apache-2.0, MIT)
FILES = (
    ("small", "boto3", "boto3/utils.py"),
    ("medium", "boto3", "boto3/session.py"),
    ("large", "llama-cpp-python", "llama_cpp/llama.py"),
)
SEED = 6
LINES = 9  # written again, a file

_LONGEST, _SHORTEST = 76, 14  # of a line that is written again, without its indentation
_STOPS = re.compile(r"(?<=[.(=,] )|(?<=[.(])|(?<=return )|(?<=\bif )|(?<=\bin )")
_NEIGHBOURS = {
    "a": "s",
    "e": "r",
    "i": "o",
    "l": "k",
    "m": "n",
    "n": "b",
    "o": "p",
    "r": "t",
    "s": "d",
    "t": "y",
}
_LEFT = 8  # characters after a stop: what a person hopes to have written for them
_SIGNATURES = ("def ", "class ", "@", "import ", "from ")  # nothing there to be completed from
_MISTAKES = 0.4  # a line
_SECOND_STOP = 0.6


def generate(name: str, source: Source, text: str, seed: int = SEED, lines: int = LINES) -> Trace:
    """The trace of one file: about ``lines`` lines of it are written again."""
    if "\r" in text:
        raise ValueError(f"{source.path} does not end its lines in plain newlines")
    chance = random.Random(f"{seed} {name}")
    steps: list[Step] = []
    written = 0
    for first, last in _places(text, chance, lines):
        rows = text.split("\n")[first : last + 1]
        steps += _episode(first, rows, chance)
        written += len(rows)
        if written >= lines:
            break
    return Trace(name, source, seed, tuple(steps))


def _places(text: str, chance: random.Random, wanted: int) -> list[tuple[int, int]]:
    """First and last line of blocks of one to three lines of code, far from each other, in a random order."""
    rows = text.split("\n")
    code = _code_lines(text)
    starts = [n for n, row in enumerate(rows) if n in code and _fits(row)]
    chance.shuffle(starts)
    apart = min(40, max(4, len(rows) // (2 * wanted)))
    chosen: list[tuple[int, int]] = []
    for start in starts:
        if any(abs(start - other) < apart for other, _ in chosen):
            continue
        most, last = chance.choice((1, 2, 2, 3)), start
        while last - start + 1 < most and last + 1 in code and _fits(rows[last + 1]):
            last += 1
        chosen.append((start, last))
    return chosen


def _fits(row: str) -> bool:
    code = row.strip()
    return (
        _SHORTEST <= len(code) <= _LONGEST
        and row == row.rstrip()
        and row.isascii()
        and not code.startswith(_SIGNATURES)
    )


def _code_lines(text: str) -> set[int]:
    """Lines that are a statement each: no docstrings, no comments, nothing that spans several lines."""
    found: set[int] = set()
    first: tokenize.TokenInfo | None = None
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.NEWLINE:
            if first is not None and first.start[0] == token.start[0] and first.type != tokenize.STRING:
                found.add(token.start[0] - 1)
            first = None
        elif first is None and token.type in (tokenize.NAME, tokenize.OP, tokenize.NUMBER, tokenize.STRING):
            first = token
    return found


def _episode(first: int, rows: Sequence[str], chance: random.Random) -> Iterator[Step]:
    indent = _indent(rows[0])
    yield Jump(first, len(indent))
    yield Cut(first + len(rows) - 1, len(rows[-1]))
    for number, row in enumerate(rows):
        if number:
            yield Newline("\n" + _indent(row))
        yield from _line(row.strip(), chance)


def _indent(row: str) -> str:
    return row[: len(row) - len(row.lstrip())]


def _line(row: str, chance: random.Random) -> Iterator[Step]:
    """Write ``row``, with one or two stops where the next name or argument begins."""
    places = [match.start() for match in _STOPS.finditer(row) if 0 < match.start() <= len(row) - _LEFT]
    places = places or [len(row) // 2]
    count = min(len(places), 1 + (chance.random() < _SECOND_STOP))
    stops = sorted(chance.sample(places, count))
    start = 0
    for stop in stops:
        if start:
            yield Look()
        yield from _typed(row[start:stop], chance, _MISTAKES / count)
        start = stop
    yield (Accept if chance.random() < 0.5 else Through)(row[start:])


def _typed(text: str, chance: random.Random, mistakes: float) -> Iterator[Step]:
    """Type ``text``, perhaps with a wrong letter that is noticed one or two keys later."""
    places = [n for n, letter in enumerate(text[:-1]) if letter in _NEIGHBOURS]
    if not places or chance.random() >= mistakes:
        yield Type(text)
        return
    at = chance.choice(places)
    noticed = min(len(text), at + chance.choice((1, 2)))
    wrong = _NEIGHBOURS[text[at]] + text[at + 1 : noticed]
    yield Type(text[:at] + wrong)
    yield Delete(len(wrong))
    yield Type(text[at:])


def main() -> None:
    TRACES.mkdir(exist_ok=True)
    for name, package, path in FILES:
        text = Path(str(distribution(package).locate_file(path))).read_text(encoding="utf-8")
        trace = generate(name, Source(package, version(package), path, digest(text)), text)
        assert replay(trace, text) == text
        (TRACES / f"{name}.jsonl").write_text(dump(trace), encoding="utf-8")
        print(f"{name}: {len(trace.steps)} steps, {trace.keys()} keys, {trace.looks()} looks, {path}")


if __name__ == "__main__":
    main()
