"""Finding the workspace's Python, and what is installed there, without importing or running any of it."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from importlib.metadata import Distribution
from pathlib import Path

from soothsay_common.children import child_environment
from soothsay_index.errors import SoothsayIndexError
from soothsay_index.runtime.boundaries import Boundaries, boundaries_of
from soothsay_index.runtime.executables import executables
from soothsay_index.runtime.layout import (
    environment_of,
    foreign_owner,
    interpreter_in,
    prefix_of,
    read_layout,
)

log = logging.getLogger(__name__)

_PROBE = """
import json, sys, sysconfig, site
paths = sysconfig.get_paths()
sites = list(dict.fromkeys([paths["purelib"], paths["platlib"], *[p for p in sys.path if p.endswith(("site-packages", "dist-packages"))]]))
print(json.dumps({
    "version": "%d.%d.%d" % sys.version_info[:3],
    "sites": sites,
    "stdlib": paths["stdlib"],
    "stdlib_names": sorted(getattr(sys, "stdlib_module_names", ())),
}))
"""


@dataclass(frozen=True, slots=True)
class Installed:
    """One import name of an installed distribution."""

    import_name: str
    package: str  # the distribution's name, as a person installs it
    version: str
    folder: Path  # the search path it is found on


@dataclass(frozen=True, slots=True)
class Environment:
    """A Python environment: its interpreter, where its packages lie, and what they are."""

    python: Path
    version: str
    site_packages: tuple[Path, ...]
    stdlib: Path
    distributions: Mapping[str, Installed] = field(default_factory=dict)  # by import name
    stdlib_names: frozenset[str] = frozenset()
    stamp: tuple[int, ...] = ()  # of ``site_packages``, taken before ``distributions`` were read

    def package_of(self, import_name: str) -> Installed | None:
        """Return what ``import import_name`` loads: an installed distribution, the standard library, or None."""
        root = import_name.split(".", 1)[0]
        if root in self.distributions:
            return self.distributions[root]
        if root in self.stdlib_names:
            return Installed(root, "python", self.version, self.stdlib)
        return None

    def find_folder(self, relative: str) -> Path | None:
        """Return the folder ``relative`` (``botocore/data``) in the first search path that has it."""
        for site in self.site_packages:
            if (site / relative).is_dir():
                return site / relative
        return None


@dataclass(frozen=True, slots=True)
class LocatedPython:
    """The workspace's interpreter. Where it belongs to an environment, ``folder`` is that, and nothing of it is run.

    ``refused`` says of environments that were passed over why, a line each.
    """

    python: Path
    folder: Path | None = None
    refused: tuple[str, ...] = ()


def find_environment(
    workspace: Path,
    interpreter: str | Path | None = None,
    environ: Mapping[str, str] | None = None,
    timeout: float = 20.0,
) -> Environment:
    """Find the workspace's interpreter as editors do and read what it has installed.

    In this order: the configured ``interpreter``; ``VIRTUAL_ENV``; ``.venv`` or ``venv`` in the workspace, then
    in its parent folders up to its project's root; ``python3`` on ``PATH``. Nothing of the workspace is run.
    """
    return read_located(_logged(locate_python(workspace, interpreter, environ)), timeout)


def find_interpreter(
    workspace: Path, interpreter: str | Path | None = None, environ: Mapping[str, str] | None = None
) -> Path:
    """Return the interpreter of ``workspace``; see :func:`find_environment` for the order."""
    return _logged(locate_python(workspace, interpreter, environ)).python


def locate_python(
    workspace: Path, interpreter: str | Path | None = None, environ: Mapping[str, str] | None = None
) -> LocatedPython:
    """Return the interpreter of ``workspace``, and what was refused on the way; see :func:`find_environment` for the order."""
    environ = os.environ if environ is None else environ
    boundaries = boundaries_of(workspace, environ)
    if interpreter:
        return _configured(workspace, interpreter, environ, boundaries)
    refused: list[str] = []
    for found in _candidates(environ, boundaries):
        owner = foreign_owner(found.folder) if found.folder else ""
        if not owner:
            return replace(found, refused=tuple(refused))
        refused.append(_refusal(found, owner))
    raise SoothsayIndexError("No Python found: create a .venv in the workspace or configure the interpreter.")


def read_located(found: LocatedPython, timeout: float = 20.0) -> Environment:
    """Read the environment that was found: from its folder, or from the answer of an interpreter that has none."""
    return _read_folder(found.python, found.folder) if found.folder else _probe(found.python, timeout)


def read_environment(python: Path, timeout: float = 20.0) -> Environment:
    """Read the environment of ``python``; it is run only where it belongs to no virtual environment."""
    return read_located(LocatedPython(python, environment_of(python)), timeout)


def _read_folder(python: Path, folder: Path) -> Environment:
    layout = read_layout(folder)
    stamp = stamp_of(layout.site_packages)
    return Environment(
        python=python,
        version=layout.version,
        site_packages=layout.site_packages,
        stdlib=layout.stdlib,
        distributions=read_distributions(layout.site_packages),
        stdlib_names=sys.stdlib_module_names,
        stamp=stamp,
    )


def _probe(python: Path, timeout: float) -> Environment:
    """Run ``python`` to read its paths. It runs isolated (``-I``), so nothing of the user is imported."""
    try:
        answer = subprocess.run(
            [str(python), "-I", "-c", _PROBE],
            capture_output=True,
            text=True,
            timeout=timeout,
            check=True,
            stdin=subprocess.DEVNULL,
            env=child_environment(),
            cwd=Path(__file__).parent,
        )
        # A sitecustomize may print as well; the answer is the last line.
        facts = json.loads(answer.stdout.strip().splitlines()[-1])
    except subprocess.TimeoutExpired:
        raise SoothsayIndexError(
            f"{python} did not answer within {timeout:g} s: configure another interpreter."
        ) from None
    except (OSError, subprocess.CalledProcessError, ValueError, IndexError) as error:
        reason = _last_line(getattr(error, "stderr", "") or str(error))
        raise SoothsayIndexError(
            f"{python} is not a working Python ({reason}): configure another interpreter."
        ) from None
    sites = tuple(Path(site) for site in facts["sites"] if Path(site).is_dir())
    stamp = stamp_of(sites)
    return Environment(
        python=python,
        version=facts["version"],
        site_packages=sites,
        stdlib=Path(facts["stdlib"]),
        distributions=read_distributions(sites),
        stdlib_names=frozenset(facts["stdlib_names"]),
        stamp=stamp,
    )


def stamp_of(site_packages: tuple[Path, ...]) -> tuple[int, ...]:
    """Return the times of change of ``site_packages``, which change when a package is installed, upgraded or removed."""
    return tuple(changed_at(site) for site in site_packages)


def changed_at(path: Path) -> int:
    """Return the time of change of ``path`` in nanoseconds; -1 if it does not exist."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return -1


def read_distributions(site_packages: tuple[Path, ...]) -> dict[str, Installed]:
    """Map import names to installed distributions, from their metadata alone. Earlier paths win."""
    found: dict[str, Installed] = {}
    for site in site_packages:
        for distribution in Distribution.discover(path=[str(site)]):
            try:
                package, version = distribution.metadata["Name"], distribution.version
                names = sorted(name for name in _import_names(distribution) if _is_importable(site, name))
            except Exception:  # a half-removed distribution has no metadata; the others are fine
                continue
            if not package:
                continue
            for name in names:
                found.setdefault(name, Installed(name, package, version or "", site))
    return found


def _import_names(distribution: Distribution) -> set[str]:
    listed = distribution.read_text("top_level.txt")
    if listed:
        names = {line.strip() for line in listed.splitlines() if line.strip()}
    else:
        names = set()
        for file in distribution.files or ():
            first = file.parts[0]
            if len(file.parts) > 1 and file.suffix in {".py", ".pyi", ".so", ".pyd"}:
                names.add(first)
            elif len(file.parts) == 1 and file.suffix in {".py", ".so", ".pyd"}:
                names.add(first.split(".", 1)[0])
    return {name for name in names if name.isidentifier() and name != "__pycache__"}


def _is_importable(site: Path, name: str) -> bool:
    """Return True for a package or a module. Wheels list folders as well that hold data, or that are not there at all."""
    if (site / f"{name}.py").is_file() or any(site.glob(f"{name}.*so")) or any(site.glob(f"{name}.*pyd")):
        return True
    files = (site / name).rglob("*.py*")  # nothing if there is no such folder
    return any(file.suffix in {".py", ".pyi"} for file in files)


def _candidates(environ: Mapping[str, str], boundaries: Boundaries) -> Iterator[LocatedPython]:
    """Yield the candidates for the workspace's interpreter, in order of preference."""
    active = environ.get("VIRTUAL_ENV", "")
    folders = [Path(active)] if active and Path(active).is_absolute() else []
    folders += [folder / name for folder in boundaries.folders for name in (".venv", "venv")]
    for folder in folders:
        if folder.is_dir() and (found := _found(interpreter_in(folder), boundaries)):
            yield found
    for name in ("python3", "python"):
        for path in executables(name, environ, boundaries):
            if found := _found(path, boundaries):
                yield found


def _found(python: Path, boundaries: Boundaries) -> LocatedPython | None:
    """Return ``python`` with its environment, or None if it has none and must not be run."""
    folder = environment_of(python)
    if folder is None and (boundaries.contain(python) or not python.is_file()):
        folder = prefix_of(python)
        return LocatedPython(python, folder) if folder else None
    return LocatedPython(python, folder)


def _configured(
    workspace: Path, interpreter: str | Path, environ: Mapping[str, str], boundaries: Boundaries
) -> LocatedPython:
    given = Path(interpreter).expanduser()
    path = given if given.is_absolute() else workspace / given
    if path.is_dir():  # people configure the environment's folder as often as its interpreter
        found = _found(interpreter_in(path), boundaries)
    elif len(given.parts) == 1:
        on_path = next(executables(str(given), environ, boundaries), path)
        found = _found(on_path, boundaries) if os.path.lexists(on_path) else None
    else:
        found = _found(path, boundaries) if os.path.lexists(path) else None
    if found is None and path.is_file():
        raise SoothsayIndexError(
            f"The configured interpreter {interpreter} lies in the workspace and belongs to no environment, so it is "
            "not run: configure a virtual environment, or an interpreter elsewhere."
        )
    if found is None:
        raise SoothsayIndexError(
            f"The configured interpreter {interpreter} does not exist: correct the setting."
        )
    owner = foreign_owner(found.folder) if found.folder else ""
    if owner:
        raise SoothsayIndexError(_refusal(found, owner))
    return found


def _refusal(found: LocatedPython, owner: str) -> str:
    return f"The environment {found.folder} belongs to {owner} and is not used: make one of your own, or change its owner."


def _logged(found: LocatedPython) -> LocatedPython:
    for refusal in found.refused:
        log.warning("%s", refusal)
    return found


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    return lines[-1][:160] if lines else "no answer"
