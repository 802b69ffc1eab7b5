"""What changes on disk, noticed without being told."""

import os

from soothsay_index.runtime.environment import fingerprint_of
from soothsay_index.sources.workspace import Workspace
from soothsay_index.worker.file_watch import FileChanges, FileWatcher


def test_new_changed_renamed_and_deleted_files_are_seen(workspace):
    watch = FileWatcher(Workspace(workspace))
    assert watch.poll() == FileChanges() and watch.poll() == FileChanges()
    (workspace / "app.py").write_text("x = 1\n")
    (workspace / "billing" / "ledger.py").rename(workspace / "billing" / "books.py")
    (workspace / "fresh").mkdir()
    (workspace / "fresh" / "new.py").write_text("y = 2\n")
    seen = watch.poll()
    assert {path.name for path in seen.updated} == {"app.py", "books.py", "new.py"}
    assert [path.name for path in seen.removed] == ["ledger.py"]
    assert watch.poll() == FileChanges()


def test_what_git_ignores_from_now_on_is_gone(workspace):
    watch = FileWatcher(Workspace(workspace))
    watch.poll()
    (workspace / ".gitignore").write_text("app.py\n")
    assert [path.name for path in watch.poll().removed] == ["app.py"]


def test_an_installed_package_changes_the_environment(environment, site):
    os.utime(site, (1, 1))
    before = fingerprint_of(environment)
    assert fingerprint_of(environment) == before
    (site / "later-1.0.dist-info").mkdir()
    assert fingerprint_of(environment) != before
