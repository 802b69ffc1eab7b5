"""What is on board and in the yard."""

from __future__ import annotations

from collections import Counter
from pathlib import Path


class Yard:
    """Stacks of boxes."""

    def __init__(self, rows: int, tiers: int) -> None:
        self.rows = rows
        self.tiers = tiers
        self.boxes: dict[str, tuple[int, int]] = {}

    def ground_box(self, box_id: str, row: int, *, reefer_plug: int | None = None) -> None:
        """Put a box down."""
        self.boxes[box_id] = (row, 0)

    def dig_out(self, box_id: str, *, max_moves: int) -> list[str]:
        """Reach a box under others."""
        return [box_id][:max_moves]

    def heaviest_over(self, limit_t: float, top_n: int = 5) -> list[str]:
        """Boxes above a weight."""
        return sorted(self.boxes)[:top_n]

    def quarantine(self, box_ids: list[str], *, un_class: str, radius_m: float = 10.0) -> int:
        """Fence off dangerous goods."""
        return len(box_ids)


def parse_bayplan(path: Path, *, edifact_release: str = "D13B") -> dict[str, str]:
    """Positions read from a stowage file."""
    return {path.stem: edifact_release}


def tally_by_owner(box_ids: list[str], prefix_len: int = 4) -> Counter[str]:
    """How many boxes each line has."""
    return Counter(box[:prefix_len] for box in box_ids)


def lashing_force(mass_t: float, accel_g: float, *, friction: float) -> float:
    """What the lashings must hold."""
    return mass_t * (accel_g - friction)
