"""Making a set of rows: from each kind of source in turn, place by place, until there are enough."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence

from soothsay.align.dataset import RowFolder
from soothsay.align.gathering import (
    Gather,
    Ground,
    from_documentation,
    from_packages,
    from_requests,
    from_workspace,
)
from soothsay.align.making import RowMaker
from soothsay.align.rows import TrainingRow
from soothsay_index.types import Progress

SOURCES: Mapping[str, Gather] = {
    "installed": from_packages,
    "documented": from_documentation,
    "phrased": from_requests,
    "workspace": from_workspace,
}
_BARREN = 400  # places in a row without a row, after which a source is left


def collect(
    ground: Ground, sources: Iterable[str], maker: RowMaker, folder: RowFolder,
    done: MutableMapping[str, int], limit: int, show: Callable[[Progress], None],
) -> None:  # fmt: skip
    """Write rows of ``limit`` places into ``folder``, from all ``sources`` alike. ``done`` are the rows of places that are there."""
    names = list(sources)
    made = 0
    for number, name in enumerate(names, start=1):
        wanted = limit * number // len(names)
        barren = 0
        for place in SOURCES[name](ground):
            if made >= wanted or barren >= _BARREN:
                break
            if place.id not in done:
                rows = maker.rows(place)
                folder.add(place.id, rows)
                done[place.id] = len(rows)
            has_rows = done[place.id] > 0
            made, barren = made + has_rows, 0 if has_rows else barren + 1
            show(Progress(name, made, wanted, place.label))


def add_known(
    folder: RowFolder, done: MutableMapping[str, int], found: Iterable[tuple[str, Sequence[TrainingRow]]]
) -> None:
    """Write rows that need no judge, what a person has left or committed, each by the name of where it is from."""
    for source, rows in found:
        if source not in done:
            folder.add(source, rows)
            done[source] = len(rows)
