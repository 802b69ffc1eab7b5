"""The settings, typed. Decoding them from what an editor sends is in `decode_settings`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

Method = Literal["base", "dag", "index_lookup", "confidence", "dag++"]
METHODS: tuple[str, ...] = get_args(Method)


@dataclass(frozen=True, slots=True)
class ModelSettings:
    name: str = "qwen2.5-coder-0.5b"  # a name of the registry (`soothsay models list`)
    path: str = ""  # any GGUF; wins over `name`
    context: int = 4096  # tokens
    threads: int = 0  # 0: one per physical core


@dataclass(frozen=True, slots=True)
class TriggerSettings:
    threshold: float = 0.8  # retrieve when the API name's confidence is below


@dataclass(frozen=True, slots=True)
class RetrievalSettings:
    documents: int = 5  # at most this many in the prompt
    max_tokens: int = 512  # their budget in the prompt


@dataclass(frozen=True, slots=True)
class CompletionSettings:
    max_tokens: int = 96
    max_latency_ms: int = 10_000  # a completion that takes longer returns what it has


@dataclass(frozen=True, slots=True)
class IndexSettings:
    enabled: bool = True
    python: str = ""  # interpreter whose packages are indexed; empty: VIRTUAL_ENV, .venv, python3
    max_file_kb: int = 512  # larger workspace files are not indexed
    all_packages: bool = False  # also the packages that the workspace does not import


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a user can set; every field has a default that works."""

    method: Method = "dag++"
    model: ModelSettings = field(default_factory=ModelSettings)
    trigger: TriggerSettings = field(default_factory=TriggerSettings)
    retrieval: RetrievalSettings = field(default_factory=RetrievalSettings)
    completion: CompletionSettings = field(default_factory=CompletionSettings)
    index: IndexSettings = field(default_factory=IndexSettings)
