"""Adapters for tests that load no model: their files are a few bytes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from soothsay.align.adapters import AdapterRecord, AdapterRegistry, KnownAdapter
from soothsay.align.guard import GuardVerdict, SuiteFigure

BASE = "b" * 64
RECORD = AdapterRecord(
    base_sha256=BASE,
    base_model="qwen2.5-coder-0.5b",
    created="2026-11-29T20:00:00",
    rank=8,
    alpha=16.0,
    loss="dpo+sft",
    seed=1,
    data_hash="d",
    config_hash="c",
)
GOOD = (
    SuiteFigure("frequent", 100, 80, 80),
    SuiteFigure("infilling", 100, 40, 39),
    SuiteFigure("missing", 100, 20, 12),
    SuiteFigure("documents", 100, 50, 61),
)


def verdict(known: KnownAdapter, figures: tuple[SuiteFigure, ...] = GOOD, scale: float = 1.0) -> GuardVerdict:
    return GuardVerdict(known.loadable().sha256, BASE, scale, "suites", "2026-11-29", figures)


def add(registry: AdapterRegistry, name: str, folder: Path, **changes: object) -> KnownAdapter:
    """Add an adapter whose file holds its name."""
    gguf = folder / f"{name}.gguf"
    gguf.write_bytes(b"GGUF" + name.encode())
    return registry.add(name, replace(RECORD, **changes), gguf)  # type: ignore[arg-type]


def activate(registry: AdapterRegistry, name: str) -> None:
    """Have it pass the guard, and used."""
    registry.judge(name, verdict(registry.get(name)))
    registry.activate(name, 1.0)
