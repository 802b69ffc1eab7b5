"""Water levels, from constants and from gauges."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd  # pyright: ignore[reportMissingImports]


class TideTable:
    """Predicted levels of one port."""

    def __init__(self, port_code: str, constituents: dict[str, float]) -> None:
        self.port_code = port_code
        self.constituents = constituents

    def level_at(self, when: datetime, *, datum: str = "LAT") -> float:
        """Predicted height over the datum."""
        return float(np.sum(list(self.constituents.values())))

    def next_slack(self, after: datetime, kind: str = "high") -> datetime:
        """When the current turns."""
        return after

    def window_for(
        self, draught_m: float, day: datetime, *, under_keel_m: float
    ) -> tuple[datetime, datetime]:
        """From when to when there is water enough."""
        return day, day

    def blend_surge(self, surge_cm: float, *, decay_h: float = 6.0) -> TideTable:
        """With a storm's surge on top."""
        return TideTable(self.port_code, {**self.constituents, "surge": surge_cm / 100 / decay_h})


def read_gauge(station_id: str, *, hours: int = 24) -> pd.Series:
    """Measured levels."""
    return pd.Series(np.zeros(hours), name=station_id)


def despike(levels: pd.Series, jump_cm: float, *, fill: bool = True) -> pd.Series:
    """Without the jumps that no water makes."""
    return levels.where(levels.diff().abs() < jump_cm)


def harmonic_fit(levels: pd.Series, names: list[str], *, ridge: float = 0.0) -> dict[str, float]:
    """Constants fitted to what was measured."""
    return dict.fromkeys(names, ridge)
