"""Draws how the times are distributed: a panel a typing speed, both sides, the share answered over a log time axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
from bench.latency.report import OURS, PEER
from matplotlib import pyplot

_COLOURS = {PEER: "#8a8f98", OURS: "#0b7a75"}
_LABELS = {PEER: "llama.vim + llama-server", OURS: "soothsay"}
_INK, _FAINT = "#1d2329", "#d9dde1"
_LIMITS = (1.0, 13_000.0)  # ms; a stop is given up after 12 s
_TICKS = {1: "1 ms", 10: "10 ms", 100: "100 ms", 1_000: "1 s", 10_000: "10 s"}
_MARKS = (150, 500)


def steps(
    times: Sequence[float | None], limits: tuple[float, float] = _LIMITS
) -> tuple[list[float], list[float]]:
    """Times and the share of all that has come by then; what never came keeps the curve below 1."""
    low, high = limits
    told = sorted(min(max(ms, low), high) for ms in times if ms is not None)
    return [low, *told, high], [
        0.0,
        *((n + 1) / len(times) for n in range(len(told))),
        len(told) / len(times),
    ]


def draw(figures: Mapping[str, Any], file: Path) -> None:
    """Write the plot of what `report.figures` has found."""
    speeds: Mapping[str, Any] = figures["stops"]
    pyplot.rcParams.update({"font.size": 13, "font.family": "DejaVu Sans", "text.color": _INK})
    canvas, axes = pyplot.subplots(
        1,
        len(speeds),
        figsize=(max(8.0, 5.4 * len(speeds)), 5.2),
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    for axis, (speed, sides) in zip(axes[0], speeds.items(), strict=True):
        for mark in _MARKS:
            axis.axvline(mark, color=_FAINT, linewidth=1.2, zorder=0)
            axis.text(mark, 1.012, f"{mark}", ha="center", va="bottom", fontsize=10, color="#7a828b")
        for side in (PEER, OURS):
            if sides[side]["whole"]:
                _curve(axis, side, sides[side]["whole"])
        axis.set_xscale("log")
        axis.set_xlim(*_LIMITS)
        axis.set_ylim(0, 1.01)
        axis.set_xticks(list(_TICKS), list(_TICKS.values()))
        axis.minorticks_off()
        axis.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "25 %", "50 %", "75 %", "100 %"])
        axis.set_title(f"{speed} ms a key", loc="left", fontsize=15, fontweight="bold", pad=22)
        axis.set_xlabel("from the last key to the answer")
        axis.grid(axis="y", color=_FAINT, linewidth=0.8)
        axis.tick_params(length=0, colors="#4a525a")
        for name in ("top", "right", "left"):
            axis.spines[name].set_visible(False)
        axis.spines["bottom"].set_color("#9aa2aa")
    axes[0][0].set_ylabel("share of stops answered")
    handles, labels = axes[0][0].get_legend_handles_labels()
    canvas.legend(handles, labels, loc="outside upper right", ncols=2, frameon=False, fontsize=13)
    about = figures["about"]
    canvas.supxlabel(
        f"{about.get('model', '')} · {about.get('hardware', '')} · {about.get('date', '')}",
        fontsize=9, color="#7a828b", x=0.995, ha="right",
    )  # fmt: skip
    canvas.savefig(file, dpi=160)
    pyplot.close(canvas)


def _curve(axis: Any, side: str, times: Sequence[float | None]) -> None:
    x, y = steps(times)
    colour = _COLOURS[side]
    axis.step(x, y, where="post", color=colour, linewidth=2.8, label=_LABELS[side], solid_capstyle="round")
    middle = next((at for at, reached in zip(x, y, strict=True) if reached >= 0.5), None)
    if middle is not None:
        axis.plot([middle], [0.5], "o", color=colour, markersize=8, markeredgecolor="white", zorder=5)
        label = f"{middle:,.0f} ms" if middle < 995 else f"{middle / 1000:.1f} s"
        offset, align = ((-9, 9), "right") if side == OURS else ((9, -18), "left")
        axis.annotate(
            label,
            (middle, 0.5),
            xytext=offset,
            textcoords="offset points",
            color=colour,
            ha=align,
            fontweight="bold",
        )
