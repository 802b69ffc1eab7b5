"""Environments that tools keep for a project: uv, PDM, Pipenv, Poetry, Hatch, pixi, conda, pyenv."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import platformdirs

from soothsay_languages.python.environment.layout import is_local, listed, plain_name

_LONGEST = 4096  # characters of a file that holds a path
_LONGEST_LIST = 64_000  # of one that holds many
_CONDA_NAME = re.compile(r"""^name:[ \t]*["']?([\w.-]+)["']?[ \t]*(?:#.*)?$""", re.MULTILINE)


def managed_environments(folder: Path, environ: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    """Yield the environments that tools keep for the project in ``folder``, and what says so."""
    for find in _TOOLS:
        yield from find(folder, environ)


def read_line(file: Path) -> str:
    """Return the first line of a small file without blanks around it; "" where there is none."""
    try:
        if file.stat().st_size > _LONGEST:
            return ""
        lines = file.read_text(encoding="utf-8", errors="replace").split("\n", 1)
    except OSError:
        return ""
    return lines[0].strip().replace("\0", "")


def _uv(folder: Path, environ: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    """uv's environment of a project, where a variable moves it away from ``.venv``."""
    given = environ.get("UV_PROJECT_ENVIRONMENT", "")
    if given and (folder / "pyproject.toml").is_file() and is_local(str(folder / given)):
        yield folder / given, "UV_PROJECT_ENVIRONMENT"


def _pdm(folder: Path, environ: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    """Yield the environment whose interpreter PDM has noted."""
    interpreter = read_line(folder / ".pdm-python")
    if interpreter and is_local(interpreter):
        yield Path(interpreter).parent.parent, str(folder / ".pdm-python")


def pdm_home(environ: Mapping[str, str]) -> Path:
    """Return the folder of the environments that PDM keeps outside of projects."""
    linux = sys.platform.startswith("linux")
    settings = Path(platformdirs.user_config_dir("pdm"))
    data = Path(platformdirs.user_data_dir("pdm"))
    if linux:
        settings = variable_folder(environ, "XDG_CONFIG_HOME", ".config") / "pdm"
        data = variable_folder(environ, "XDG_DATA_HOME", ".local/share") / "pdm"
    given = str(table(read_toml(settings / "config.toml"), "venv").get("location") or "")
    return Path(given) if is_local(given) else data / "venvs"


def _pipenv(folder: Path, environ: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    """Pipenv's environments: each has a file with the path of its project."""
    if not (folder / "Pipfile").is_file():
        return
    given = environ.get("WORKON_HOME", "")
    home = variable_folder(environ, "WORKON_HOME", ".local/share/virtualenvs")
    if sys.platform == "win32" and not given:
        home = user_home(environ) / ".virtualenvs"
    for path in listed(home):
        noted = read_line(path / ".project")
        if noted and is_local(noted) and Path(noted).resolve() == folder.resolve():
            yield path, str(folder / "Pipfile")


def _poetry(folder: Path, environ: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    """Poetry's environments: their names are the project's, with a hash of its folder and the version of Python."""
    project = read_toml(folder / "pyproject.toml")
    tool = table(table(project, "tool"), "poetry")
    is_poetry = bool(tool) or (folder / "poetry.lock").is_file() or (folder / "poetry.toml").is_file()
    name = table(project, "project").get("name") or tool.get("name") or "non-package-mode"
    if not is_poetry or not isinstance(name, str):
        return
    home = _poetry_home(folder, environ)
    prefix = poetry_name(name, folder)
    active = table(read_toml(home / "envs.toml"), prefix).get("minor", "")
    found = [path for path in listed(home) if path.name.startswith(f"{prefix}-py")]
    # what `poetry env use` has chosen, else the newest Python
    found.sort(key=lambda path: (path.name == f"{prefix}-py{active}", _minor(path.name)), reverse=True)
    for path in found:
        yield path, str(folder / "pyproject.toml")


def poetry_name(name: str, folder: Path) -> str:
    """Return what the names of Poetry's environments for the project ``name`` in ``folder`` begin with."""
    plain = re.sub(r'[ $`!*@"\\\r\n\t]', "_", name.lower())[:42]
    return f"{plain}-{short_digest(os.path.normcase(folder.resolve()).encode())}"


def _poetry_home(folder: Path, environ: Mapping[str, str]) -> Path:
    """Return the folder of all of Poetry's environments."""
    cache = environ.get("POETRY_CACHE_DIR", "")
    default = Path(platformdirs.user_cache_dir("pypoetry", appauthor=False))
    if sys.platform.startswith("linux"):
        default = variable_folder(environ, "XDG_CACHE_HOME", ".cache") / "pypoetry"
    folders = [environ.get("POETRY_VIRTUALENVS_PATH", "")]
    for file in (folder / "poetry.toml", _poetry_settings(environ)):
        settings = table(read_toml(file), "virtualenvs")
        folders.append(str(settings.get("path") or ""))
    given = next((each for each in folders if each and is_local(each)), "")
    return Path(given) if given else (Path(cache) if is_local(cache) else default) / "virtualenvs"


def _poetry_settings(environ: Mapping[str, str]) -> Path:
    given = environ.get("POETRY_CONFIG_DIR", "")
    if is_local(given):
        return Path(given) / "config.toml"
    if sys.platform.startswith("linux"):
        return variable_folder(environ, "XDG_CONFIG_HOME", ".config") / "pypoetry" / "config.toml"
    return Path(platformdirs.user_config_dir("pypoetry", appauthor=False, roaming=True)) / "config.toml"


def _hatch(folder: Path, environ: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    """Hatch's environments of a project, the default one first."""
    name = table(read_toml(folder / "pyproject.toml"), "project").get("name")
    if not isinstance(name, str) or not name:
        return
    plain = plain_name(name)
    kept = (
        hatch_home(environ) / plain / short_digest(str(folder.resolve()).encode("utf-8", "surrogateescape"))
    )
    for path in sorted(listed(kept), key=lambda path: (path.name != plain, path.name)):
        yield path, str(folder / "pyproject.toml")


def hatch_home(environ: Mapping[str, str]) -> Path:
    """Return the folder of all of Hatch's environments."""
    given = environ.get("HATCH_DATA_DIR", "")
    if is_local(given):
        data = Path(given)
    elif sys.platform.startswith("linux"):
        data = variable_folder(environ, "XDG_DATA_HOME", ".local/share") / "hatch"
    else:
        data = Path(platformdirs.user_data_dir("hatch", appauthor=False))
    return data / "env" / "virtual"


def _pixi(folder: Path, environ: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    """pixi's environments, which lie in the project, the default one first."""
    for path in sorted(
        listed(folder / ".pixi" / "envs"), key=lambda path: (path.name != "default", path.name)
    ):
        yield path, str(path)


def _conda(folder: Path, environ: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    """The environment that a project's ``environment.yml`` names, among those that conda has noted."""
    for file in (folder / "environment.yml", folder / "environment.yaml"):
        name = _CONDA_NAME.search(_start_of(file))
        noted = _start_of(user_home(environ) / ".conda" / "environments.txt").splitlines() if name else []
        for line in noted:
            if name and is_local(line.strip()) and Path(line.strip()).name == name[1]:
                yield Path(line.strip()), str(file)


def _start_of(file: Path) -> str:
    try:
        with file.open(encoding="utf-8", errors="replace") as text:
            return text.read(_LONGEST_LIST)
    except OSError:
        return ""


def _pyenv(folder: Path, environ: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    """Yield the environment, or the version of Python, of pyenv's that the folder names."""
    name = read_line(folder / ".python-version")
    if not re.fullmatch(r"\w[\w.-]*(?:/envs/\w[\w.-]*)?", name) or ".." in name:
        return
    home = variable_folder(environ, "PYENV_ROOT", ".pyenv")
    yield home / "versions" / name, str(folder / ".python-version")


_Find = Callable[[Path, Mapping[str, str]], Iterator[tuple[Path, str]]]
_TOOLS: tuple[_Find, ...] = (_uv, _pdm, _pipenv, _poetry, _hatch, _pixi, _conda, _pyenv)


def variable_folder(environ: Mapping[str, str], variable: str, default: str) -> Path:
    """Return the folder that ``variable`` names, ``default`` below the user's home where it names none of this machine."""
    given = environ.get(variable, "")
    return Path(given) if is_local(given) else user_home(environ) / default


def short_digest(path: bytes) -> str:
    """Return how Poetry and Hatch name what belongs to ``path``."""
    return base64.urlsafe_b64encode(hashlib.sha256(path).digest()).decode()[:8]


def user_home(environ: Mapping[str, str]) -> Path:
    """Return the home folder of the user."""
    return Path(environ.get("HOME") or environ.get("USERPROFILE") or Path.home())


def _minor(name: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", name.rpartition("-py")[2]))


def read_toml(file: Path) -> dict[str, Any]:
    """Return what a TOML file says; nothing where it cannot be read."""
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def table(values: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return the table ``name`` of ``values``; an empty one where that is no table."""
    found = values.get(name)
    return found if isinstance(found, Mapping) else {}
