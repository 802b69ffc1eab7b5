"""The settings as typed dataclasses, and `decode_settings`, which reads them from what an editor sends.

The text below a field is its documentation; `docs/settings.md` is made from it by `make docs`.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from typing import Annotated, Any, Literal, NamedTuple, cast, get_args, get_origin, get_type_hints

Method = Literal["base", "dag", "index_lookup", "confidence", "dag++", "full"]
OnRejected = Literal["trim", "hide", "show"]
DiagnosticsMode = Literal["off", "untyped", "all"]
METHODS: tuple[str, ...] = get_args(Method)


class Between(NamedTuple):
    """The range a number must lie in, both ends included."""

    low: float
    high: float


class PublicName(NamedTuple):
    """The name by which users know a setting, where the field has another one."""

    name: str


@dataclass(frozen=True, slots=True)
class UsersOwn:
    """Marks a setting that decides what is run, loaded, read outside the workspace, or logged: no workspace may set it."""


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """Which model completes, and how it runs."""

    name: Annotated[str, UsersOwn()] = "qwen2.5-coder-0.5b"
    """The model that completes: a name that `soothsay models list` prints."""

    path: Annotated[str, UsersOwn()] = ""
    """A GGUF file to use instead of `model.name`. Empty: use the name."""

    weights: Literal["fastest", "original"] = "fastest"
    """`fastest`: the weights that `soothsay models optimize` has made for this processor, where there are any.
    `original`: the pulled file."""

    context: Annotated[int, Between(256, 1_048_576)] = 4096
    """The context of the model, in tokens."""

    threads: Annotated[int, Between(0, 1024)] = 0
    """Threads that the model computes with. 0: one per physical core, unless two measurements found another
    number to be faster."""


@dataclass(frozen=True, slots=True)
class TriggerSettings:
    """When documentation is looked up."""

    certainty: Annotated[float, Between(0, 1)] = 0.0
    """Method `full`: retrieve when the certainty of a drafted API name is below this. The certainty is
    `exp(-mean entropy)` of the name's tokens. 0: what was measured for the model; 0.7 for one that was not
    measured."""

    threshold: Annotated[float, Between(0, 1)] = 0.0
    """Methods `confidence` and `dag++`: retrieve when the confidence in a drafted API name is below this. The
    confidence is the least probability of the name's tokens. 0: what was measured for the model; 0.8 for one that
    was not measured."""


@dataclass(frozen=True, slots=True)
class RetrievalSettings:
    """How much of what was found goes into the prompt."""

    documents: Annotated[int, Between(0, 50)] = 5
    """The most documents that are put into the prompt."""

    max_tokens: Annotated[int, Between(0, 32_768)] = 512
    """The most tokens of the prompt that these documents take together."""


@dataclass(frozen=True, slots=True)
class CompletionSettings:
    """When completions are given, how long they are, and how long they may take."""

    automatic: bool = True
    """Complete while the user types. `false`: only when the editor's command for it is used."""

    exclude: tuple[str, ...] = ()
    """Files that are not completed and get no hints, as patterns of a `.gitignore` in the workspace's folder:
    `vendor/`, `*.min.js`, `**/secrets/**`."""

    max_lines: Annotated[int, Between(0, 1000)] = 0
    """The most lines of a completion. 1: the rest of the line and no more. 0: no limit."""

    max_tokens: Annotated[int, Between(1, 4096)] = 160
    """The longest completion, in tokens."""

    max_latency_ms: Annotated[int, Between(50, 600_000)] = 10_000
    """The time limit of a completion, in milliseconds. After it, what has been written is returned."""

    lines_ms: Annotated[int, Between(0, 600_000)] = 500
    """After this many milliseconds, a completion ends with the line that it is writing. The next line follows
    when this one is accepted."""

    write_ms: Annotated[int, Between(0, 600_000)] = 2000
    """How long a draft is written for, in milliseconds. What takes longer is cut to what is whole of it."""

    read_ms: Annotated[int, Between(0, 600_000)] = 2000
    """How long a completion waits for the document to be read, in milliseconds. At a new place, only as much of the
    text near the cursor is read first as the model reads in that time; the rest is read while the editor is idle."""

    speculate: bool = True
    """While a completion is shown, write the text that would follow it."""

    snippets: bool = True
    """Values that nobody but you can know are tab stops, in editors that take snippets: accept the completion, and
    Tab goes from one to the next. `false`: a literal of the type stands in their place."""


# For the command line and the benchmarks: the answer does not depend on the machine's speed, or on what was read before.
PATIENT = CompletionSettings(max_latency_ms=600_000, lines_ms=600_000, write_ms=600_000, read_ms=600_000)


@dataclass(frozen=True, slots=True)
class OracleSettings:
    """How completions are checked."""

    enabled: bool = True
    """Ask a type checker about every completion before it is shown."""

    constrain: bool = True
    """Method `full`: decode only names and keywords that exist."""

    on_rejected: OnRejected = "trim"
    """Method `full`: what happens to a completion that is wrong and cannot be repaired. `trim` cuts it before the
    first wrong call, `hide` shows nothing, `show` shows it marked as rejected."""

    commands: Annotated[tuple[str, ...], UsersOwn()] = ()
    """The programs of judges, where other ones are to be run than those that are found: `gopls=/opt/go/bin/gopls`. The names are
    those that `soothsay judges list` prints; the program is an absolute path, or a name on PATH, with its arguments."""


@dataclass(frozen=True, slots=True)
class DiagnosticsSettings:
    """Hints on calls that are already written."""

    enabled: DiagnosticsMode = "untyped"
    """Which wrong calls get a hint. `off`: none. `untyped`: those that no type checker can see, such as calls of
    boto3 clients. `all`: every wrong call that can be explained."""


@dataclass(frozen=True, slots=True)
class LanguagesSettings:
    """Which documents are completed."""

    disabled: tuple[str, ...] = ()
    """The ids of languages whose documents are not completed and get no hints: `python`, `yaml`, `shellscript`."""


@dataclass(frozen=True, slots=True)
class IndexSettings:
    """What is indexed, and from where."""

    enabled: bool = True
    """Index the installed packages and the workspace. `false`: no index, and nothing is looked up."""

    interpreter: Annotated[str, PublicName("python"), UsersOwn()] = ""
    """The interpreter whose packages are indexed, or the folder of its environment. Empty: the environment that is
    activated, else the nearest one in the workspace or above it up to the project's root, else the system's. See
    [Environments](environments.md)."""

    all_packages: bool = False
    """Also index packages that the workspace does not import."""

    help_texts: Annotated[bool, UsersOwn()] = True
    """Run installed programs that scripts, Makefiles, workflows and Dockerfiles of the workspace call for their help texts, so
    that their options are known: those of [an allow-list](languages.md#the-options-of-programs), never what lies in a
    workspace. `false`: none is run."""

    docs: Annotated[tuple[str, ...], UsersOwn()] = ()
    """Folders of documentation outside the workspace, which are indexed as well."""

    uri: Annotated[str, UsersOwn()] = ""
    """A [shared index](shared-index.md) to take the documentation of packages from: a folder, or an address such as
    `s3://bucket/path`. Empty: none."""


@dataclass(frozen=True, slots=True)
class BackendSettings:
    """The process that holds the models, which all windows share."""

    memory_mb: Annotated[int, Between(0, 1_048_576)] = 0
    """The most memory that the models of all windows take together, in MB. 0: half of the machine's memory."""

    linger_s: Annotated[int, Between(0, 86_400)] = 60
    """How long the process stays after the last window has closed, in seconds."""


@dataclass(frozen=True, slots=True)
class FeedbackSettings:
    """The [log](alignment.md) of what became of completions. It is off until a folder is named, and stays on this machine."""

    workspaces: Annotated[tuple[str, ...], UsersOwn()] = ()
    """Folders in which it is logged what became of completions, with all folders below them: `~/work/mine`. Empty:
    nothing is logged."""

    texts: Annotated[bool, UsersOwn()] = False
    """Also log the text around a completion, the completion, and what stands there in the end. `false`: only numbers
    and names of packages' symbols."""

    exclude: Annotated[tuple[str, ...], UsersOwn()] = ()
    """Files of which nothing is logged, as patterns of a `.gitignore` in the workspace's folder. Files whose names say
    that they hold secrets, and those of `completion.exclude`, are never logged."""

    gate: Annotated[bool, UsersOwn()] = True
    """Where completions are logged, and 200 outcomes are known: hide those that are less than 25 % likely to be kept,
    as [learned from the log](alignment.md#the-display-gate). `false`: show everything."""

    max_mb: Annotated[int, Between(1, 4096), UsersOwn()] = 64
    """The most that the log takes on disk, in MB. The oldest rows go first."""

    max_days: Annotated[int, Between(1, 3650), UsersOwn()] = 180
    """How long a row is kept, in days."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a user can set. Every field has a default that works."""

    method: Method = "full"
    """When documentation is looked up, and what happens to the answer. See [How it decides](how-it-decides.md)."""

    model: ModelSettings = field(default_factory=ModelSettings)
    trigger: TriggerSettings = field(default_factory=TriggerSettings)
    retrieval: RetrievalSettings = field(default_factory=RetrievalSettings)
    completion: CompletionSettings = field(default_factory=CompletionSettings)
    oracle: OracleSettings = field(default_factory=OracleSettings)
    diagnostics: DiagnosticsSettings = field(default_factory=DiagnosticsSettings)
    languages: LanguagesSettings = field(default_factory=LanguagesSettings)
    index: IndexSettings = field(default_factory=IndexSettings)
    backend: BackendSettings = field(default_factory=BackendSettings)
    feedback: FeedbackSettings = field(default_factory=FeedbackSettings)


# Keys of the section that are no settings: how editors start and trace the server, and how they prove who they are.
EDITOR_KEYS = frozenset({"trace", "server", "token"})


def decode_settings(raw: object) -> tuple[Settings, list[str]]:
    """Lay ``raw`` (nested, camelCase or snake_case) over the defaults. Never raises.

    What cannot be used is left at its default and named in one of the messages; null means "not set".
    """
    problems: list[str] = []
    if isinstance(raw, Mapping):
        raw = {key: value for key, value in raw.items() if key not in EDITOR_KEYS}
    return _decode(Settings(), raw, "soothsay", problems), problems


def keep_own(settings: Settings, own: Settings) -> tuple[Settings, list[str]]:
    """Return ``settings`` with the users' own ones of ``own``, and the names of those that differed."""
    changes: dict[str, Any] = {}
    refused: list[str] = []
    for section, field_, kind in _own_fields():
        before = changes.get(section, getattr(settings, section))
        right = getattr(getattr(own, section), field_)
        if getattr(before, field_) != right:
            changes[section] = dataclasses.replace(before, **{field_: right})
            refused.append(f"soothsay.{section}.{camel_case(public_name(kind, field_))}")
    return dataclasses.replace(settings, **changes), refused


def own_settings() -> list[str]:
    """Return the dotted names, in camelCase, of the settings that no workspace may set."""
    return [f"{section}.{camel_case(public_name(kind, field_))}" for section, field_, kind in _own_fields()]


def _own_fields() -> Iterator[tuple[str, str, Any]]:
    """Yield section, field and type of each setting that is marked as `UsersOwn`."""
    for section, settings in _kinds(Settings).items():
        if dataclasses.is_dataclass(settings):
            for field_, kind in _kinds(cast("type", settings)).items():
                if UsersOwn() in get_args(kind)[1:]:
                    yield section, field_, kind


def _decode(defaults: Any, raw: object, where: str, problems: list[str]) -> Any:
    """Return a copy of the dataclass ``defaults`` with what ``raw`` sets and the types allow."""
    if raw is None:
        return defaults
    if not isinstance(raw, Mapping):
        problems.append(f"{where}: {_show(raw)} is not an object; using the defaults")
        return defaults
    kinds = _kinds(type(defaults))
    names = {public_name(kind, field): field for field, kind in kinds.items()}
    changes: dict[str, Any] = {}
    for key, value in raw.items():
        written = _snake_case(str(key))
        name = names.get(written, written)  # a field's own name is what other processes of ours send
        if name not in kinds:
            problems.append(f"{where}.{key}: there is no such setting{_suggest(written, names)}; ignored")
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


def public_name(kind: Any, field: str) -> str:
    """Return the name by which users know the setting ``field`` of the type ``kind``."""
    named = (each.name for each in get_args(kind)[1:] if isinstance(each, PublicName))
    return next(named, field)


def camel_case(name: str) -> str:
    """Return a setting's name as editors write it."""
    return re.sub("_([a-z])", lambda match: match[1].upper(), name)


def _accept(kind: Any, value: object) -> tuple[Any, str]:
    """``(the value as kind, "")``, or ``(None, what was expected)``."""
    if get_origin(kind) is Literal:
        choices = get_args(kind)
        return (value, "") if value in choices else (None, "one of " + ", ".join(choices))
    if get_origin(kind) is Annotated:
        inner, *marks = get_args(kind)
        between = next((each for each in marks if isinstance(each, Between)), None)
        return _accept(inner, value) if between is None else _accept_number(inner, between, value)
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
