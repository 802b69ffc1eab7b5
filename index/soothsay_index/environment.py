"""Finding the workspace's Python, and what is installed there, without importing any of it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import Distribution
from pathlib import Path

from .errors import SoothsayIndexError

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
        """What ``import import_name`` gives: an installed distribution, the standard library, or None."""
        root = import_name.split(".", 1)[0]
        if root in self.distributions:
            return self.distributions[root]
        if root in self.stdlib_names:
            return Installed(root, "python", self.version, self.stdlib)
        return None

    def find_folder(self, relative: str) -> Path | None:
        """The folder ``relative`` (``botocore/data``) in the first search path that has it."""
        for site in self.site_packages:
            if (site / relative).is_dir():
                return site / relative
        return None


def find_environment(
    workspace: Path,
    interpreter: str | Path | None = None,
    environ: Mapping[str, str] | None = None,
    timeout: float = 20.0,
) -> Environment:
    """Find the workspace's interpreter as editors do and read what it has installed.

    In this order: the configured ``interpreter``; ``VIRTUAL_ENV``; ``.venv`` or ``venv`` in the workspace, then
    in its parent folders up to the repository's root; ``python3`` on ``PATH``.
    """
    python = find_interpreter(workspace, interpreter, environ)
    return read_environment(python, timeout)


def find_interpreter(
    workspace: Path, interpreter: str | Path | None = None, environ: Mapping[str, str] | None = None
) -> Path:
    """The interpreter of ``workspace``; see :func:`find_environment` for the order."""
    environ = os.environ if environ is None else environ
    if interpreter:
        return _configured(workspace, interpreter, environ)
    if environ.get("VIRTUAL_ENV"):
        found = _python_of(Path(environ["VIRTUAL_ENV"]))
        if found:
            return found
    for folder in _upwards(workspace.absolute()):
        for name in (".venv", "venv"):
            found = _python_of(folder / name)
            if found:
                return found
    for name in ("python3", "python"):
        on_path = shutil.which(name, path=environ.get("PATH"))
        if on_path:
            return Path(on_path)
    raise SoothsayIndexError("No Python found: create a .venv in the workspace or configure the interpreter.")


def read_environment(python: Path, timeout: float = 20.0) -> Environment:
    """Ask ``python`` where its packages lie. It runs isolated (``-I``), so nothing of the user is imported."""
    try:
        answer = subprocess.run(
            [str(python), "-I", "-c", _PROBE],
            capture_output=True,
            text=True,
            timeout=timeout,
            check=True,
            stdin=subprocess.DEVNULL,
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
    """Changes when a package is installed, upgraded or removed: each of them renames something in site-packages."""
    return tuple(changed_at(site) for site in site_packages)


def changed_at(path: Path) -> int:
    """When ``path`` was changed, in nanoseconds; -1 where there is nothing."""
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
    """True for a package or a module. Wheels list folders as well that hold data, or that are not there at all."""
    if (site / f"{name}.py").is_file() or any(site.glob(f"{name}.*so")) or any(site.glob(f"{name}.*pyd")):
        return True
    files = (site / name).rglob("*.py*")  # nothing if there is no such folder
    return any(file.suffix in {".py", ".pyi"} for file in files)


def _configured(workspace: Path, interpreter: str | Path, environ: Mapping[str, str]) -> Path:
    given = Path(interpreter).expanduser()
    path = given if given.is_absolute() else workspace / given
    if path.is_dir():  # people configure the environment's folder as often as its interpreter
        found = _python_of(path)
        if found:
            return found
    elif path.is_file():
        return path
    elif len(given.parts) == 1:
        on_path = shutil.which(str(given), path=environ.get("PATH"))
        if on_path:
            return Path(on_path)
    raise SoothsayIndexError(f"The configured interpreter {interpreter} does not exist: correct the setting.")


def _python_of(folder: Path) -> Path | None:
    for relative in ("bin/python3", "bin/python", "Scripts/python.exe"):
        if (folder / relative).is_file():
            return folder / relative
    return None


def _upwards(folder: Path) -> Iterator[Path]:
    """``folder`` and its parents, up to the root of the git repository or of the file system."""
    for current in (folder, *folder.parents):
        yield current
        if (current / ".git").exists():
            return


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    return lines[-1][:160] if lines else "no answer"
