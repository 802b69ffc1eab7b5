"""Which adapters are used for a workspace with some weights: the active ones, or those that a request asks for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from soothsay.align.adapters import AdapterRegistry, KnownAdapter
from soothsay.engine.types import AdapterUse
from soothsay.errors import SoothsayError
from soothsay.model.types import Adapter


@dataclass(frozen=True, slots=True)
class InUse:
    """The adapters to load, and why others that are active are left out, a line each."""

    adapters: tuple[Adapter, ...] = ()
    problems: tuple[str, ...] = ()


NONE_IN_USE = InUse()


class ActiveAdapters:
    """The active adapters of one workspace; they are read again when a record has changed. Not thread-safe."""

    def __init__(self, registry: AdapterRegistry, workspace: Path, base_sha256: Callable[[], str]) -> None:
        """``base_sha256`` is that of the weights in use; it is asked for once there is an adapter, and may take a second."""
        self._registry = registry
        self._workspace = workspace
        self._base_sha256 = base_sha256
        self._stamp: tuple[object, ...] = ()
        self._active = NONE_IN_USE

    def active(self) -> InUse:
        """Return the adapters that are active now."""
        stamp = self._registry.stamp()
        if stamp != self._stamp:
            self._stamp, self._active = stamp, self._read()
        return self._active

    def asked(self, uses: Sequence[AdapterUse]) -> InUse:
        """Return the adapters that ``uses`` name, active or not. Raises `SoothsayError` where one cannot be used."""
        return InUse(tuple(self._loadable(self._registry.get(use.name), use.scale) for use in uses))

    def _read(self) -> InUse:
        known = [each for each in self._registry.all() if each.record.state == "active"]
        adapters: list[Adapter] = []
        problems: list[str] = []
        for each in known:
            if each.is_for(self._workspace):
                try:
                    adapters.append(self._loadable(each, None))
                except SoothsayError as error:
                    problems.append(str(error))
        return InUse(tuple(adapters), tuple(problems))

    def _loadable(self, known: KnownAdapter, scale: float | None) -> Adapter:
        problem = known.problem(self._base_sha256())
        if problem:
            raise SoothsayError(
                f"the adapter {known.name} is not used: it {problem}; run: soothsay align off {known.name}"
            )
        return known.loadable(scale)


def used(adapters: Sequence[Adapter]) -> tuple[AdapterUse, ...]:
    """Return what a completion says of the adapters that it was written with."""
    return tuple(AdapterUse(each.name, each.scale, each.sha256) for each in adapters if each.scale)
