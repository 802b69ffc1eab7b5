"""17: the nearest environment is found wherever tools put it, and editable installs are known."""

from __future__ import annotations

import base64
import hashlib
import sys
from pathlib import Path

import pytest
from index_fakes import write

from soothsay_index.runtime.environment import locate_environment, read_environment
from soothsay_languages.environment import IN_PLACE, Environment, LocatedEnvironment
from soothsay_languages.python.environment.packages import plain_version
from soothsay_languages.python.environment.tools import poetry_name
from soothsay_languages.python.sources.installed import PythonEnvironment

SITE = "lib/python3.12/site-packages"


def make_venv(folder: Path, package: str = "oats") -> Path:
    """Make a virtual environment with one package; return its folder."""
    write(
        folder,
        {
            "pyvenv.cfg": "home = /usr/bin\nversion = 3.12.4\n",
            "bin/python3": "#!/bin/sh\nexit 1\n",
            f"{SITE}/{package}/__init__.py": "",
            f"{SITE}/{package}-1.5.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.5\n",
            f"{SITE}/{package}-1.5.dist-info/RECORD": f"{package}/__init__.py,,\n",
        },
    )
    return folder


def located(folder: Path, environ: dict[str, str] | None = None, given: str = "") -> LocatedEnvironment:
    folder.mkdir(parents=True, exist_ok=True)
    return locate_environment(folder, given, environ or {})


def found(folder: Path, environ: dict[str, str] | None = None) -> Path | None:
    return located(folder, environ).folder


def read(folder: Path, environ: dict[str, str] | None = None) -> Environment:
    return read_environment(located(folder, environ))


# -- in the project --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [".venv", "venv", "env", ".virtualenv", "my env"])
def test_an_environment_in_the_folder_is_found_by_any_name(tmp_path: Path, name: str) -> None:
    write(tmp_path, {".git/config": "", "src/a.py": ""})
    venv = make_venv(tmp_path / name)
    assert found(tmp_path) == venv and found(tmp_path / "src") == venv


def test_a_conda_environment_in_the_folder_is_found(tmp_path: Path) -> None:
    write(tmp_path, {".conda/conda-meta/python-3.12.1-h1_0.json": "", f".conda/{SITE}/oats.py": ""})
    assert found(tmp_path) == tmp_path / ".conda"


def test_each_package_of_a_repository_has_the_environment_that_is_nearest(tmp_path: Path) -> None:
    write(tmp_path, {".git/config": "", "packages/c/pyproject.toml": ""})
    root, a, b = (
        make_venv(tmp_path / each / ".venv", name)
        for each, name in (("", "rye"), ("packages/a", "oats"), ("packages/b", "barley"))
    )
    assert found(tmp_path / "packages" / "a" / "src") == a
    assert found(tmp_path / "packages" / "b") == b
    assert found(tmp_path / "packages" / "c") == root and found(tmp_path / "packages") == root
    environ = {"VIRTUAL_ENV": str(root)}
    assert found(tmp_path / "packages" / "a", environ) == a, "the active one is that of the repository"
    assert found(tmp_path, environ) == root
    assert "barley" in read(tmp_path / "packages" / "b").packages


@pytest.mark.parametrize("text", ["{venv}", "{venv}\n", "../kept/one", "one"])
def test_a_file_called_venv_names_the_environment(tmp_path: Path, text: str) -> None:
    venv = make_venv(tmp_path / "kept" / "one")
    write(tmp_path / "shop", {".venv": text.format(venv=venv)})
    origin = located(tmp_path / "shop", {"WORKON_HOME": str(tmp_path / "kept")})
    assert origin.folder is not None and origin.folder.resolve() == venv
    assert origin.origin == str(tmp_path / "shop" / ".venv")


@pytest.mark.parametrize(
    "text", ["", "\n", "no/such", "//server/share", "\\\\server\\share", "a\0b", "~nobody"]
)
def test_a_file_called_venv_that_names_nothing_is_passed_over(tmp_path: Path, text: str) -> None:
    write(tmp_path, {".venv": text})
    venv = make_venv(tmp_path / "venv")
    assert found(tmp_path) == venv


@pytest.mark.skipif(sys.platform == "win32", reason="scripts as POSIX has them")
def test_what_a_file_of_the_workspace_names_is_not_run(tmp_path: Path) -> None:
    trap = tmp_path / "elsewhere" / "bin" / "python3"
    write(tmp_path / "elsewhere", {"bin/python3": '#!/bin/sh\necho run >> "$0.run"\n'})
    trap.chmod(0o755)
    write(tmp_path / "shop", {".venv": str(trap.parent.parent), ".pdm-python": str(trap), "Pipfile": ""})
    own = make_venv(tmp_path / "shop" / "venv")
    assert found(tmp_path / "shop") == own
    assert read(tmp_path / "shop").packages and not Path(f"{trap}.run").exists()


# -- what was activated ----------------------------------------------------------------------------------------


def test_an_activated_conda_environment_is_used(tmp_path: Path) -> None:
    conda = tmp_path / "conda" / "envs" / "shop"
    write(conda, {"conda-meta/python-3.12.1-h1_0.json": "", f"{SITE}/oats.py": ""})
    environ = {"CONDA_PREFIX": str(conda), "CONDA_DEFAULT_ENV": "shop"}
    found_there = located(tmp_path / "shop", environ)
    assert (found_there.folder, found_there.origin) == (conda, "CONDA_PREFIX")
    assert not found_there.is_default
    virtual = make_venv(tmp_path / "virtual")
    assert found(tmp_path / "shop", {**environ, "VIRTUAL_ENV": str(virtual)}) == virtual


def test_condas_base_environment_comes_after_the_projects(tmp_path: Path) -> None:
    base = tmp_path / "conda"
    write(base, {"conda-meta/python-3.12.1-h1_0.json": "", f"{SITE}/oats.py": ""})
    environ = {"CONDA_PREFIX": str(base), "CONDA_DEFAULT_ENV": "base"}
    assert found(tmp_path / "shop", environ) == base
    own = make_venv(tmp_path / "shop" / ".venv")
    assert found(tmp_path / "shop", environ) == own


def test_the_configured_interpreter_wins_over_everything(tmp_path: Path) -> None:
    mine = make_venv(tmp_path / "mine")
    make_venv(tmp_path / "shop" / ".venv")
    environ = {"VIRTUAL_ENV": str(make_venv(tmp_path / "active"))}
    chosen = located(tmp_path / "shop", environ, str(mine))
    assert (chosen.folder, chosen.origin) == (mine, "the settings")


def test_only_the_systems_interpreter_is_a_default(tmp_path: Path) -> None:
    python = tmp_path / "usr" / "bin" / "python3"
    write(tmp_path / "usr", {"bin/python3": "#!/bin/sh\n"})
    python.chmod(0o755)
    alone = located(tmp_path / "shop", {"PATH": str(python.parent)})
    assert (alone.interpreter, alone.origin, alone.is_default) == (python, "PATH", True)


# -- what tools keep elsewhere ---------------------------------------------------------------------------------


def test_pipenv_keeps_an_environment_with_the_path_of_its_project(tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    write(shop, {"Pipfile": "", "src/a.py": ""})
    home = tmp_path / "home"
    make_venv(home / ".local/share/virtualenvs/other-AbCdEfGh", "rye")
    venv = make_venv(home / ".local/share/virtualenvs/shop-AbCdEfGh")
    write(home, {".local/share/virtualenvs/other-AbCdEfGh/.project": str(tmp_path / "other")})
    (venv / ".project").write_text(f"{shop}\n")
    if sys.platform != "win32":
        assert found(shop, {"HOME": str(home)}) == venv
    elsewhere = make_venv(tmp_path / "kept" / "shop-1")
    (elsewhere / ".project").write_text(str(shop))
    assert found(shop, {"HOME": str(home), "WORKON_HOME": str(tmp_path / "kept")}) == elsewhere


def test_poetry_keeps_environments_by_the_name_of_the_project(tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    write(shop, {"pyproject.toml": '[tool.poetry]\nname = "Corner Shop"\n', ".git/config": ""})
    cache = tmp_path / "cache"
    prefix = poetry_name("Corner Shop", shop)
    assert prefix.startswith("corner_shop-") and len(prefix) == len("corner_shop-") + 8
    older, newer = (make_venv(cache / "virtualenvs" / f"{prefix}-py3.{minor}") for minor in (9, 12))
    environ = {"POETRY_CACHE_DIR": str(cache)}
    assert found(shop, environ) == newer
    write(cache, {"virtualenvs/envs.toml": f'["{prefix}"]\nminor = "3.9"\npatch = "3.9.1"\n'})
    assert found(shop, environ) == older, "the one that was chosen"
    in_settings = make_venv(tmp_path / "mine" / f"{prefix}-py3.11")
    write(shop, {"poetry.toml": f"[virtualenvs]\npath = {str(in_settings.parent)!r}\n"})
    assert found(shop, environ) == in_settings
    write(tmp_path / "plain", {"pyproject.toml": '[project]\nname = "corner-shop"\n'})
    own = make_venv(tmp_path / "plain" / ".venv")
    assert found(tmp_path / "plain", environ) == own, "no project of Poetry's"


def test_uv_pdm_and_pyenv_say_where_an_environment_is(tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    write(shop, {"pyproject.toml": "[project]\n"})
    by_pyenv = make_venv(tmp_path / "pyenv" / "versions" / "shop-3.12")
    write(shop, {".python-version": "shop-3.12\n"})
    environ = {"PYENV_ROOT": str(tmp_path / "pyenv")}
    assert found(shop, environ) == by_pyenv
    by_pdm = make_venv(tmp_path / "pdm" / "one")
    write(shop, {".pdm-python": str(by_pdm / "bin" / "python3")})
    assert found(shop, environ) == by_pdm
    by_uv = make_venv(shop / "build" / "env")
    assert found(shop, {**environ, "UV_PROJECT_ENVIRONMENT": "build/env"}) == by_uv


def test_hatch_pixi_and_conda_say_where_an_environment_is(tmp_path: Path) -> None:
    shop, home = tmp_path / "shop", tmp_path / "home"
    write(shop, {"pyproject.toml": '[project]\nname = "Corner_Shop"\n'})
    digest = base64.urlsafe_b64encode(hashlib.sha256(str(shop).encode()).digest()).decode()[:8]
    environ = {"HOME": str(home), "HATCH_DATA_DIR": str(tmp_path / "hatch")}
    named = make_venv(tmp_path / "conda" / "envs" / "shop")
    make_venv(tmp_path / "conda" / "envs" / "other")
    listed = "".join(f"{path}\n" for path in sorted((tmp_path / "conda" / "envs").iterdir()))
    write(home, {".conda/environments.txt": listed})
    write(shop, {"environment.yml": "# ours\nname: shop  # short\nchannels:\n  - name: other\n"})
    assert found(shop, environ) == named
    by_pixi = make_venv(shop / ".pixi" / "envs" / "default")
    make_venv(shop / ".pixi" / "envs" / "a-test")
    assert found(shop, environ) == by_pixi
    kept = tmp_path / "hatch" / "env" / "virtual" / "corner-shop" / digest
    make_venv(kept / "a-test")
    by_hatch = make_venv(kept / "corner-shop")
    assert found(shop, environ) == by_hatch


@pytest.mark.parametrize("name", ["../../evil", "/etc", "..", "a/../b", "3.12.1 # pinned"])
def test_a_name_for_pyenv_is_a_name(tmp_path: Path, name: str) -> None:
    make_venv(tmp_path / "evil")
    write(tmp_path / "shop", {".python-version": name})
    own = make_venv(tmp_path / "shop" / "zz")  # by any other name, it comes first anyway
    assert found(tmp_path / "shop", {"PYENV_ROOT": str(tmp_path / "pyenv")}) == own


# -- editable installs -----------------------------------------------------------------------------------------


def install_editable(venv: Path, name: str, files: dict[str, str]) -> None:
    """Put the metadata of an editable install into ``venv``, with ``files`` of its own in the folder of packages."""
    info = f"{name}-2.0.dist-info"
    record = "".join(f"{file},,\n" for file in files) + f"{info}/METADATA,,\n"
    write(
        venv / SITE,
        {
            **files,
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 2.0\n",
            f"{info}/RECORD": record,
        },
    )


@pytest.mark.parametrize("layout", ["path", "mapping", "address", "egg", "bare"])
def test_editable_installs_are_known(tmp_path: Path, layout: str) -> None:
    code = tmp_path / "mill"
    write(
        code, {"src/mill/__init__.py": "def grind(): ...\n", "src/mill/stone.py": "", "tests/__init__.py": ""}
    )
    venv = make_venv(tmp_path / "shop" / ".venv")
    source = code / "src"
    if layout == "path":
        install_editable(venv, "flour-mill", {"_flour_mill.pth": f"{source}\n"})
    elif layout == "mapping":
        finder = f"from x import y\nMAPPING: dict[str, str] = {{'mill': {str(source / 'mill')!r}}}\nNAMESPACES = {{}}\n"
        start = "import __editable___flour_mill_2_0_finder; __editable___flour_mill_2_0_finder.install()"
        files = {"__editable___flour_mill_2_0_finder.py": finder, "__editable__.flour_mill-2.0.pth": start}
        install_editable(venv, "flour-mill", files)
    elif layout == "address":
        install_editable(venv, "flour-mill", {})
        address = f'{{"dir_info": {{"editable": true}}, "url": "{code.as_uri()}"}}'
        write(venv / SITE, {"flour-mill-2.0.dist-info/direct_url.json": address})
    elif layout == "egg":
        write(venv / SITE, {"easy-install.pth": f"{source}\n"})
        facts = "Metadata-Version: 2.1\nName: flour-mill\nVersion: 2.0\n"
        write(source, {"flour_mill.egg-info/PKG-INFO": facts, "flour_mill.egg-info/top_level.txt": "mill\n"})
    else:
        write(venv / SITE, {"mine.pth": f"{source}\n"})
    mill = read(tmp_path / "shop").package_of("mill.stone")
    assert mill is not None and mill.folder == source
    expected = ("mill", "0") if layout == "bare" else ("flour-mill", "2.0")
    assert (mill.package, plain_version(mill.version)) == expected
    assert "tests" not in read(tmp_path / "shop").packages
    assert "oats" in read(tmp_path / "shop").packages


def test_an_editable_install_is_read_again_when_its_code_has_changed(tmp_path: Path) -> None:
    source = tmp_path / "mill"
    write(source, {"mill/__init__.py": "def weigh(): ...\n", "mill/stone/__init__.py": ""})
    venv = make_venv(tmp_path / "shop" / ".venv")
    install_editable(venv, "mill", {"mill.pth": str(source)})
    source_of = PythonEnvironment(read(tmp_path / "shop"))
    release = source_of.release_of("mill")
    assert release is not None and IN_PLACE in release.key
    assert {symbol.version for symbol in source_of.harvest(release).symbols} == {"2.0"}, "as it is shown"
    before = read(tmp_path / "shop").packages["mill"].version
    assert read(tmp_path / "shop").packages["mill"].version == before
    write(source, {"mill/stone/__init__.py": "def grind(): ...\n"})
    assert read(tmp_path / "shop").packages["mill"].version != before


def test_the_project_itself_is_not_one_of_its_packages(tmp_path: Path) -> None:
    write(tmp_path, {"shop/src/shop/__init__.py": "", "mill/mill/__init__.py": "", ".git/config": ""})
    venv = make_venv(tmp_path / "shop" / ".venv")
    install_editable(venv, "shop", {"shop.pth": str(tmp_path / "shop" / "src")})
    install_editable(venv, "mill", {"mill.pth": str(tmp_path / "mill")})
    assert set(read(tmp_path / "shop").packages) == {"oats", "mill"}


@pytest.mark.parametrize(
    "finder",
    ["MAPPING = open('x')", "MAPPING = {1: 2, 'a': 3, 'b': 'relative'}", "MAPPING = [", "", "MAPPING = ()"],
)
def test_a_mapping_that_is_no_literal_is_not_read(tmp_path: Path, finder: str) -> None:
    venv = make_venv(tmp_path / "shop" / ".venv")
    install_editable(venv, "mill", {"__editable___mill_finder.py": finder})
    assert set(read(tmp_path / "shop").packages) == {"oats"}
