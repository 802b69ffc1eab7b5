"""Rows of the history of a repository: what a commit changed, below its message and the lines that it replaced."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

from soothsay.align.exclusions import Exclusions
from soothsay.align.prompts import Markers, prompt_at, remark
from soothsay.align.rows import TrainingRow, digest
from soothsay_index.runtime.git import git_output
from soothsay_index.sources.masking import without_secrets
from soothsay_index.sources.workspace import Workspace
from soothsay_languages.analysis import analyse
from soothsay_languages.base import Language
from soothsay_languages.registry import language_of_file
from soothsay_languages.scan import indentation

_COMMITS = 2_000  # that are looked at, the newest first
_MOST_FILES = 20  # of a commit: larger ones move things, or are generated
_MOST_LINES = 8  # of a hunk, before and after
_HUNKS = 3  # of a file
_LONGEST_FILE = 100_000  # characters
_LONGEST_MESSAGE = 160
_FEWEST_WORDS = 2  # of a message
_UNREADABLE = "\ufffd"
_NEVER_RUN = ("--no-ext-diff", "--no-textconv")


@dataclass(frozen=True, slots=True)
class Change:
    """A file before a commit and after it. ``file`` is its path in the workspace, ``message`` the commit's first line."""

    commit: str
    message: str
    file: str
    before: str
    after: str


def changes(workspace: Path) -> Iterator[Change]:
    """Yield what the newest commits of the repository that ``workspace`` lies in have changed in its files.

    Merges, commits of many files, and files that are not indexed give nothing; nor does a folder without a repository.
    """
    readable = Workspace(workspace)
    log = git_output(
        workspace, "rev-list", "--no-merges", f"--max-count={_COMMITS}", "--format=%s", "HEAD", "--", "."
    )
    lines = (log or "").splitlines()
    for head, message in zip(lines[::2], lines[1::2], strict=False):
        commit = head.rpartition(" ")[2]
        names = _changed(workspace, commit)
        for name in names if len(names) <= _MOST_FILES else ():
            if readable.may_show(readable.path_of(name)):
                before, after = (_blob(workspace, each, name) for each in (f"{commit}^", commit))
                if before is not None and after is not None:
                    yield Change(commit, message.strip(), name, before, after)


def _changed(workspace: Path, commit: str) -> list[str]:
    told = git_output(
        workspace, "diff-tree", "-r", "-z", "--no-commit-id", "--name-only", "--no-renames", "--diff-filter=M", "--relative",
        *_NEVER_RUN, commit, "--", ".",
    )  # fmt: skip
    return [name for name in (told or "").split("\0") if name]


def _blob(workspace: Path, commit: str, name: str) -> str | None:
    text = git_output(workspace, "cat-file", "blob", f"{commit}:./{name}")
    if text is None or len(text) > _LONGEST_FILE or _UNREADABLE in text or "\0" in text:
        return None
    return text.replace("\r\n", "\n")


def change_rows(change: Change, exclusions: Exclusions, markers: Markers) -> Iterator[TrainingRow]:
    """Yield a row for each small hunk of ``change``; none where the new file does not parse, or may not be trained."""
    language = language_of_file(Path(change.file))
    message = without_secrets(change.message)[:_LONGEST_MESSAGE]
    before, after = without_secrets(change.before), without_secrets(change.after)
    if language is None or not language.lexis.line_comment or len(message.split()) < _FEWEST_WORDS:
        return
    if exclusions.cover_file(change.file) or markers.stand_in(f"{message}{before}{after}"):
        return
    parsed = analyse(after, language).parsed
    if parsed is None or parsed.tree.root_node.has_error:
        return
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    given = 0
    for what, old_start, old_end, new_start, new_end in SequenceMatcher(None, old, new, False).get_opcodes():
        removed, added = old[old_start:old_end], new[new_start:new_end]
        fits = what in ("replace", "insert") and max(len(removed), len(added)) <= _MOST_LINES
        if fits and given < _HUNKS and any(line.strip() for line in added):
            given += 1
            yield _row(change, message, new[:new_start], removed, added, new[new_end:], language, markers)


def _row(
    change: Change, message: str, above: list[str], removed: list[str], added: list[str], below: list[str],
    language: Language, markers: Markers,
) -> TrainingRow:  # fmt: skip
    first = added[0]
    indent = first[: indentation(first)] if first.strip() else ""
    told = [message, *(line.strip() for line in removed if line.strip())]
    head = "".join(above)
    prompt = prompt_at(
        head + "".join(below), len(head), language, remark(told, indent, language), change.file
    )
    rejected = f"{prompt.forced}{''.join(removed)}" if removed else ""
    return TrainingRow(
        markers.text_of(prompt), f"{prompt.forced}{''.join(added)}", rejected, "commit", "", "", change.file,
        f"replaced by {change.commit[:12]}" if rejected else "",
    )  # fmt: skip


def history_rows(
    workspace: Path, exclusions: Exclusions, markers: Markers, most: int
) -> Iterator[tuple[str, list[TrainingRow]]]:
    """Yield up to ``most`` rows of a repository's history, by the change that each is of."""
    for change in changes(workspace):
        rows = list(change_rows(change, exclusions, markers))[:most]
        if rows:
            most -= len(rows)
            yield digest(change.commit, change.file), rows
        if most <= 0:
            return
