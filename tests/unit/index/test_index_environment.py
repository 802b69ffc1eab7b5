import logging
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from index_fakes import write

from soothsay_index.errors import SoothsayIndexError
from soothsay_index.runtime.environment import locate_environment, logged, read_environment
from soothsay_languages.environment import Environment, EnvironmentNotFoundError
from soothsay_languages.python.environment import ownership
from soothsay_languages.python.environment.finder import read_interpreter
from soothsay_languages.python.environment.layout import read_layout
from soothsay_languages.python.environment.packages import installed_packages

CFG = "home = /usr/bin\nimplementation = CPython\nversion_info = 3.12.4.final.0\n"
posix = pytest.mark.skipif(sys.platform == "win32", reason="scripts and links as POSIX has them")


def fake_python(folder: Path) -> Path:
    """An interpreter that leaves a mark beside itself when it is run."""
    python = folder / "bin" / "python3"
    python.parent.mkdir(parents=True, exist_ok=True)
    python.write_text('#!/bin/sh\necho run >> "$0.run"\n')
    python.chmod(0o755)
    return python


def fake_venv(folder: Path, settings: str = CFG, library: str = "lib/python3.12") -> Path:
    """A virtual environment with one package."""
    write(
        folder,
        {
            "pyvenv.cfg": settings,
            f"{library}/site-packages/oats/__init__.py": "",
            f"{library}/site-packages/oats-1.5.dist-info/METADATA": "Metadata-Version: 2.1\nName: oats\nVersion: 1.5\n",
            f"{library}/site-packages/oats-1.5.dist-info/RECORD": "oats/__init__.py,,\n",
        },
    )
    return fake_python(folder)


def find_interpreter(
    folder: Path, given: Path | str | None, environ: Mapping[str, str] | None = None
) -> Path:
    return logged(locate_environment(folder, given, environ)).interpreter


def find_environment(
    folder: Path, given: Path | str | None, environ: Mapping[str, str] | None = None
) -> Environment:
    return read_environment(locate_environment(folder, given, environ))


def was_run(python: Path) -> bool:
    return Path(f"{python}.run").exists()


# -- which one it is -------------------------------------------------------------------------------------------


def test_the_configured_interpreter_wins(tmp_path):
    mine = fake_venv(tmp_path / "mine")
    fake_venv(tmp_path / ".venv")
    assert find_interpreter(tmp_path, mine, {"VIRTUAL_ENV": str(tmp_path / ".venv")}) == mine
    assert find_interpreter(tmp_path, "mine", {}) == mine  # a folder, relative to the workspace


def test_then_virtual_env_then_the_workspace_then_its_parents_then_the_path(tmp_path):
    active = fake_venv(tmp_path / "active")
    outer = fake_venv(tmp_path / "repo" / ".venv")
    write(tmp_path / "repo", {"pyproject.toml": ""})
    inner = tmp_path / "repo" / "packages" / "one"
    inner.mkdir(parents=True)
    assert find_interpreter(inner, None, {"VIRTUAL_ENV": str(tmp_path / "active")}) == active
    assert find_interpreter(inner, None, {}) == outer
    own = fake_venv(inner / "venv")
    assert find_interpreter(inner, None, {}) == own


@posix
def test_the_search_ends_at_the_project(tmp_path):
    fake_venv(tmp_path / ".venv")
    on_path = {"PATH": str(fake_python(tmp_path / "usr").parent)}
    for mark in (".git", ".hg", "pyproject.toml", "setup.py", "setup.cfg", "requirements.txt"):
        project = tmp_path / f"with{mark}"
        write(project, {f"{mark}": "", "src/a.py": ""})
        assert find_interpreter(project, None, on_path) == tmp_path / "usr" / "bin" / "python3"
        own = fake_venv(project / ".venv")
        assert find_interpreter(project / "src", None, on_path) == own


@posix
def test_without_a_project_only_the_workspace_is_looked_at(tmp_path):
    fake_venv(tmp_path / "a" / ".venv")
    on_path = fake_python(tmp_path / "usr")
    (tmp_path / "a" / "b").mkdir()
    assert find_interpreter(tmp_path / "a" / "b", None, {"PATH": str(on_path.parent)}) == on_path


@posix
def test_the_home_folder_is_no_project(tmp_path):
    home = tmp_path / "home"
    write(home, {".git/config": "", "work/a.py": ""})  # people keep their settings in git
    in_home = fake_venv(home / ".venv")
    on_path = fake_python(home / "bin")
    environ = {"HOME": str(home), "PATH": str(on_path.parent)}
    assert find_interpreter(home / "work", None, environ) == on_path
    write(tmp_path, {".git/config": ""})
    assert find_interpreter(home / "work", None, environ) == on_path
    assert find_interpreter(home, None, environ) == in_home, "unless it is the workspace"


@posix
def test_folders_of_the_path_that_a_workspace_decides_about_are_passed_over(tmp_path, monkeypatch):
    workspace = tmp_path / "workspace"
    trap = fake_python(workspace)
    write(workspace, {"pyproject.toml": "", "inner/a.py": ""})
    fake_python(workspace / "inner")
    (tmp_path / "link").symlink_to(workspace / "bin")
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "python3").symlink_to(trap)
    good = fake_python(tmp_path / "usr")
    (workspace / "outside").symlink_to(good.parent)
    (workspace / "hop").symlink_to(good)
    (tmp_path / "hops").mkdir()
    (tmp_path / "hops" / "python3").symlink_to(workspace / "hop")
    monkeypatch.chdir(workspace)
    entries = [
        "", ".", "bin", str(trap.parent), str(tmp_path / "link"), str(tmp_path / "links"),
        str(workspace / "outside"), str(tmp_path / "hops"), str(good.parent),
    ]  # fmt: skip
    for here in (workspace, workspace / "inner"):
        assert find_interpreter(here, None, {"PATH": os.pathsep.join(entries)}) == good


@posix
def test_what_lies_in_the_workspace_is_not_run_though_it_is_configured(tmp_path):
    write(tmp_path, {".git/config": "", "inner/pyproject.toml": ""})
    trap = fake_python(tmp_path / "tools")
    for workspace, given in (
        (tmp_path, "tools/bin/python3"),
        (tmp_path / "inner", trap),
        (tmp_path, "tools"),
    ):
        with pytest.raises(SoothsayIndexError, match=r"not run: configure|does not exist"):
            find_environment(workspace, given, {})
    assert not was_run(trap)


@posix
def test_a_name_is_looked_for_on_the_path(tmp_path):
    workspace = tmp_path / "workspace"
    write(workspace, {"python3": "#!/bin/sh\n"})
    (workspace / "python3").chmod(0o755)
    good = fake_python(tmp_path / "usr")
    assert find_interpreter(workspace, "python3", {"PATH": str(good.parent)}) == good


def test_a_missing_or_broken_interpreter_is_one_clear_line(tmp_path):
    for given in ("/no/such/python", "no/such/python", "no-such-python"):
        with pytest.raises(SoothsayIndexError, match="does not exist: correct the setting"):
            find_interpreter(tmp_path, given, {})
    with pytest.raises(EnvironmentNotFoundError) as caught:
        read_interpreter(fake_python(tmp_path / "x"))
    assert "\n" not in str(caught.value)


@posix
def test_a_slow_interpreter_is_given_up(tmp_path):
    python = fake_python(tmp_path / "slow")
    python.write_text("#!/bin/sh\nexec sleep 5\n")
    with pytest.raises(EnvironmentNotFoundError, match="did not answer"):
        read_interpreter(python, timeout=0.2)


# -- whose it is -----------------------------------------------------------------------------------------------


@posix
def test_an_environment_of_another_user_is_not_used(tmp_path, monkeypatch, caplog):
    theirs = tmp_path / ".venv"
    fake_venv(theirs)
    on_path = fake_python(tmp_path.parent / f"{tmp_path.name}-usr")
    for path in (theirs, theirs / "pyvenv.cfg"):
        monkeypatch.setattr(ownership, "owner_of", lambda each, path=path: 54321 if each == path else 0)
        environ = {"PATH": str(on_path.parent), "VIRTUAL_ENV": str(theirs)}
        with caplog.at_level(logging.WARNING):
            assert find_interpreter(tmp_path, None, environ) == on_path
        assert "belongs to user 54321 and is not used" in caplog.text
        assert locate_environment(tmp_path, None, environ).refused
        with pytest.raises(SoothsayIndexError, match=r"belongs to user 54321 .* make one of your own"):
            find_environment(tmp_path, theirs, {})
    monkeypatch.setattr(ownership, "owner_of", lambda _: os.geteuid())
    assert find_interpreter(tmp_path, None, {}) == theirs / "bin" / "python3"


# -- what it has -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("library", ["lib/python3.12", "lib64/python3.12", "lib/pypy3.12", "Lib"])
def test_an_environment_is_read_and_not_run(tmp_path, library):
    python = fake_venv(tmp_path / ".venv", library=library)
    environment = find_environment(tmp_path, None, {})
    assert environment.interpreter == python and environment.version == "3.12.4"
    assert environment.package_folders == (tmp_path / ".venv" / library / "site-packages",)
    oats = environment.package_of("oats")
    assert oats is not None and oats.version == "1.5"
    json = environment.package_of("json.decoder")
    assert json is not None and json.package == "python" and json.version == "3.12.4"
    assert environment.fingerprint
    assert not was_run(python)


def test_what_windows_calls_an_environment(tmp_path):
    write(tmp_path / "python312", {"Lib/os.py": "", "Lib/site-packages/pip.py": "", "python.exe": ""})
    fake = tmp_path / ".venv"
    fake_venv(fake, f"home = {tmp_path / 'python312'}\nversion = 3.12.1\n", "Lib")
    (fake / "bin" / "python3").unlink()
    write(fake, {"Scripts/python.exe": ""})
    assert find_interpreter(tmp_path, None, {}) == fake / "Scripts" / "python.exe"
    found = read_layout(fake)
    assert (found.version, found.stdlib) == ("3.12.1", tmp_path / "python312" / "Lib")
    assert found.site_packages == (fake / "Lib" / "site-packages",)


def test_what_conda_calls_an_environment(tmp_path):
    write(
        tmp_path,
        {
            "unix/conda-meta/python-3.11.9-h955ad1f_0.json": "",
            "unix/lib/python3.11/os.py": "",
            "unix/lib/python3.11/site-packages/oats.py": "",
            "windows/conda-meta/history": "",
            "windows/python310.dll": "",
            "windows/python.exe": "",
            "windows/Lib/os.py": "",
            "windows/Lib/site-packages/oats.py": "",
            "bare/lib/python3.9/site-packages/oats.py": "",
            "bare/lib/python3.10/site-packages/oats.py": "",
        },
    )
    trap = fake_python(tmp_path / "unix")
    assert find_environment(tmp_path, trap, {}).version == "3.11.9"
    assert not was_run(trap)
    assert read_layout(tmp_path / "unix").stdlib == tmp_path / "unix/lib/python3.11"
    windows = find_environment(tmp_path, "windows", {})
    assert (windows.interpreter, windows.version) == (tmp_path / "windows" / "python.exe", "3.10")
    assert (windows.library, *windows.package_folders) == (
        tmp_path / "windows/Lib",
        tmp_path / "windows/Lib/site-packages",
    )
    bare = find_environment(tmp_path, "bare", {})
    assert bare.version == "3.10" and bare.package_folders == (
        tmp_path / "bare/lib/python3.10/site-packages",
    )


@posix
def test_the_base_is_found_by_its_home(tmp_path):
    write(
        tmp_path,
        {
            "usr/lib/python3.12/os.py": "",
            "usr/lib/python3.12/site-packages/a.py": "",
            "usr/lib/python3/dist-packages/b.py": "",
            "usr/local/lib/python3.12/dist-packages/c.py": "",
            "usr/lib/python3.11/site-packages/other.py": "",
        },
    )
    fake_python(tmp_path / "usr")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python3").symlink_to(tmp_path / "usr" / "bin" / "python3")
    venv = tmp_path / "venv"
    settings = f"home = {tmp_path / 'bin'}\nversion = 3.12.4\ninclude-system-site-packages = "
    fake_venv(venv, f"{settings}false")
    (venv / "lib64").symlink_to("lib")
    own = venv / "lib/python3.12/site-packages"
    assert read_layout(venv).stdlib == tmp_path / "usr/lib/python3.12"
    assert read_layout(venv).site_packages == (own,), "lib64 is the same folder"
    fake_venv(venv, f"{settings}True")
    assert read_layout(venv).site_packages == (
        own,
        tmp_path / "usr/lib/python3.12/site-packages",
        tmp_path / "usr/local/lib/python3.12/dist-packages",
        tmp_path / "usr/lib/python3/dist-packages",
    )


def test_path_files_are_read_and_not_run(tmp_path):
    venv = tmp_path / "venv"
    fake_venv(venv)
    site = venv / "lib/python3.12/site-packages"
    write(
        site,
        {
            "evil.pth": f"import os; open({str(tmp_path / 'marker')!r}, 'w')\n",
            "linked.pth": f"# shared\n{tmp_path / 'shared/site-packages'}\n../../../more/dist-packages\n{tmp_path}\n/no\0\n",
            "weights.pth": "x" * 200_000,
            "hashes.pth": "//evil.example/share/site-packages\n\\\\evil.example\\site-packages\n",
        },
    )
    write(tmp_path, {"shared/site-packages/a.py": "", "venv/more/dist-packages/b.py": ""})
    found = [path.resolve() for path in read_layout(venv).site_packages]
    assert found == [site, tmp_path / "shared/site-packages", venv / "more/dist-packages"]
    assert not (tmp_path / "marker").exists()


@posix
def test_nothing_is_needed_of_an_environment_but_its_packages(tmp_path):
    python = fake_venv(tmp_path / ".venv", settings="")
    python.unlink()
    python.symlink_to("/no/such/python3.12")
    environment = find_environment(tmp_path, None, {})
    assert environment.interpreter == python and environment.version == "3.12"
    assert environment.package_of("oats")
    assert find_interpreter(tmp_path, python, {}) == python
    python.unlink()
    assert find_environment(tmp_path, tmp_path / ".venv", {}).interpreter == python


def test_a_folder_that_is_no_environment_is_none(tmp_path):
    write(tmp_path, {".venv/notes.txt": "", "venv/lib/python3.10/site-packages/a.py": ""})
    assert find_environment(tmp_path, None, {}).version == "3.10"
    with pytest.raises(SoothsayIndexError, match="does not exist: correct the setting"):
        find_interpreter(tmp_path, tmp_path / ".venv", {})


def test_a_virtual_environment_reads_as_it_says_of_itself(tmp_path):
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "env"], check=True)
    (site,) = (path for path in tmp_path.glob("env/[lL]ib/**/site-packages"))
    write(site, {"oats.py": ""})
    python = find_interpreter(tmp_path, "env", {})
    code = "import sys, sysconfig; print(sys.version.split()[0], sysconfig.get_path('stdlib'), sep='\\n')"
    told = subprocess.run([python, "-I", "-c", code], check=True, capture_output=True, text=True)
    version, stdlib = told.stdout.splitlines()
    read = read_interpreter(python)
    assert read.version == version.rstrip("+") and read.library.resolve() == Path(stdlib).resolve()
    assert read.package_folders == (site,)


def test_the_real_interpreter(tmp_path):
    environment = find_environment(tmp_path, sys.executable)
    assert environment.version.startswith("3.")
    numpy = environment.package_of("numpy")
    assert numpy is not None and numpy.package == "numpy" and numpy.version
    json = environment.package_of("json.decoder")
    assert json is not None and json.package == "python"
    assert environment.package_of("no_such_package") is None


def test_an_interpreter_without_an_environment_is_asked(tmp_path):
    base = Path(getattr(sys, "_base_executable", sys.executable))
    environment = read_interpreter(base)
    assert environment.version == sys.version.split()[0].rstrip("+")
    assert (environment.library / "os.py").is_file()


def test_import_names_come_from_the_metadata(site):
    found = installed_packages((site,))
    assert found["shapes"].version == "1.2"
    assert found["botocore"].package == "botocore"


def test_only_what_can_be_imported_is_an_import_name(tmp_path: Path):
    write(
        tmp_path,
        {
            "oats-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: oats\nVersion: 1.0\n",
            "oats-1.0.dist-info/RECORD": (
                "oats/__init__.py,,\noat.py,,\n_oat.cpython-312-x86_64-linux-gnu.so,,\n"
                "dist/oats.py,,\nlib/liboats.so,,\n"
            ),
            "oats/__init__.py": "",
            "oat.py": "",
            "_oat.cpython-312-x86_64-linux-gnu.so": "",
            "lib/liboats.so": "",
        },
    )
    assert sorted(installed_packages((tmp_path,))) == ["_oat", "oat", "oats"]
