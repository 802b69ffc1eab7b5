"""The ``.gitignore`` files of a folder and of those above it. Lines that are no pattern match nothing, as in git."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pathspec import GitIgnoreSpec

from soothsay_index.sources.texts import read_text


@dataclass(frozen=True, slots=True)
class _Own:
    """The ``.gitignore`` of one folder."""

    folder: Path
    spec: GitIgnoreSpec

    def verdict(self, path: Path, is_folder: bool) -> bool | None:
        """Return True for an ignored path, False for one brought back with ``!``, None for one not mentioned."""
        relative = path.relative_to(self.folder).as_posix() + ("/" if is_folder else "")
        return self.spec.check_file(relative).include


@dataclass(frozen=True, slots=True)
class IgnoreRules:
    """The rules that hold in a folder, those of the folders above first."""

    files: tuple[_Own, ...] = ()

    def within(self, folder: Path) -> IgnoreRules:
        """Return the rules that hold in ``folder``, which lies in the folder of these."""
        text = read_text(folder / ".gitignore")
        return (
            self
            if text is None
            else IgnoreRules((*self.files, _Own(folder, read_patterns(text.splitlines()))))
        )

    def ignore(self, path: Path, *, is_folder: bool) -> bool:
        """Return whether git ignores ``path``: the nearest file that mentions it decides."""
        for own in reversed(self.files):
            verdict = own.verdict(path, is_folder)
            if verdict is not None:
                return verdict
        return False


def read_patterns(lines: Sequence[str]) -> GitIgnoreSpec:
    """Return what ``lines`` of a ``.gitignore`` match; those that are no pattern match nothing."""
    try:
        return GitIgnoreSpec.from_lines(lines)
    except Exception:  # errors of its own, and those of the regular expressions that it makes
        return GitIgnoreSpec.from_lines([line for line in lines if is_pattern(line)])


def is_pattern(line: str) -> bool:
    """Return False for ``!``, ``[z-a]`` or ``a\\``: git takes them for patterns that match nothing."""
    try:
        GitIgnoreSpec.from_lines([line])
    except Exception:
        return False
    return True
