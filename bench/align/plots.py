"""The figures of `make bench-align`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from bench.oracle.report import wilson

matplotlib.use("Agg")  # no window
from matplotlib import pyplot

Counts = tuple[int, int]  # good, all
_GREY, _ORANGE = "#9aa0a6", "#e8710a"
_SMOOTHED = 8  # steps


def smoothed(values: Sequence[float], width: int = _SMOOTHED) -> list[float]:
    """Return at each place the mean of up to ``width`` values up to it."""
    return [
        sum(values[max(0, end - width) : end]) / len(values[max(0, end - width) : end])
        for end in range(1, len(values) + 1)
    ]


def draw_losses(curves: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Draw a panel a training: the loss of each step, its running mean, and the loss of the rows that are held out."""
    figure, panels = pyplot.subplots(1, len(curves), figsize=(4.4 * len(curves), 3.4), squeeze=False)
    for axes, curve in zip(panels[0], curves, strict=True):
        steps = [each["step"] for each in curve["steps"]]
        losses = [each["loss"] for each in curve["steps"]]
        axes.plot(steps, losses, color=_GREY, linewidth=0.7, label="each step")
        axes.plot(steps, smoothed(losses), color=_ORANGE, linewidth=1.6, label=f"mean of {_SMOOTHED}")
        if curve["held_out"]:
            there = [each["step"] for each in curve["held_out"]]
            axes.plot(there, [each["loss"] for each in curve["held_out"]], "o-", color="#1f77b4", markersize=3, label="held-out packages")  # fmt: skip
        axes.set(xlabel="step (8 rows)", ylabel="loss", title=f"{curve['name']}: {curve['loss']}")
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(fontsize=7, frameon=False)
    figure.tight_layout()
    figure.savefig(path, dpi=150)
    pyplot.close(figure)


def draw_shares(counts: Mapping[str, Mapping[str, tuple[Counts, Counts]]], path: Path) -> None:
    """Draw a panel a suite: of each method the share of good answers without and with the adapter (95 %, Wilson)."""
    figure, panels = pyplot.subplots(1, len(counts), figsize=(4.6 * len(counts), 3.6), squeeze=False)
    for axes, (suite, methods) in zip(panels[0], counts.items(), strict=True):
        places = np.arange(len(methods))
        for number, (label, color) in enumerate((("without", _GREY), ("with the adapter", _ORANGE))):
            pairs = [both[number] for both in methods.values()]
            shares = [100 * good / max(1, total) for good, total in pairs]
            bounds = [wilson(good, total) for good, total in pairs]
            errors = [
                [max(0.0, share - 100 * low) for share, (low, _) in zip(shares, bounds, strict=True)],
                [max(0.0, 100 * high - share) for share, (_, high) in zip(shares, bounds, strict=True)],
            ]
            axes.bar(places + 0.4 * number - 0.2, shares, 0.37, yerr=errors, label=label, color=color, error_kw={"lw": 0.8, "ecolor": "#444"})  # fmt: skip
        axes.set_xticks(places, list(methods), fontsize=8)
        axes.set(ylim=(0, 100), ylabel="%", title=suite)
        axes.spines[["top", "right"]].set_visible(False)
    panels[0][-1].legend(fontsize=8, frameon=False)
    figure.tight_layout()
    figure.savefig(path, dpi=150)
    pyplot.close(figure)
