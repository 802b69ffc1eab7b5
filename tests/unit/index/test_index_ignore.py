from pathlib import Path, PurePath

import pytest
from index_fakes import write

from soothsay_index.sources.ignore import is_secret, may_read, walk_files
from soothsay_index.sources.texts import UnreadableError, read_text
from soothsay_index.sources.workspace import Workspace
from soothsay_languages.python.modules import module_of


def is_python(path: PurePath) -> bool:
    return path.suffix in {".py", ".pyi"}


def names(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in walk_files(root, is_python)}


def test_gitignore_is_honoured_also_the_nested_ones(tmp_path):
    write(
        tmp_path,
        {
            ".gitignore": "build/\n*.gen.py\n/only_here.py\n",
            "a.py": "",
            "x.gen.py": "",
            "only_here.py": "",
            "sub/only_here.py": "",
            "build/b.py": "",
            "sub/.gitignore": "secret_*.py\n!keep.gen.py\n",
            "sub/secret_1.py": "",
            "sub/keep.gen.py": "",
            "other/secret_1.py": "",
        },
    )
    expected = {"a.py", "sub/only_here.py", "sub/keep.gen.py", "other/secret_1.py"}
    assert names(tmp_path) == expected
    every = list(tmp_path.rglob("*.py"))
    assert {p.relative_to(tmp_path).as_posix() for p in every if may_read(tmp_path, p, is_python)} == expected


def test_environments_caches_and_links_are_not_entered(tmp_path):
    write(
        tmp_path,
        {
            "a.py": "",
            ".venv/x.py": "",
            "weird_env/pyvenv.cfg": "",
            "weird_env/lib/x.py": "",
            "node_modules/m/x.py": "",
            ".git/hooks/x.py": "",
        },
    )
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    assert names(tmp_path) == {"a.py"}


@pytest.mark.parametrize(
    "name", [".env", ".env.local", "prod.env", "server.pem", "tls.key", "id_rsa", "id_ed25519.pub", "a.p12",
             "credentials", "credentials.json", "secrets.yaml", ".netrc", ".npmrc", "secrets.py",
             ".secrets.toml", "prod_secrets.yaml", "passwords.txt", "shop-credentials.json", ".git-credentials", "kubeconfig"]
)  # fmt: skip
def test_secrets_are_never_read(name):
    assert is_secret(name)


def test_ordinary_files_are_no_secrets():
    assert not any(
        is_secret(name)
        for name in (
            "environment.py",
            "keys.py",
            "monkey.py",
            "secretary.py",
            "password_reset.py",
            "create_secret.py",
        )
    )


def test_binaries_big_files_and_other_encodings_are_skipped(tmp_path):
    (tmp_path / "bin.py").write_bytes(b"a\0b")
    (tmp_path / "latin.py").write_bytes("# ü".encode("latin-1"))
    (tmp_path / "big.py").write_text("x = 1\n" * 400_000)
    (tmp_path / "good.py").write_bytes(b"\xef\xbb\xbfx = 1\r\n")
    assert read_text(tmp_path / "bin.py") is None
    assert read_text(tmp_path / "latin.py") is None
    assert read_text(tmp_path / "big.py") is None
    assert read_text(tmp_path / "gone.py") is None
    assert read_text(tmp_path / "good.py") == "x = 1\n"
    assert "big.py" not in names(tmp_path)


def test_modules_are_named_as_other_files_import_them(tmp_path):
    write(
        tmp_path,
        {
            "billing/ledger.py": "",
            "src/pkg/__init__.py": "",
            "src/pkg/x.py": "",
            "app.py": "",
            "tools/pyproject.toml": "",
            "tools/kit/a.py": "",
        },
    )

    def name(path: str) -> str:
        return module_of(tmp_path, tmp_path / path).name

    assert name("billing/ledger.py") == "billing.ledger"
    assert name("src/pkg/x.py") == "pkg.x"
    assert name("src/pkg/__init__.py") == "pkg"
    assert name("app.py") == "app"
    assert name("tools/kit/a.py") == "kit.a"


def test_a_folder_that_becomes_a_link_after_it_was_looked_at_is_not_read(tmp_path, monkeypatch):
    outside, workspace = tmp_path / "outside", tmp_path / "workspace"
    for folder in (outside, workspace / "pkg"):
        folder.mkdir(parents=True)
    (outside / "a.py").write_text("stolen = 1\n")
    (workspace / "pkg" / "a.py").write_text("ours = 1\n")
    (workspace / "b.py").write_text("ours = 1\n")
    found = Workspace(workspace)
    checked = Workspace.may_read

    def swapped(self, path):
        answer = checked(self, path)
        (workspace / "pkg").rename(tmp_path / "away")
        (workspace / "pkg").symlink_to(outside, target_is_directory=True)
        (workspace / "b.py").unlink()
        (workspace / "b.py").symlink_to(outside / "a.py")
        monkeypatch.setattr(Workspace, "may_read", checked)
        return answer

    assert found.read(found.root / "pkg" / "a.py") == "ours = 1\n"
    monkeypatch.setattr(Workspace, "may_read", swapped)
    with pytest.raises(UnreadableError):
        found.read(found.root / "pkg" / "a.py")
    (workspace / "b.py").unlink()
    (workspace / "b.py").write_text("ours = 1\n")
    (workspace / "pkg").unlink()
    (tmp_path / "away").rename(workspace / "pkg")
    monkeypatch.setattr(Workspace, "may_read", swapped)
    with pytest.raises(UnreadableError):
        found.read(found.root / "b.py")


def test_links_are_not_followed_by_whoever_asks_for_one_file(tmp_path):
    """On save, on a change that was seen, and when a document is opened: all of them ask :func:`may_read`."""
    outside, workspace = tmp_path / "outside", tmp_path / "workspace"
    outside.mkdir()
    workspace.mkdir()
    (outside / "other.py").write_text("x = 1\n")
    (outside / ".env").write_text("A=1\n")
    (workspace / "ours.py").write_text("x = 1\n")
    (workspace / "link.py").symlink_to(outside / "other.py")
    (workspace / "notes.md").symlink_to(outside / ".env")
    (workspace / "folder").symlink_to(outside, target_is_directory=True)
    asked = ["ours.py", "link.py", "notes.md", "folder/other.py", "folder/../../outside/other.py"]
    assert [name for name in asked if may_read(workspace, workspace / name, lambda _: True)] == ["ours.py"]
    found = Workspace(workspace)
    assert [name for name in asked[:4] if found.may_show(found.root / name)] == ["ours.py"]
