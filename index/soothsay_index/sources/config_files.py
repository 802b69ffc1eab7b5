"""Dockerfiles, compose files, workflows and TOML: plain pieces of configuration, one a thing they set up.

Values that look like passwords are left out: configuration is shown in prompts and may be shared with a team's index.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import PurePath

import tree_sitter
import tree_sitter_toml

from soothsay_index.sources.base import FileFacts, IndexedFile
from soothsay_index.sources.ignore import is_lock
from soothsay_index.sources.parts import TOGETHER, Part, chunks_of
from soothsay_index.sources.trees import parse_yaml
from soothsay_languages.syntax import text_of

_COMMENT = "#"  # of all these formats

_DOCKER = re.compile(r"^((docker|container)file([.-][\w-]+)?|.+\.(docker|container)file)$", re.IGNORECASE)
_COMPOSE = re.compile(r"^(docker-)?compose([._-].+)?\.ya?ml$", re.IGNORECASE)
_CI = re.compile(
    r"^(\.?gitlab-ci|\.travis|\.?appveyor|azure-pipelines|bitbucket-pipelines|cloudbuild|buildspec|\.drone"
    r"|\.woodpecker|\.cirrus|\.pre-commit-(config|hooks)|\.?readthedocs|mkdocs|action|\.?codecov|dependabot"
    r"|environment|conda|meta|\.?golangci|serverless|skaffold|chart|values|kustomization|pubspec|buf(\.gen)?)"
    r"([._-].+)?\.ya?ml$",
    re.IGNORECASE,
)
_CI_FOLDERS = frozenset({".circleci", ".buildkite", ".gitlab", ".azure-pipelines", ".woodpecker"})
_REQUIREMENTS = re.compile(r"^.*(requirements|constraints).*\.(txt|in)$", re.IGNORECASE)

_FROM = re.compile(r"^\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?", re.IGNORECASE)
_HEREDOC = re.compile(r"<<-?\s*[\"']?(\w+)[\"']?")


class ConfigFiles:
    """One chunk a stage, a service, a job, a table: whatever the file is a list of."""

    @property
    def name(self) -> str:
        """Return ``config``."""
        return "config"

    def handles(self, path: PurePath) -> bool:
        """Return True for Dockerfiles, compose files, TOML, requirements, and YAML settings of CI and others.

        Lock files are left out.
        """
        name = path.name
        if is_lock(name):
            return False
        if path.suffix.lower() == ".toml" or _DOCKER.match(name) or _REQUIREMENTS.match(name):
            return True
        if path.suffix.lower() not in {".yml", ".yaml"}:
            return False
        return bool(_COMPOSE.match(name) or _CI.match(name)) or _is_workflow(path) or _in_ci_folder(path)

    def cut(self, text: str, place: IndexedFile) -> FileFacts | None:
        """Return a chunk for each part of the file, more for a long one, without what looks like a password.

        None for a requirements file with hashes, which is a lock file.
        """
        path = PurePath(place.path)
        if _REQUIREMENTS.match(path.name) and "--hash=" in text:  # a lock file by another name
            return None
        lines = text.split("\n")
        parts = _parts(text, lines, path) or [Part(0, path.name)]
        return FileFacts(tuple(chunks_of(lines, parts, place, "config", _COMMENT)))


def _parts(text: str, lines: Sequence[str], path: PurePath) -> list[Part]:
    if _DOCKER.match(path.name):
        return _stages(lines)
    if path.suffix.lower() == ".toml":
        return _tables(text, path.name)
    if path.suffix.lower() not in {".yml", ".yaml"}:
        return []
    if _COMPOSE.match(path.name):
        return _named(text, "services", "service")
    if _is_workflow(path):
        return _jobs(text, path.stem)
    return _settings(text)


def _is_workflow(path: PurePath) -> bool:
    return path.parts[-3:-1] in {(".github", "workflows"), (".gitea", "workflows"), (".forgejo", "workflows")}


def _in_ci_folder(path: PurePath) -> bool:
    return not _CI_FOLDERS.isdisjoint(path.parts[:-1])


def _stages(lines: Sequence[str]) -> list[Part]:
    """Return the build stages of a Dockerfile; what stands before the first ``FROM`` belongs to it."""
    parts: list[Part] = []
    waiting_for = ""
    continued = False
    for position, line in enumerate(lines):
        if waiting_for:
            waiting_for = "" if line.strip() == waiting_for else waiting_for
            continue
        found = None if continued else _FROM.match(line)
        if found:
            image, name = found[1], found[2]
            title = f"stage {name} ({image})" if name else f"FROM {image}"
            parts.append(Part(position if parts else 0, title))
        heredoc = _HEREDOC.search(line)
        waiting_for = heredoc[1] if heredoc and not line.lstrip().startswith(_COMMENT) else ""
        continued = line.rstrip().endswith("\\")
    return parts


@lru_cache(maxsize=1)
def _toml_language() -> tree_sitter.Language:
    return tree_sitter.Language(tree_sitter_toml.language())


def _tables(text: str, name: str) -> list[Part]:
    """Return the tables of a TOML file; keys before the first table are titled with the file's name."""
    root = tree_sitter.Parser(_toml_language()).parse(text.encode("utf-8", "replace")).root_node
    parts: list[Part] = []
    for node in root.children:
        if node.type in {"table", "table_array_element"}:
            key = next((text_of(child) for child in node.named_children if child.type.endswith("_key")), "")
            parts.append(Part(node.start_point.row, key or name))
    return [Part(0, name), *parts] if not parts or parts[0].start > 0 else parts


def _named(text: str, key: str, kind: str) -> list[Part]:
    """Return the entries under ``key`` one by one, and the other top-level settings of the file."""
    root = parse_yaml(text)
    parts: list[Part] = []
    for entry in root.entries() if root else ():
        if entry.key == key:
            parts += [Part(each.start - 1, f"{kind} {each.key}") for each in entry.value.entries()]
        else:
            parts.append(Part(entry.start - 1, entry.key))
    return parts


def _jobs(text: str, stem: str) -> list[Part]:
    """Return the jobs of a workflow under its name. When it runs, and with what, is one part."""
    root = parse_yaml(text)
    if root is None:
        return []
    name = root.get("name").text or stem
    parts: list[Part] = []
    for part in _named(text, "jobs", "job"):
        if part.title.startswith("job "):
            parts.append(Part(part.start, f"{name} > {part.title}"))
        elif not parts or parts[-1].title != name:
            parts.append(Part(part.start, name))
    return parts


def _settings(text: str) -> list[Part]:
    """Return the top-level settings of a YAML file, small neighbours together."""
    root = parse_yaml(text)
    if root is None:
        return []
    parts: list[Part] = []
    for entry in root.entries():
        if parts and entry.end - parts[-1].start <= TOGETHER:
            parts[-1] = Part(parts[-1].start, f"{parts[-1].title}, {entry.key}")
        else:
            parts.append(Part(entry.start - 1, entry.key))
    return parts
