"""Commands in Dockerfiles: instructions that a shell runs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from soothsay_languages.commands import ShellPart

_INSTRUCTION = re.compile(
    r"[ \t]*(?:ONBUILD[ \t]+)?(?:HEALTHCHECK[ \t]+(?:--\S+[ \t]+)*)?(?:RUN|CMD|ENTRYPOINT)[ \t]+",
    re.IGNORECASE,
)
_FLAG = re.compile(r"(?:[ \t]|\\\n)*--[\w-]+(?:=\S*)?(?=[\s\\])")
_DOCUMENT = re.compile(r"[ \t]*<<-?[\"']?([\w.-]+)[\"']?[^\n]*\n")
_COMMENT = re.compile(r"[ \t]*#")


def shell_parts(text: str) -> Iterator[ShellPart]:
    """Yield what follows ``RUN``, ``CMD`` or ``ENTRYPOINT``, with the lines that continue it, or its here-document."""
    at = 0
    while at < len(text):
        instruction = _INSTRUCTION.match(text, at)
        if instruction is None:
            at = _next_line(text, at)
            continue
        begin = instruction.end()
        while flag := _FLAG.match(text, begin):
            begin = flag.end()
        document = _DOCUMENT.match(text, begin)
        if document is not None:
            begin, end = document.end(), _end_of_document(text, document.end(), document[1])
            yield ShellPart(begin, text[begin:end])
        else:
            end = _end_of_instruction(text, begin)
            if not text[begin:end].lstrip().startswith("["):  # a list of words, which no shell reads
                yield ShellPart(begin, _without_comments(text[begin:end]))
        at = _next_line(text, end)


def _next_line(text: str, at: int) -> int:
    end = text.find("\n", at)
    return end + 1 if end >= 0 else len(text)


def _end_of_instruction(text: str, at: int) -> int:
    """Return where the last line of the instruction ends: lines that end in a backslash go on, comments are left out."""
    while True:
        end = text.find("\n", at)
        end = end if end >= 0 else len(text)
        line = text[at:end]
        if end == len(text) or not (line.rstrip().endswith("\\") or _COMMENT.match(line)):
            return end
        at = end + 1


def _end_of_document(text: str, at: int, name: str) -> int:
    """Return where the lines end that stand before the line ``name``."""
    while at < len(text):
        end = _next_line(text, at)
        if text[at:end].strip() == name:
            return at
        at = end
    return len(text)


def _without_comments(instruction: str) -> str:
    """Return ``instruction`` with blanks in place of its lines that are comments."""
    lines = instruction.splitlines(keepends=True)
    return "".join(
        " " * len(line) if place and _COMMENT.match(line) else line for place, line in enumerate(lines)
    )
