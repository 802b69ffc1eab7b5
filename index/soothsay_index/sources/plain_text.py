"""Plain texts: ``.txt`` files, and the README or CHANGELOG that has no ending."""

from __future__ import annotations

import re
from pathlib import PurePath

from soothsay_index.sources.base import FileFacts, IndexedFile
from soothsay_index.sources.rst import outline_of
from soothsay_index.sources.sections import cut_document, is_legal

_DOCUMENTS = re.compile(
    r"^(README|CHANGE(S|LOG)?|HISTORY|NEWS|RELEASE[-_ ]?NOTES|WHATS[-_ ]?NEW|CONTRIBUTING|HACKING|INSTALL"
    r"|TODO|UPGRADING|MIGRATION|ARCHITECTURE|DESIGN|GLOSSARY|FAQ|USAGE|TUTORIAL)$",
    re.IGNORECASE,
)
# Texts for programs that happen to be called .txt.
_FOR_MACHINES = re.compile(
    r"^(cmakelists|robots|humans|ads|requirements.*|constraints.*|top_level|entry_points|sources"
    r"|.*[-_.]lock)\.txt$",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]{2,}")
_SAMPLE_LINES = 200


class PlainText:
    """One chunk a paragraph or a few; underlined lines are headings, as people have always written them."""

    @property
    def name(self) -> str:
        """Return ``text``."""
        return "text"

    def handles(self, path: PurePath) -> bool:
        """Return True for ``.txt`` files, and for a README, CHANGELOG and the like without an ending.

        Licences are left out, and texts for programs such as ``requirements.txt``.
        """
        if path.suffix.lower() == ".txt":
            return not _FOR_MACHINES.match(path.name) and not is_legal(path)
        return not path.suffix and bool(_DOCUMENTS.match(path.name))

    def cut(self, text: str, place: IndexedFile) -> FileFacts | None:
        """Return a chunk for each section with text, more for a long one; None when ``text`` is not prose."""
        if not is_prose(text):
            return None
        return FileFacts(cut_document(text, outline_of(text.split("\n")), place))


def is_prose(text: str) -> bool:
    """Return whether lines have words in them: word lists, logs of numbers and tables of data are no documents."""
    lines = [line for line in text.split("\n", _SAMPLE_LINES)[:_SAMPLE_LINES] if line.strip()]
    if not lines:
        return False
    sample = "\n".join(line[:400] for line in lines)
    words = _WORD.findall(sample)
    letters = sum(len(word) for word in words)
    return len(words) >= 2 * len(lines) and letters >= len(sample) * 0.5
