"""No regular expression takes longer than in proportion to the line that it runs on: texts of a workspace are hostile."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType

import pytest

import soothsay
import soothsay_common
import soothsay_index
import soothsay_languages

_PIECES = ("a", "1", " ", "\t", ".", "_", "-", "(", "[", "<", '"', "'", "`", ":", "=", "*", "#", "\\", "\n", "a ", "a.", "a,", "a=", "a:b ", "(a", "A_")  # fmt: skip
_SMALL, _LARGE = 400, 4_000  # characters
_SMALL_S, _LARGE_S = 0.01, 0.04  # a pattern that goes back over the line takes ten times as long
_METHODS = ("finditer", "findall", "fullmatch", "match", "search", "split", "sub", "subn")
# What is asked of a part of a text only: the longest part, in characters.
_LONGEST = {
    "soothsay.engine.usage._RECEIVER": 200,
    "soothsay.model.healing._UNFINISHED": 64,
    "soothsay_index.sources.masking._REFERENCE": 300,
    "soothsay_index.sources.masking._WRITTEN": 100,
}
# `-m` runs these: importing one starts a program.
_PROGRAMS = {"__main__", "probe", "requantize", "speed", "process"}


def modules() -> Iterator[ModuleType]:
    for package in (soothsay, soothsay_index, soothsay_languages, soothsay_common):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if found.name.rpartition(".")[2] not in _PROGRAMS:
                yield importlib.import_module(found.name)


@dataclass(frozen=True)
class Kept:
    """A pattern that a module keeps, and the methods that are called of it."""

    pattern: re.Pattern[str]
    methods: tuple[str, ...]


def kept() -> dict[str, Kept]:
    """Every pattern over text that a module keeps, also in tuples and in values of its classes, by its name."""
    found: dict[str, Kept] = {}
    seen: set[re.Pattern[str]] = set()
    for module in modules():
        source = inspect.getsource(module)
        for name, value in vars(module).items():
            values = (
                value.values()
                if isinstance(value, dict)
                else value
                if isinstance(value, tuple | list)
                else (value,)
            )
            for number, each in enumerate(values):
                pattern = (
                    each
                    if isinstance(each, re.Pattern)
                    else None
                    if isinstance(each, type)
                    else getattr(each, "pattern", None)
                )
                if (
                    isinstance(pattern, re.Pattern)
                    and isinstance(pattern.pattern, str)
                    and pattern not in seen
                ):
                    seen.add(pattern)
                    calls = set(re.findall(rf"\b{name}\.({'|'.join(_METHODS)})\b", source))
                    methods = tuple(sorted(calls)) or ("finditer",)
                    found[f"{module.__name__}.{name}.{number}"] = Kept(pattern, methods)
    return found


PATTERNS = kept()


def pieces(pattern: re.Pattern[str]) -> Iterator[str]:
    """What a hostile line may repeat: usual characters, and the words of the pattern itself, alone and mixed."""
    words = dict.fromkeys(re.findall(r"(?<!\\)[A-Za-z]{2,12}|[^\w\s\\()|?{}]", pattern.pattern)[:8])
    yield from dict.fromkeys((*_PIECES, *words, *(f"{word}{more}" for word in words for more in ("a", '="'))))


def seconds(each: Kept, piece: str, size: int) -> float:
    text = piece * (size // len(piece)) + "\0"
    began = time.process_time()
    for method in each.methods:
        if method in ("match", "fullmatch", "search"):
            getattr(each.pattern, method)(text)
        else:  # they all go through the text like this one
            for _ in each.pattern.finditer(text):
                pass
    return time.process_time() - began


def is_slow(each: Kept, piece: str, size: int, limit: float) -> bool:
    """Return whether it takes longer than ``limit`` three times: a machine may be busy."""
    return all(seconds(each, piece, size) > limit for _ in range(3))


def slow_piece(each: Kept, longest: int) -> str | None:
    """Return what makes the pattern slow, if it is repeated."""
    sizes = ((_SMALL, _SMALL_S), (_LARGE, _LARGE_S))
    for piece in pieces(each.pattern):
        if any(is_slow(each, piece, min(size, longest), limit) for size, limit in sizes):
            return piece
    return None


def test_there_are_patterns() -> None:
    assert len(PATTERNS) > 150


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", PATTERNS)
def test_a_hostile_line_takes_time_in_proportion_to_its_length(name: str) -> None:
    found = slow_piece(PATTERNS[name], _LONGEST.get(name.rpartition(".")[0], _LARGE))
    assert found is None, f"{PATTERNS[name]} on {found!r}"
