"""What llama.vim does between the keyboard and `llama-server`, without the editor and the network. Pure.

Written after reading its `autoload/llama.vim` (MIT; the version of January 2025 with speculative requests), so that the
peer is measured with its own tricks: a short first request and a longer one as if its answer were accepted; a cache of
answers that is looked back into by up to 128 characters; a ring of chunks from elsewhere, added when nobody types.
Lines and columns count from 0 here.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Config:
    """Its defaults."""

    prefix_lines: int = 256
    suffix_lines: int = 64
    predicted: int = 128
    prompt_ms: int = 500
    first_ms: int = 250  # for the answer to be shown
    speculative_ms: int = 1000  # for what would come after it
    longest_line_suffix: int = 8  # with more than this after the cursor nothing is asked
    cached: int = 250
    look_back: int = 128
    chunks: int = 16
    queued: int = 16
    chunk_lines: int = 64
    scope: int = 1024  # lines around the cursor that chunks are taken from
    moved: int = 32  # lines after which chunks are taken
    busy_ms: int = 100  # a request that finds another under way tries again after this
    ring_ms: int = 1000
    still_ms: int = 3000  # without a move in insert mode, before a chunk is added


CONFIG = Config()


@dataclass(frozen=True, slots=True)
class Local:
    """The text around the cursor as it is sent."""

    prefix: str
    middle: str  # the line up to the cursor
    suffix: str
    line_suffix: str
    indent: int

    def keys(self) -> list[str]:
        """What an answer is remembered by: this place, and the same seen from one to three lines further down."""
        keys, prefix = [self.key], self.prefix
        for _ in range(3):
            prefix = prefix.partition("\n")[2]
            if not prefix:
                break
            keys.append(_key(prefix + self.middle, self.suffix))
        return keys

    @property
    def key(self) -> str:
        return _key(self.prefix + self.middle, self.suffix)


def _key(before: str, after: str) -> str:
    return f"{before}\0{after}"


def local_context(
    lines: Sequence[str],
    row: int,
    column: int,
    shown: Sequence[str] = (),
    indent: int = -1,
    config: Config = CONFIG,
) -> Local:
    """The context at a place; with ``shown``, as if that suggestion had been accepted there."""
    below = list(lines[row + 1 : row + 1 + config.suffix_lines])
    if not shown:
        line = lines[row]
        above = list(lines[max(0, row - config.prefix_lines) : row])
        before, after = (line[:column], line[column:]) if line.strip() else ("", "")
        indent = len(line) - len(line.lstrip()) if line.strip() else 0
    else:
        above = list(lines[max(0, row - config.prefix_lines + len(shown) - 1) : row])
        before, after = (lines[row] + shown[0]) if len(shown) == 1 else shown[-1], ""
        if len(shown) > 1:
            above += [lines[row] + shown[0], *shown[1:-1]]
    below_text = after + "\n" + "\n".join(below) + "\n"
    return Local("\n".join(above) + "\n", before, below_text, after, indent)


def request(
    local: Local, extra: Sequence[dict[str, Any]], predict_ms: int, config: Config = CONFIG
) -> dict[str, Any]:
    """The body for `/infill`."""
    return {
        "input_prefix": local.prefix,
        "input_suffix": local.suffix,
        "input_extra": list(extra),
        "prompt": local.middle,
        "n_predict": config.predicted,
        "stop": [],
        "n_indent": local.indent,
        "top_k": 40,
        "top_p": 0.90,
        "stream": False,
        "samplers": ["top_k", "top_p", "infill"],
        "cache_prompt": True,
        "t_max_prompt_ms": config.prompt_ms,
        "t_max_predict_ms": predict_ms,
        "response_fields": [
            "content",
            "timings/prompt_n",
            "timings/prompt_ms",
            "timings/predicted_n",
            "timings/predicted_ms",
            "truncated",
            "tokens_cached",
        ],
    }


def warm_up(extra: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The body that lets the server read the ring of chunks while nobody types."""
    return {
        "input_prefix": "",
        "input_suffix": "",
        "input_extra": list(extra),
        "prompt": "",
        "n_predict": 0,
        "temperature": 0.0,
        "stream": False,
        "samplers": [],
        "cache_prompt": True,
        "t_max_prompt_ms": 1,
        "t_max_predict_ms": 1,
        "response_fields": [
            "timings/prompt_n",
            "timings/predicted_n",
        ],  # llama.vim asks for none; ours to count
    }


class Cache:
    """Answers, by the place they were asked for. A full cache loses one at random."""

    def __init__(self, chance: random.Random, config: Config = CONFIG) -> None:
        self._answers: dict[str, str] = {}
        self._chance = chance
        self._config = config

    def __len__(self) -> int:
        return len(self._answers)

    def __contains__(self, key: str) -> bool:
        return key in self._answers

    def insert(self, keys: Sequence[str], content: str) -> None:
        for key in keys:
            if len(self._answers) >= self._config.cached:
                del self._answers[self._chance.choice(list(self._answers))]
            self._answers[key] = content

    def find(self, local: Local) -> str | None:
        """What to show at this place: an answer for it, or the rest of one for a place up to 128 characters back."""
        exact = self._answers.get(local.key)
        if exact is not None:
            return exact
        before = local.prefix + local.middle
        found: str | None = None
        best = 0
        for back in range(1, min(self._config.look_back, len(before) - 1) + 1):
            answer = self._answers.get(_key(before[:-back], local.suffix))
            if answer is None or not answer.startswith(before[-back:]):
                continue
            rest = answer[back:]
            if rest and found is None:
                found = rest  # its length is not compared to the next one's
            elif len(rest) > best:
                best, found = len(rest), rest
        return found


@dataclass(slots=True)
class Ring:
    """Chunks of text from elsewhere that go into every prompt, and those that wait to be added."""

    chance: random.Random
    config: Config = CONFIG
    chunks: list[list[str]] = field(default_factory=list)
    queued: list[list[str]] = field(default_factory=list)

    def pick(self, lines: Sequence[str], *, evict: bool) -> None:
        """Queue a chunk of these lines, half of one at most."""
        if len(lines) < 3:
            return
        chunk = list(lines) if len(lines) + 1 < self.config.chunk_lines else self._half(lines)
        if chunk in self.chunks or chunk in self.queued:
            return
        for held in (self.queued, self.chunks):
            # the first of each is never looked at
            for at in range(len(held) - 1, 0, -1):
                if similarity(held[at], chunk) > 0.9:
                    if not evict:
                        return
                    del held[at]
        if len(self.queued) == self.config.queued:
            del self.queued[0]
        self.queued.append(chunk)

    def advance(self) -> bool:
        """Move one queued chunk into the ring; whether there was one."""
        if not self.queued:
            return False
        if len(self.chunks) == self.config.chunks:
            del self.chunks[0]
        self.chunks.append(self.queued.pop(0))
        return True

    def avoid(self, around: Sequence[str]) -> None:
        """Drop chunks that say what stands around the cursor: they make the model repeat it."""
        here = self._half(around)
        for at in range(len(self.chunks) - 1, 0, -1):
            if similarity(self.chunks[at], here) > 0.5:
                del self.chunks[at]

    def extra(self, filename: str) -> list[dict[str, Any]]:
        """The chunks as they are sent."""
        return [{"text": "\n".join(chunk) + "\n", "filename": filename} for chunk in self.chunks]

    def _half(self, lines: Sequence[str]) -> list[str]:
        half = self.config.chunk_lines // 2
        first = self.chance.randint(0, max(0, len(lines) - half))
        return list(lines[first : min(first + half, len(lines)) + 1])


def similarity(one: Sequence[str], other: Sequence[str]) -> float:
    """How much of two chunks is the same, from 0 to 1."""
    known = set(other)
    return 2.0 * sum(line in known for line in one) / (len(one) + len(other))


def hint(content: str, lines: Sequence[str], row: int, column: int) -> list[str]:
    """The lines that are shown for an answer, the end of the current line included; ``[""]`` shows nothing."""
    shown = content.split("\n")
    while len(shown) > 1 and shown[-1] == "":
        shown.pop()
    line = lines[row]
    if not line.strip():  # it was asked for from the start of the line
        lead = min(len(shown[0]) - len(shown[0].lstrip()), len(line))
        line, shown[0] = shown[0][:lead], shown[0][lead:]
    before, after = line[:column], line[column:]
    if _repeats(shown, lines, row, before, after):
        shown = [""]
    shown[-1] += after
    return shown


def _repeats(shown: list[str], lines: Sequence[str], row: int, before: str, after: str) -> bool:
    """Whether a suggestion says only what stands below."""
    if len(shown) > 1 and shown[0] == "" and shown[1:] == list(lines[row + 1 : row + len(shown)]):
        return True
    if len(shown) == 1 and shown[0] == after:
        return True
    at = row + 1
    while at < len(lines) - 1 and not lines[at].strip():
        at += 1
    if at >= len(lines) or before + shown[0] != lines[at]:
        return False
    below = list(lines[at + 1 : at + len(shown)])
    if len(shown) == 1:
        return True
    if len(shown) == 2:
        return bool(below) and below[0].startswith(shown[1])
    return shown[1:] == below
