"""The settings, typed, and `decode_settings`, which makes them from whatever an editor sends."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

Method = Literal["base", "dag", "index_lookup", "confidence", "dag++", "full"]
OnRejected = Literal["trim", "hide", "show"]
Hints = Literal["off", "untyped", "all"]
METHODS: tuple[str, ...] = get_args(Method)


class Between(NamedTuple):
    """The range a number must lie in, both ends included."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class ModelSettings:
    name: str = "qwen2.5-coder-0.5b"  # a name of the registry (`soothsay models list`)
    path: str = ""  # any GGUF; wins over `name`
    context: Annotated[int, Between(256, 1_048_576)] = 4096  # tokens
    threads: Annotated[int, Between(0, 1024)] = 0  # 0: the physical cores, or what was measured to be faster


@dataclass(frozen=True, slots=True)
class TriggerSettings:
    # retrieve when the API name's certainty (method full), or its confidence (confidence, dag++), is below
    certainty: Annotated[float, Between(0, 1)] = 0.7
    threshold: Annotated[float, Between(0, 1)] = 0.8


@dataclass(frozen=True, slots=True)
class RetrievalSettings:
    documents: Annotated[int, Between(0, 50)] = 5  # at most this many in the prompt
    max_tokens: Annotated[int, Between(0, 32_768)] = 512  # their budget in the prompt


@dataclass(frozen=True, slots=True)
class CompletionSettings:
    max_tokens: Annotated[int, Between(1, 4096)] = 160
    # a completion that takes longer returns what it has
    max_latency_ms: Annotated[int, Between(50, 600_000)] = 10_000
    # a completion that takes longer ends with the line that it is at; the next one follows when it is accepted
    lines_ms: Annotated[int, Between(0, 600_000)] = 500
    # tokens of the document that an answer waits for; at a new place less is read first, and the rest when idle
    max_unread: Annotated[int, Between(0, 1_048_576)] = 256
    speculate: bool = True  # while a completion is shown, write what would follow it


# For whoever can wait: nothing depends on how fast the machine is, nor on what was read before.
PATIENT = CompletionSettings(max_latency_ms=600_000, lines_ms=600_000, max_unread=1_048_576)


@dataclass(frozen=True, slots=True)
class OracleSettings:
    enabled: bool = True
    constrain: bool = True  # decode names and keywords only among those that exist (method full)
    on_rejected: OnRejected = "trim"  # what becomes of a completion that cannot be repaired (method full)


@dataclass(frozen=True, slots=True)
class DiagnosticsSettings:
    # hints on wrong calls in written text: none, those that no type checker can see, or all that can be explained
    enabled: Hints = "untyped"


@dataclass(frozen=True, slots=True)
class IndexSettings:
    enabled: bool = True
    python: str = ""  # interpreter whose packages are indexed; empty: VIRTUAL_ENV, .venv, python3
    all_packages: bool = False  # also the packages that the workspace does not import
    docs: tuple[str, ...] = ()  # folders of documentation outside the workspace
    uri: str = ""  # a shared index (a folder, s3://bucket/path) that package documentation is taken from


@dataclass(frozen=True, slots=True)
class BackendSettings:
    # the models of all windows together; 0: half of the machine's memory
    memory_mb: Annotated[int, Between(0, 1_048_576)] = 0
    # the process that holds the models ends so long after the last window has gone
    linger_s: Annotated[int, Between(0, 86_400)] = 60


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a user can set; every field has a default that works."""

    method: Method = "full"
    model: ModelSettings = field(default_factory=ModelSettings)
    trigger: TriggerSettings = field(default_factory=TriggerSettings)
    retrieval: RetrievalSettings = field(default_factory=RetrievalSettings)
    completion: CompletionSettings = field(default_factory=CompletionSettings)
    oracle: OracleSettings = field(default_factory=OracleSettings)
    diagnostics: DiagnosticsSettings = field(default_factory=DiagnosticsSettings)
    index: IndexSettings = field(default_factory=IndexSettings)
    backend: BackendSettings = field(default_factory=BackendSettings)


# Keys of the section that editors keep for themselves: how they start and trace the server.
EDITOR_KEYS = frozenset({"trace", "server"})


def decode_settings(raw: object) -> tuple[Settings, list[str]]:
    """Lay ``raw`` (nested, camelCase or snake_case) over the defaults. Never raises.

    What cannot be used is left at its default and named in one of the messages; null means "not set".
    """
    problems: list[str] = []
    if isinstance(raw, Mapping):
        raw = {key: value for key, value in raw.items() if key not in EDITOR_KEYS}
    return _decode(Settings(), raw, "soothsay", problems), problems


def _decode(defaults: Any, raw: object, where: str, problems: list[str]) -> Any:
    """A copy of the dataclass ``defaults`` with what ``raw`` sets and the types allow."""
    if raw is None:
        return defaults
    if not isinstance(raw, Mapping):
        problems.append(f"{where}: {_show(raw)} is not an object; using the defaults")
        return defaults
    kinds = _kinds(type(defaults))
    changes: dict[str, Any] = {}
    for key, value in raw.items():
        name = _snake_case(str(key))
        if name not in kinds:
            problems.append(f"{where}.{key}: there is no such setting{_suggest(name, kinds)}; ignored")
        elif dataclasses.is_dataclass(default := getattr(defaults, name)):
            changes[name] = _decode(changes.get(name, default), value, f"{where}.{key}", problems)
        elif value is not None:
            accepted, expected = _accept(kinds[name], value)
            if expected:
                message = f"{where}.{key}: {_show(value)} is not {expected}; using {_show(default)}"
                problems.append(message)
            else:
                changes[name] = accepted
    return dataclasses.replace(defaults, **changes)


def _accept(kind: Any, value: object) -> tuple[Any, str]:
    """``(the value as kind, "")``, or ``(None, what was expected)``."""
    if get_origin(kind) is Literal:
        choices = get_args(kind)
        return (value, "") if value in choices else (None, "one of " + ", ".join(choices))
    if get_origin(kind) is Annotated:
        number, between = get_args(kind)
        return _accept_number(number, between, value)
    if kind == tuple[str, ...]:
        listed = isinstance(value, list | tuple) and all(isinstance(each, str) for each in value)
        return (tuple(value), "") if listed else (None, "a list of strings")  # type: ignore[arg-type]
    if kind is bool:
        return (value, "") if isinstance(value, bool) else (None, "true or false")
    return (value, "") if isinstance(value, str) else (None, "a string")


def _accept_number(kind: type, between: Between, value: object) -> tuple[Any, str]:
    noun = "a whole number" if kind is int else "a number"
    expected = f"{noun} between {between.low} and {between.high}"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None, expected
    if not between.low <= value <= between.high:  # false for NaN too
        return None, expected
    if kind is int and value != int(value):
        return None, expected
    return kind(value), ""


@cache
def _kinds(settings: type) -> dict[str, Any]:
    return get_type_hints(settings, include_extras=True)


def _snake_case(key: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", key).lower()


def _suggest(name: str, known: Mapping[str, object]) -> str:
    close = get_close_matches(name, known, n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def _show(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
