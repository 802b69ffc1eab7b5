"""The figures of `make bench-quality`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib
import numpy as np
from bench.cloudapi.confidence import Examined, risk_coverage
from bench.oracle.report import wilson
from matplotlib.axes import Axes

matplotlib.use("Agg")  # no window
from matplotlib import pyplot

Counts = tuple[int, int]  # valid, all
_BINS = 10
_GREY, _BLUE, _ORANGE = "#9aa0a6", "#1f77b4", "#e8710a"


def draw_strata(
    counts: Mapping[str, Mapping[str, Counts]],
    paper: Mapping[str, Mapping[str, float]],
    title: str,
    path: Path,
) -> None:
    """Bars of valid calls, a group a stratum, a bar a method, with 95 % intervals (Wilson); ``paper`` in shares.

    ``counts`` are by method, then by stratum.
    """
    strata = list(next(iter(counts.values())))
    figure, axes = pyplot.subplots(figsize=(11, 4.6))
    names = [*counts, *paper]
    width = 0.86 / len(names)
    for number, name in enumerate(names):
        places = np.arange(len(strata)) - 0.43 + width * (number + 0.5)
        if name in paper:
            axes.bar(places, [100 * paper[name][each] for each in strata], width * 0.92, label=name, color="white", edgecolor="black", hatch="////" if number % 2 else "....")  # fmt: skip
            continue
        shares = [100 * valid / max(1, total) for valid, total in counts[name].values()]
        bounds = [wilson(valid, total) for valid, total in counts[name].values()]
        errors = [
            [max(0.0, share - 100 * low) for share, (low, _) in zip(shares, bounds, strict=True)],
            [max(0.0, 100 * high - share) for share, (_, high) in zip(shares, bounds, strict=True)],
        ]
        color = _ORANGE if name == "full" else pyplot.get_cmap("Blues")(0.25 + 0.6 * number / len(counts))
        axes.bar(
            places,
            shares,
            width * 0.92,
            yerr=errors,
            label=name,
            color=color,
            error_kw={"lw": 0.8, "ecolor": "#444"},
        )
    axes.set_xticks(np.arange(len(strata)), strata)
    axes.set(ylim=(0, 100), ylabel="valid API invocations, %", title=title)
    axes.spines[["top", "right"]].set_visible(False)
    axes.yaxis.grid(True, color="#ddd")
    axes.set_axisbelow(True)
    axes.legend(fontsize=8, ncols=1, loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)
    figure.tight_layout()
    figure.savefig(path, dpi=150)
    pyplot.close(figure)


def draw_confidence(found: Sequence[Examined], path: Path) -> None:
    """Risk and coverage, reliability, and what each measure makes of retrieving selectively."""
    figure, (left, middle, right) = pyplot.subplots(1, 3, figsize=(14, 4.4))
    for each in found:
        coverage, risk = risk_coverage(each.scores, each.drafts.valid)
        left.plot(100 * coverage, 100 * risk, label=f"{each.name} (AUROC {each.auroc:.2f})", linewidth=1.4)
        cuts = np.unique(np.concatenate([each.scores, [0.0, 1.1]]))
        points = np.array([each.drafts.selective(each.scores, cut) for cut in cuts])
        right.plot(100 * points[:, 0], 100 * points[:, 1], label=each.name, linewidth=1.4)
    left.set(xlabel="drafts kept, the surest first, %", ylabel="invalid among them, %", ylim=(0, 100))
    left.set_title("Risk and coverage")
    left.legend(fontsize=7, frameon=False)
    _reliability(middle, found[0])
    drafts = found[0].drafts
    right.plot(
        [0, 100],
        [100 * drafts.valid.mean(), 100 * drafts.retrieved.mean()],
        "--",
        color=_GREY,
        label="at random",
    )
    right.set(xlabel="retrieved for, %", ylabel="valid calls, %", xlim=(0, 100), ylim=(0, 100))
    right.set_title("Retrieving selectively (DAG++)")
    for axes in (left, middle, right):
        axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(path, dpi=150)
    pyplot.close(figure)


def _reliability(axes: Axes, measure: Examined) -> None:
    places = np.minimum((measure.scores * _BINS).astype(int), _BINS - 1)
    for place in range(_BINS):
        there = places == place
        if there.any():
            middle = (place + 0.5) / _BINS
            height = measure.drafts.valid[there].mean()
            axes.bar(middle, height, width=0.9 / _BINS, color=_BLUE, alpha=0.8)
            axes.text(middle, height + 0.01, f"{int(there.sum())}", ha="center", fontsize=7, color="#444")
    axes.plot([0, 1], [0, 1], "--", color=_GREY, linewidth=1)
    axes.set(
        xlabel=measure.name,
        ylabel="share of valid calls",
        xlim=(0, 1),
        ylim=(0, 1),
        title="Reliability (drafts in each bin above it)",
    )
