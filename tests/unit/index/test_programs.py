"""Which programs are run for their help texts, how, how often, and what the index knows then."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
from index_fakes import write

from soothsay_index.build.process_pool import open_single_thread
from soothsay_index.build.programs import ProgramSync
from soothsay_index.progress import ignore_progress
from soothsay_index.runtime.boundaries import Boundaries, boundaries_of
from soothsay_index.runtime.help_runs import RunPlace, TooSlowError, print_help, subcommands_to_ask
from soothsay_index.runtime.programs import PROGRAMS, Program, find_program, may_run, safe_path
from soothsay_index.sources.base import Used
from soothsay_index.store.store import Store
from soothsay_index.worker.client import IndexClient
from soothsay_index.worker.local import LocalIndex
from soothsay_languages.python.environment.start_up import start_up_paths
from soothsay_languages.shared_names import owner_of_command

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="programs as POSIX has them")

PLACE = os.defpath + os.pathsep + "/usr/bin"  # where the system's own programs are


def program(path: Path, text: str = "") -> Path:
    """A script that notes that it was run, and prints ``text``; run by an interpreter that is no shell."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f"#!{Path(sys.executable).resolve()}\nimport sys\n"
        f"open({str(path.with_suffix('.run'))!r}, 'a').write(' '.join(sys.argv[1:]) + '\\n')\n{text}"
    )
    path.chmod(0o755)
    return path


def runs(path: Path) -> list[str]:
    """The arguments of each run of a `program`."""
    noted = path.with_suffix(".run")
    return noted.read_text().splitlines() if noted.exists() else []


HELPFUL = """
if sys.argv[1:] == ['--version']: print('pip 9.8.7')
elif sys.argv[1:] == ['--help']: print('Usage: pip <command>\\n\\nCommands:\\n  install  Install.\\n  help  Help.\\n\\nOptions:\\n  --quiet  Less.')
else: print('Usage: pip install [options]\\n\\nOptions:\\n  -r, --requirement <file>  From a file.')
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A workspace that calls programs in each kind of file."""
    folder = tmp_path / "shop"
    write(
        folder,
        {
            ".git/HEAD": "",
            "Makefile": "all:\n\t@git commit -m x && $(TOOL) --x\n",
            "run.sh": "tar -xf x | grep -q y\nevil --x\n./make\n",
            ".github/workflows/ci.yml": "jobs:\n  - run: |\n      sudo pip install -r x\n",
            "Dockerfile": "FROM x\nRUN curl -s x\n",
            "app.py": "print('docker run')\n",
        },
    )
    return folder


def boundaries(folder: Path) -> Boundaries:
    return boundaries_of(folder, {"HOME": "/nowhere"})


# -- which are run -------------------------------------------------------------------------------------------------


def test_a_program_is_found_where_the_system_has_it(shop: Path) -> None:
    found = find_program("tar", {"PATH": PLACE}, boundaries(shop))
    assert found is not None and found.is_absolute()


def test_what_is_not_on_the_list_is_not_found(shop: Path, tmp_path: Path) -> None:
    evil = program(tmp_path / "bin" / "evil")
    assert find_program("evil", {"PATH": str(evil.parent)}, boundaries(shop)) is None


@pytest.mark.parametrize("place", [".", "bin", ".venv/bin", "node_modules/.bin", "sub/venv/bin"])
def test_no_program_of_the_workspace_is_found(shop: Path, place: str) -> None:
    git = program(shop / place / "git")
    environ = {"PATH": os.pathsep.join((str(git.parent), PLACE))}
    found = find_program("git", environ, boundaries(shop))
    assert found is not None and not found.resolve().is_relative_to(shop)
    assert str(shop) not in safe_path(environ, boundaries(shop))


def test_no_program_of_a_relative_folder_is_found(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(shop / "git")
    monkeypatch.chdir(shop)
    for entry in (".", "", "bin", "../shop"):
        assert find_program("git", {"PATH": entry}, boundaries(shop)) is None
        assert safe_path({"PATH": entry}, boundaries(shop)) == ""


def test_a_link_into_the_workspace_is_not_followed(shop: Path, tmp_path: Path) -> None:
    git = program(shop / "tools" / "git")
    link = tmp_path / "bin" / "git"
    link.parent.mkdir()
    link.symlink_to(git)
    assert find_program("git", {"PATH": str(link.parent)}, boundaries(shop)) is None


def test_a_script_that_the_workspace_runs_is_not_run(shop: Path, tmp_path: Path) -> None:
    python = program(shop / ".venv" / "bin" / "python")
    pip = tmp_path / "bin" / "pip"
    write(tmp_path / "bin", {"pip": f"#!{python}\n"})
    pip.chmod(0o755)
    assert not may_run(pip, {}, boundaries(shop))
    pip.write_text("#!/usr/bin/env -S python\n")
    assert not may_run(pip, {"PATH": str(python.parent)}, boundaries(shop))
    pip.write_text("#!python\n")
    assert not may_run(pip, {"PATH": ""}, boundaries(shop))


@pytest.mark.parametrize("first", ["#!/bin/sh", "#!/usr/bin/env bash", "#!/bin/bash -e"])
def test_of_a_shell_script_it_is_not_known_what_it_runs(shop: Path, tmp_path: Path, first: str) -> None:
    git = tmp_path / "bin" / "git"
    write(tmp_path / "bin", {"git": f"{first}\nexec {shop}/git\n"})
    git.chmod(0o755)
    assert not may_run(git, {"PATH": PLACE}, boundaries(shop))


@pytest.mark.parametrize("place", ["file", "folder"])
def test_what_others_may_write_is_not_run(shop: Path, tmp_path: Path, place: str) -> None:
    git = program(tmp_path / "bin" / "git")
    assert may_run(git, {"PATH": ""}, boundaries(shop))
    open_to_all = git if place == "file" else git.parent
    open_to_all.chmod(open_to_all.stat().st_mode | stat.S_IWOTH)
    assert not may_run(git, {"PATH": ""}, boundaries(shop))
    if place == "folder":
        assert safe_path({"PATH": str(git.parent)}, boundaries(shop)) == ""


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away")
def test_what_another_user_owns_is_not_run(shop: Path, tmp_path: Path) -> None:
    git = program(tmp_path / "bin" / "git")
    os.chown(git, 12345, 12345)
    assert not may_run(git, {"PATH": ""}, boundaries(shop))


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("shop.pth", "{shop}/src\n"),
        ("easy-install.pth", "import x; x.y()\n{shop}\n"),
        ("shop.egg-link", "{shop}\n.\n"),
        ("__editable___shop_finder.py", "MAPPING = {{'shop': '{shop}/src/shop'}}\n"),
    ],
)
def test_a_script_of_a_python_that_imports_the_workspace_is_not_run(
    shop: Path, tmp_path: Path, file: str, text: str
) -> None:
    """Its plug-ins, and what it tries to import, may be code of the workspace."""
    python = tmp_path / "env" / "bin" / "python3"
    write(tmp_path / "env", {"bin/python3": "\x7fELF", "bin/pip": f"#!{python}\n"})
    for made in ("python3", "pip"):
        (python.parent / made).chmod(0o755)
    packages = tmp_path / "env" / "lib" / "python3.12" / "site-packages"
    write(packages, {"other.pth": "/somewhere/else\n"})
    assert list(start_up_paths(python)) == [Path("/somewhere/else")]
    assert may_run(python.parent / "pip", {}, boundaries(shop))
    write(packages, {file: text.format(shop=shop)})
    assert not may_run(python.parent / "pip", {}, boundaries(shop))


def test_every_program_of_the_list_asks_for_help_alone() -> None:
    """No argument names a file, or does anything else."""
    for each in PROGRAMS.values():
        arguments = {*each.help, *each.of_subcommand}
        assert arguments <= {"--help", "-h", "help", "all"}, each.name
        assert each.help and each.partial <= {"", *each.subcommands}, each.name


def test_which_subcommands_are_asked() -> None:
    listed = [f"c{number}" for number in range(100)]
    assert subcommands_to_ask(Program("x"), listed) == []
    assert subcommands_to_ask(Program("x", of_subcommand=("-h",)), ["help", "-rf", "a b", "run", "../x"]) == [
        "run"
    ]
    assert len(subcommands_to_ask(Program("x", of_subcommand=("-h",)), listed)) == 64
    assert subcommands_to_ask(Program("x", of_subcommand=("-h",), subcommands=("add",)), listed) == ["add"]


# -- how they are run ----------------------------------------------------------------------------------------------


def place(folder: Path, path: str = "") -> RunPlace:
    return RunPlace(path, folder / "help")


def test_a_program_gets_nothing_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "x")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    text = "import os\nprint(sorted(os.environ), os.environ['HOME'], os.getcwd(), os.listdir('.'), os.listdir(os.environ['HOME']), sys.stdin.read(), os.isatty(0))"
    printed = print_help(program(tmp_path / "x", text), (), place(tmp_path, "/usr/bin"))
    home, folder = printed.split("]")[1].split()[:2]
    assert "SECRET" not in printed and "'PYTHONPATH'" not in printed and "'COLUMNS'" in printed
    assert home != str(Path.home()) and Path.cwd() != Path(folder)
    assert printed.rstrip().endswith("[] []  False")  # empty folders, no input
    assert Path(folder).is_relative_to(tmp_path / "help") and Path(home).is_relative_to(tmp_path / "help")
    assert not Path(folder).exists() and list((tmp_path / "help").iterdir()) == []
    assert stat.S_IMODE((tmp_path / "help").stat().st_mode) == 0o700


def test_both_outputs_are_read_whatever_the_exit_status(tmp_path: Path) -> None:
    text = "print('a', flush=True)\nprint('b', file=sys.stderr)\nsys.exit(129)"
    assert print_help(program(tmp_path / "x", text), (), place(tmp_path)).splitlines() == ["a", "b"]


def is_alive(identifier: int) -> bool:
    """Whether a process runs; one that has ended and was not waited for does not."""
    try:
        os.kill(identifier, 0)
        state = Path(f"/proc/{identifier}/stat")
        return not (state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z")
    except (ProcessLookupError, FileNotFoundError):
        return False


def test_a_program_that_hangs_is_ended_with_its_children(tmp_path: Path) -> None:
    text = (
        "import subprocess, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        f"open({str(tmp_path / 'child')!r}, 'w').write(str(child.pid))\ntime.sleep(60)"
    )
    began = time.monotonic()
    with pytest.raises(TooSlowError):
        print_help(program(tmp_path / "x", text), (), place(tmp_path), 3.0)
    assert time.monotonic() - began < 20
    child = int((tmp_path / "child").read_text())
    deadline = time.monotonic() + 10
    while is_alive(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_alive(child)


def test_a_child_that_is_left_behind_is_ended(tmp_path: Path) -> None:
    text = (
        "import subprocess\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\n"
        "print(child.pid)"
    )
    child = int(print_help(program(tmp_path / "x", text), (), place(tmp_path)))
    deadline = time.monotonic() + 10
    while is_alive(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_alive(child)


def test_a_program_that_prints_without_end_is_ended(tmp_path: Path) -> None:
    with pytest.raises(TooSlowError):
        print_help(program(tmp_path / "x", "while True: print('x' * 1000)"), (), place(tmp_path))


@pytest.mark.skipif(sys.platform != "linux", reason="the limit of the processor is Linux's")
def test_a_program_that_computes_is_ended(tmp_path: Path) -> None:
    began = time.process_time()
    print_help(program(tmp_path / "x", "while True: pass"), (), place(tmp_path), 60.0)
    assert time.process_time() - began < 30


# -- how often -----------------------------------------------------------------------------------------------------


def sync(root: Path, shop: Path, place: Path) -> ProgramSync:
    return ProgramSync(shop, Store(root, shop).packages, {"PATH": str(place), "HOME": "/nowhere"})


def read(programs: ProgramSync, *names: str) -> frozenset[str]:
    with open_single_thread() as executor:
        used = Used({f"command:{name}": 1 for name in names})
        return programs.write(used, executor, ignore_progress, Event())


def test_a_program_is_read_once_for_all_workspaces(shop: Path, tmp_path: Path) -> None:
    pip = program(tmp_path / "bin" / "pip", HELPFUL)
    other = tmp_path / "other"
    other.mkdir()
    keys = read(sync(tmp_path / "root", shop, pip.parent), "pip", "tar", "evil")
    assert len(keys) == 1 and runs(pip) == ["--help", "--version", "install --help"]
    assert read(sync(tmp_path / "root", shop, pip.parent), "pip") == keys
    assert read(sync(tmp_path / "root", other, pip.parent), "pip") == keys
    assert len(runs(pip)) == 3
    program(pip, HELPFUL + "# a newer one")
    assert read(sync(tmp_path / "root", shop, pip.parent), "pip") != keys
    assert len(runs(pip)) == 6


def test_what_failed_is_tried_again(shop: Path, tmp_path: Path) -> None:
    """A program that ends without a word is known to say nothing; one that prints too much is asked again."""
    pip = program(tmp_path / "bin" / "pip", "print('x' * 300_000)")
    assert read(sync(tmp_path / "root", shop, pip.parent), "pip") == frozenset()
    count = len(runs(pip))
    assert read(sync(tmp_path / "root", shop, pip.parent), "pip") == frozenset()
    assert len(runs(pip)) == 2 * count


def test_a_build_that_is_stopped_reads_nothing_more(shop: Path, tmp_path: Path) -> None:
    pip = program(tmp_path / "bin" / "pip", HELPFUL)
    programs, stop = sync(tmp_path / "root", shop, pip.parent), Event()
    stop.set()
    executor: Executor = ThreadPoolExecutor(1)
    with executor:
        assert programs.write(Used({"command:pip": 1}), executor, ignore_progress, stop) == frozenset()


def test_nothing_is_run_where_files_of_the_workspace_are(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Programs that search upwards for their settings would find those of the workspace."""
    pip = program(tmp_path / "bin" / "pip", HELPFUL)
    temporary = shop / "tmp"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    (tmp_path / "link").symlink_to(shop / "cache", target_is_directory=True)
    for root in (shop / "cache", tmp_path / "link"):
        assert read(sync(root, shop, pip.parent), "pip") == frozenset()
    assert runs(pip) == []
    program(pip, HELPFUL + "import os; open(sys.argv[0] + '.at', 'a').write(os.getcwd() + '\\n')\n")
    assert len(read(sync(tmp_path / "root", shop, pip.parent), "pip")) == 1
    seen = pip.with_suffix(".at").read_text().splitlines()
    assert len(seen) == 3 and all(Path(each).is_relative_to(tmp_path / "root") for each in seen)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="files have no owners")
def test_nothing_is_run_where_other_users_may_put_files(shop: Path, tmp_path: Path) -> None:
    pip = program(tmp_path / "bin" / "pip", HELPFUL)
    (tmp_path / "root").mkdir()
    (tmp_path / "root").chmod(0o777)
    assert read(sync(tmp_path / "root", shop, pip.parent), "pip") == frozenset()
    assert runs(pip) == []


# -- what the index knows ------------------------------------------------------------------------------------------


def index_of(root: Path, shop: Path, *, help_texts: bool = True) -> LocalIndex:
    return LocalIndex(Store(root, shop), open_executor=open_single_thread, help_texts=help_texts)


def test_the_options_of_programs_that_files_call(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of the workspace is run, though it is first on `PATH` and calls its own programs."""
    evil = [
        program(shop / place / name)
        for place in (".", ".venv/bin")
        for name in ("git", "tar", "make", "evil")
    ]
    pip = program(tmp_path / "bin" / "pip", HELPFUL)
    places = (str(shop), str(shop / ".venv/bin"), "", ".", str(pip.parent), PLACE)
    monkeypatch.setenv("PATH", os.pathsep.join(places))
    monkeypatch.chdir(shop)
    write(shop, {"find.sh": "find . -exec grep --include=x y {} +\n"})
    index = index_of(tmp_path / "root", shop)
    index.build_from(None, embed=False)
    for path in evil:
        assert runs(path) == []

    commit = {each.name: each for each in index.members(owner_of_command("git", "commit"))}
    assert commit["option --amend"].summary == "amend previous commit"
    assert commit["option --amend"].package == "git"
    assert commit["option --amend"].version in subprocess.run(["/usr/bin/env", "-S", "git --version"], env={"PATH": PLACE}, capture_output=True, text=True, check=True).stdout  # fmt: skip
    assert index.is_closed(owner_of_command("git", "commit")) and not index.is_closed(
        owner_of_command("git", "log")
    )
    assert index.lookup(f"{owner_of_command('git')}.command commit") is not None
    # options behind `-exec` are another program's
    assert index.members(owner_of_command("find")) and not index.is_closed(owner_of_command("find"))
    for name in ("tar", "grep", "curl"):
        assert any(each.name == "option --help" for each in index.members(owner_of_command(name))), name
    requirement = {each.name: each for each in index.members(owner_of_command("pip", "install"))}[
        "option --requirement"
    ]
    assert (requirement.summary, requirement.version) == ("From a file.", "9.8.7")
    assert not index.members(owner_of_command("docker"))  # which no command calls
    assert not index.members(owner_of_command("evil"))
    assert not index.has_name("commit") and not index.has_name("--amend")
    assert index.status().packages == 0


def test_options_are_no_answer_to_a_search(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from soothsay_index.types import Query

    pip = program(tmp_path / "bin" / "pip", HELPFUL)
    monkeypatch.setenv("PATH", str(pip.parent))
    index = index_of(tmp_path / "root", shop)
    index.build_from(None, embed=False)
    assert index.members(owner_of_command("pip", "install"))
    found = index.search(Query("install the requirement from a file", path="app.py"))
    assert not any(each.symbol is not None and each.symbol.package == "pip" for each in found)


def test_with_the_setting_off_nothing_is_run(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pip = program(tmp_path / "bin" / "pip", HELPFUL)
    monkeypatch.setenv("PATH", str(pip.parent))
    index = index_of(tmp_path / "root", shop, help_texts=False)
    index.build_from(None, embed=False)
    assert runs(pip) == [] and not index.members(owner_of_command("pip"))


def test_what_was_read_before_is_not_told_with_the_setting_off(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pip = program(tmp_path / "bin" / "pip", HELPFUL)
    monkeypatch.setenv("PATH", str(pip.parent))
    for help_texts in (True, False):
        index = index_of(tmp_path / "root", shop, help_texts=help_texts)
        index.build_from(None, embed=False)
        assert bool(index.members(owner_of_command("pip"))) == help_texts
        index.close()


def test_a_worker_reads_what_a_document_calls_once_it_is_open(shop: Path, tmp_path: Path) -> None:
    pip = program(tmp_path / "bin" / "pip", HELPFUL)
    evil = program(shop / ".venv" / "bin" / "pip", HELPFUL)
    (shop / ".github/workflows/ci.yml").unlink()
    environ = {**os.environ, "PATH": os.pathsep.join((str(evil.parent), str(pip.parent), PLACE))}
    with IndexClient(tmp_path / "root", shop, timeout=60.0, environ=environ, help_texts=True) as client:
        client.build(interpreter="/no/such/python", embed=False)
        assert any(
            each.name == "option --amend" for each in client.members(owner_of_command("git", "commit"))
        )
        assert not client.members(owner_of_command("pip")) and runs(pip) == []
        client.mirror(shop / "new.sh", "pip install -r x\n")
        deadline = time.monotonic() + 60
        while not client.members(owner_of_command("pip", "install")) and time.monotonic() < deadline:
            time.sleep(0.2)
        assert {each.name for each in client.members(owner_of_command("pip", "install"))} >= {
            "option --requirement"
        }
    assert runs(evil) == []
