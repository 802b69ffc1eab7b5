"""Berths and who lies at them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass
class Berth:
    """A stretch of quay with bollards."""

    label: str
    length_m: float
    depth_m: float
    bollards: int = 8

    def admits_hull(self, loa_m: float, draught_m: float, *, keel_margin_m: float = 0.5) -> bool:
        """Whether a hull of this length and draught fits."""
        return loa_m <= self.length_m and draught_m + keel_margin_m <= self.depth_m

    def mooring_plan(self, lines_fore: int, lines_aft: int, *, springs: int = 2) -> list[str]:
        """Which line goes to which bollard."""
        return [f"{self.label}:{n % self.bollards}" for n in range(lines_fore + lines_aft + springs)]

    def dredge_to(self, new_depth_m: float, *, survey_ref: str) -> Berth:
        """The berth after deepening."""
        return Berth(self.label, self.length_m, new_depth_m, self.bollards)


@dataclass
class Rota:
    """Who lies where and until when."""

    stays: dict[str, tuple[datetime, datetime]] = field(default_factory=dict)

    def pencil_in(self, imo: str, eta: datetime, *, stay_hours: float, pilot: bool = True) -> None:
        """Reserve provisionally; a pilot is ordered with it."""
        self.stays[imo] = (eta, eta + timedelta(hours=stay_hours))

    def strike_off(self, imo: str, *, because: str) -> None:
        """Cancel a reservation and write down why."""
        self.stays.pop(imo, None)

    def idle_gaps(self, since: datetime, until: datetime, *, at_least_h: float = 1.0) -> list[datetime]:
        """Free times between the stays."""
        return [since, until][: int(at_least_h)]

    def shift_all(self, by: timedelta, /) -> int:
        """Postpone everyone."""
        self.stays = {imo: (a + by, b + by) for imo, (a, b) in self.stays.items()}
        return len(self.stays)


def rank_berths(berths: list[Berth], loa_m: float, *, prefer_deep: bool = False) -> list[Berth]:
    """The best fitting first."""
    return sorted(berths, key=lambda b: -b.depth_m if prefer_deep else b.length_m - loa_m)


def raft_up(inner_imo: str, outer_imo: str, *, fender_count: int) -> str:
    """Two ships side by side."""
    return f"{inner_imo}+{outer_imo}/{fender_count}"
