"""Lines around a statement that are whole although their document is not: what must not be broken there.

A window is a block of lines, or a few of them; or what they say about blocks alone: one line for each block that the
statement is in. Where the language has a header that any block may stand under, that is taken where the real ones are broken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from soothsay_languages.base import Language
from soothsay_languages.scan import indentation

_FEW = 6  # lines


@dataclass(frozen=True, slots=True)
class LinesAround:
    """Lines ``above`` and ``below`` a statement."""

    above: tuple[str, ...]
    below: tuple[str, ...]

    def around(self, statement: str) -> str:
        """Return the lines with ``statement`` between them."""
        return "\n".join((*self.above, statement, *self.below))


def whole_windows(
    above: Sequence[str],
    below: Sequence[str],
    depth: int,
    language: Language,
    is_whole: Callable[[LinesAround], bool],
) -> tuple[LinesAround, ...]:
    """Return the widest window that ``is_whole``; where none has lines on both sides, the widest one of each side.

    ``above`` and ``below`` are the lines that are near, ``depth`` is the indentation of the statement.
    """
    found = next(filter(is_whole, _on_both_sides(above, below, depth, language)), None)
    if found is not None:
        return (found,)
    heads = (LinesAround(lines, ()) for at in _depths(above, depth) for lines in _heads(above, at) if lines)
    tails = (
        LinesAround((), lines)
        for at in _depths(above, depth)
        for lines in _tails(below, at, language)
        if lines
    )
    sides = (next(filter(is_whole, heads), None), next(filter(is_whole, tails), None))
    return tuple(window for window in sides if window is not None)


def _on_both_sides(
    above: Sequence[str], below: Sequence[str], depth: int, language: Language
) -> Iterator[LinesAround]:
    depths, lines_above = _depths(above, depth), any(_is_code(line, language) for line in above)
    tails = {at: list(_tails(below, at, language)) for at in depths}
    for at in depths:
        for head in _heads(above, at):
            if head or not lines_above:
                yield from (LinesAround(head, tail) for tail in tails[at])
    for outline in _outlines(above, language):
        for at in depths:
            yield from (LinesAround(outline, tail) for tail in tails[at])
        yield LinesAround(outline, _first(below, language))


def _depths(above: Sequence[str], depth: int) -> list[int]:
    """Return the indentations of the blocks around a statement that is indented by ``depth``, the outermost first."""
    found = [depth]
    for line in reversed(above):
        if line.strip() and indentation(line) < found[-1]:
            found.append(indentation(line))
    return found[::-1]


def _heads(above: Sequence[str], depth: int) -> Iterator[tuple[str, ...]]:
    """Yield the ends of ``above`` that are in one block and begin with a line of its ``depth``: all, a few lines, one."""
    block: list[str] = []
    for line in reversed(above):
        if line.strip() and indentation(line) < depth:
            break
        block.insert(0, line)
    begins = [number for number, line in enumerate(block) if line.strip() and indentation(line) == depth]
    few = [number for number in begins if number >= len(block) - _FEW]
    chosen = [*begins[:1], *few[:1], *begins[-1:]] or [len(block)]
    yield from (tuple(block[begin:]) for begin in dict.fromkeys(chosen))


def _tails(below: Sequence[str], depth: int, language: Language) -> Iterator[tuple[str, ...]]:
    """Yield the beginnings of ``below`` that are in one block of ``depth``: all, a few lines, one part of it, a line of code."""
    block: list[str] = []
    for line in below:
        if line.strip() and indentation(line) < depth:
            break
        block.append(line)
    ends = [number for number, line in enumerate(block) if line.strip() and indentation(line) == depth]
    few = [number for number in ends if 0 < number <= _FEW]
    first = [number + 1 for number, line in enumerate(block) if _is_code(line, language)]
    chosen = [len(block), *few[-1:], *ends[1:2], *first[:1]]
    yield from (tuple(block[:end]) for end in dict.fromkeys(chosen))


def _outlines(above: Sequence[str], language: Language) -> Iterator[tuple[str, ...]]:
    """Yield what stands for ``above``: the last line of it and those it is under, as they are, or mere headers of their depth."""
    lines: list[str] = []
    for line in reversed(above):
        if _is_code(line, language) and (not lines or indentation(line) < indentation(lines[0])):
            lines.insert(0, line)
    blocks = language.blocks
    yield tuple(lines)
    if lines and blocks.frame:
        header, leads = blocks.frame.rstrip("\n"), [line[: indentation(line)] for line in lines]
        last = header if lines[-1].rstrip().endswith(blocks.opener) else blocks.placeholder
        yield (*(lead + header for lead in leads[:-1]), leads[-1] + last)


def _first(below: Sequence[str], language: Language) -> tuple[str, ...]:
    """Return a line that stands for the first one of code ``below``; none where there is none."""
    line = next((line for line in below if _is_code(line, language)), None)
    return () if line is None else (line[: indentation(line)] + language.blocks.placeholder,)


def _is_code(line: str, language: Language) -> bool:
    code = line.strip()
    return bool(code) and not code.startswith(language.lexis.comment_signs)
