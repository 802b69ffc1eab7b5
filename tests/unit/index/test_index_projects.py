"""16: a file belongs to the nearest project; a file of none has its folder alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from index_fakes import write

from soothsay_index.runtime.boundaries import nearest_project
from soothsay_index.runtime.projects import Project, project_in, project_of
from soothsay_index.sources import workspace as workspace_module
from soothsay_index.sources.workspace import Workspace

VENV = {"pyvenv.cfg": "", "bin/python3": ""}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    write(tmp_path / "home", {"notes.py": "", "deep/er/x.py": "", ".git/config": ""})
    return tmp_path / "home"


@pytest.fixture
def environ(home: Path) -> dict[str, str]:
    return {"HOME": str(home)}


def test_each_file_belongs_to_the_root_that_is_nearest(tmp_path: Path, environ: dict[str, str]) -> None:
    one, two, inner = tmp_path / "one", tmp_path / "two", tmp_path / "one" / "inner"
    for root in (one, two, inner):
        write(root, {"src/a.py": "", "pyproject.toml": ""})
    roots = (one, two, inner)
    for root in roots:
        assert project_of(root / "src" / "a.py", roots, environ) == Project(root)
        assert project_of(root / "new.py", roots, environ) == Project(root)
    assert project_of(inner / "src" / "a.py", (one, two), environ) == Project(one), (
        "as the user has opened it"
    )


def test_a_package_with_an_environment_of_its_own_is_a_project(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    repo = tmp_path / "repo"
    for package in ("a", "b", "c"):
        write(repo / "packages" / package, {"pyproject.toml": "", "src/m/x.py": ""})
    write(repo / "packages" / "a" / ".venv", VENV)
    write(repo / "packages" / "b" / "odd name", VENV)
    write(repo / ".venv", VENV)
    found = {each: project_of(repo / "packages" / each / "src/m/x.py", (repo,), environ) for each in "abc"}
    assert found == {
        "a": Project(repo / "packages" / "a"),
        "b": Project(repo / "packages" / "b"),
        "c": Project(repo),
    }
    library = repo / "packages" / "a" / ".venv" / "lib" / "python3.12" / "site-packages" / "oats.py"
    write(library.parent, {"oats.py": ""})
    assert project_of(library, (repo,), environ) == Project(repo / "packages" / "a")


def test_a_file_outside_belongs_to_the_project_around_it(tmp_path: Path, environ: dict[str, str]) -> None:
    write(tmp_path / "other", {"setup.py": "", "src/deep/a.py": ""})
    assert project_of(tmp_path / "other/src/deep/a.py", (tmp_path / "one",), environ) == Project(
        tmp_path / "other"
    )
    assert project_of(tmp_path / "other/src/deep/a.py", (), environ) == Project(tmp_path / "other")


def test_a_file_of_no_project_has_its_folder_alone(
    tmp_path: Path, home: Path, environ: dict[str, str]
) -> None:
    write(tmp_path / "loose", {"a.py": "", "below/b.py": ""})
    for file in (tmp_path / "loose" / "a.py", home / "notes.py", home / "deep/er/x.py", Path("/x.py")):
        assert project_of(file, (), environ) == Project(file.parent, subfolders=False)


def test_the_home_folder_is_no_project_though_it_is_opened(
    tmp_path: Path, home: Path, environ: dict[str, str]
) -> None:
    write(home, {"work/shop/pyproject.toml": "", "work/shop/src/a.py": ""})
    for wide in (home, tmp_path, Path(tmp_path.anchor)):
        assert project_in(wide, environ) == Project(wide, subfolders=False)
        assert project_of(home / "notes.py", (wide,), environ) == Project(home, subfolders=False)
        assert project_of(home / "work/shop/src/a.py", (wide,), environ) == Project(home / "work" / "shop")
        assert nearest_project(wide, environ) is None
    assert project_in(home / "work", environ) == Project(home / "work")


def test_of_a_folder_that_is_no_project_only_ones_own_files_are_read(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(home, {".profile.sh": "", "tool.sh": ""})
    (alone,) = Workspace(home, subfolders=False).folders()
    assert [path.name for path in alone.files] == ["notes.py", "tool.sh"]
    assert not Workspace(home, subfolders=False).may_read(home / ".profile.sh")
    monkeypatch.setattr(os, "getuid", lambda: home.stat().st_uid + 1)  # everybody can write to /tmp
    (alone,) = Workspace(home, subfolders=False).folders()
    assert alone.files == ()
    assert not Workspace(home, subfolders=False).may_read(home / "notes.py")
    assert Workspace(home).may_read(home / "notes.py")


def test_without_subfolders_only_some_files_beside_each_other_are_read(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(home, {f"m{number:02}.py": "" for number in range(30)})
    whole, alone = Workspace(home), Workspace(home, subfolders=False)
    assert {folder.path for folder in whole.folders()} > {home}
    (folder,) = alone.folders()
    assert folder.path == home and len(folder.files) == 31
    assert alone.may_read(home / "notes.py") and not alone.may_read(home / "deep/er/x.py")
    assert not alone.may_read(home / ".env")
    monkeypatch.setattr(workspace_module, "_MOST_SIBLINGS", 10)
    (folder,) = alone.folders()
    assert len(folder.files) == 10
