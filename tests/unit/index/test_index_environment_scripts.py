"""17: a script that says what it needs (PEP 723) has the environment that was made for it, and an index of its own."""

from __future__ import annotations

import base64
import hashlib
import sys
from pathlib import Path

import pytest
from index_fakes import write
from test_index_environment_places import make_venv

from soothsay_index.build.process_pool import open_single_thread
from soothsay_index.runtime.projects import Project, project_of
from soothsay_index.store.store import Store
from soothsay_index.worker.local import LocalIndex
from soothsay_languages.python.environment.scripts import script_metadata

NEEDS = (
    '# /// script\n# requires-python = ">=3.11"\n# dependencies = [\n#   "Oats[fine] >= 1.5",\n# ]\n# ///\n'
)


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    write(
        tmp_path / "repo",
        {
            "My_tool.py": f"#!/usr/bin/env -S uv run --script\n{NEEDS}\nimport oats\n",
            "plain.py": "import rye\n",
        },
    )
    make_venv(tmp_path / "repo" / ".venv", "rye")
    return tmp_path / "repo"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {
        "HOME": str(tmp_path),
        "UV_CACHE_DIR": str(tmp_path / "uv"),
        "HATCH_DATA_DIR": str(tmp_path / "hatch"),
    }


def by_uv(folder: Path, name: str, package: str = "oats", prompt: str = "My_tool.py") -> Path:
    venv = make_venv(folder / "uv" / "environments-v2" / name, package)
    with (venv / "pyvenv.cfg").open("a") as settings:
        settings.write(f"prompt = {prompt}\n")
    return venv


def test_uvs_environment_of_the_script(tmp_path: Path, repo: Path, environ: dict[str, str]) -> None:
    script = repo / "My_tool.py"
    assert project_of(script, [repo], environ) == Project(repo), "no environment was made for it yet"
    by_uv(tmp_path, "my-tool-00000000000000aa", "rye")  # of another script of this name
    by_uv(tmp_path, "my-tool-00000000000000bb", prompt="my-tool.py")
    by_uv(tmp_path, "my-tool-too-00000000000000cc")
    assert project_of(script, [repo], environ) == Project(repo)
    made = by_uv(tmp_path, "my-tool-00000000000000dd")
    for roots in ([repo], []):
        assert project_of(script, roots, environ) == Project(
            repo, subfolders=False, interpreter=str(made / "bin" / "python3")
        )
    assert project_of(repo / "plain.py", [repo], environ) == Project(repo)


def test_hatchs_environment_of_the_script(tmp_path: Path, repo: Path, environ: dict[str, str]) -> None:
    script = repo / "My_tool.py"
    digest = base64.urlsafe_b64encode(hashlib.sha256(str(script).encode()).digest()).decode()[:8]
    made = make_venv(tmp_path / "hatch" / "env" / "virtual" / ".scripts" / digest)
    assert project_of(script, [repo], environ).interpreter == str(made / "bin" / "python3")


@pytest.mark.skipif(sys.platform == "win32", reason="its folders are named by the system")
def test_pdms_environment_of_the_script(tmp_path: Path, repo: Path, environ: dict[str, str]) -> None:
    script = repo / "My_tool.py"
    name = hashlib.md5(str(script.resolve()).encode()).hexdigest()
    for home in (tmp_path / "data" / "pdm" / "venvs", tmp_path / "moved"):
        made = make_venv(home / name)
        found = project_of(script, [repo], {**environ, "XDG_DATA_HOME": str(tmp_path / "data")})
        assert found.interpreter == str(made / "bin" / "python3")
        write(tmp_path, {".config/pdm/config.toml": f'[venv]\nlocation = "{tmp_path / "moved"}"\n'})


@pytest.mark.skipif(sys.platform == "win32", reason="its folders are named by the system")
@pytest.mark.parametrize(
    ("variable", "kept"),
    [("", ".local/share/pipx/.cache"), ("", ".cache/pipx"), ("PIPX_HOME", "there/.cache")],
)
def test_pipxs_environment_of_the_script(
    tmp_path: Path, repo: Path, environ: dict[str, str], variable: str, kept: str
) -> None:
    script = repo / "My_tool.py"
    environ |= {variable: str(tmp_path / "there")} if variable else {}
    make_venv(tmp_path / kept / "0a1b2c3d4e5f607", "rye")  # of another script
    assert project_of(script, [repo], environ) == Project(repo)
    made = make_venv(tmp_path / kept / "1a1b2c3d4e5f607", "oats")
    assert project_of(script, [repo], environ).interpreter == str(made / "bin" / "python3")
    own = by_uv(tmp_path, "my-tool-00000000000000dd")
    make_venv(tmp_path / kept / "2a1b2c3d4e5f607", "oats")
    assert project_of(script, [repo], environ).interpreter == str(own / "bin" / "python3")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "import x\n",
        NEEDS.replace("# ///\n", "# //\n"),
        NEEDS.replace("# ///\n", "", 2).replace("# /// script", "# /// other"),
        NEEDS.replace("[", "{"),
        "# /// script\n\n# ///\n",
        '"""\n# /// script\n',
    ],
)
def test_a_text_that_says_nothing(text: str) -> None:
    assert script_metadata(text) is None


@pytest.mark.parametrize(
    "content", [b"\xff\xfe# /// script\n", b"# /// script\n# dependencies = [1, {}]\n# ///\n", b"\0" * 100]
)
def test_odd_scripts_are_plain_files(
    tmp_path: Path, repo: Path, environ: dict[str, str], content: bytes
) -> None:
    by_uv(tmp_path, "odd-00000000000000aa", prompt="other.py")
    (repo / "odd.py").write_bytes(content)
    assert project_of(repo / "odd.py", [repo], environ) == Project(repo)
    (repo / "folder.py").mkdir()
    assert project_of(repo / "folder.py", [repo], environ) == Project(repo)


def test_its_index_is_not_that_of_its_folder(tmp_path: Path, repo: Path) -> None:
    made = by_uv(tmp_path, "my-tool-00000000000000dd")
    open_indexes = [
        LocalIndex(Store(tmp_path / "index", repo, variant=variant), None, open_single_thread)
        for variant in ("", str(made))
    ]
    for index, interpreter in zip(open_indexes, (repo / ".venv", made), strict=True):
        index.build(interpreter=interpreter, embed=False)
    states = [(index.package_state("oats"), index.package_state("rye")) for index in open_indexes]
    assert states == [("absent", "unknown"), ("unknown", "absent")], "what is there says nothing of itself"
