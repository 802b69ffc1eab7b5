"""The small rooms: layers of settings, watched files, the transport's guards, what an import costs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from lsprotocol.types import FileChangeType, FileEvent

from soothsay.config import Settings
from soothsay.errors import SoothsayError
from soothsay.frontend.settings import Configuration, merge, unwrap
from soothsay.frontend.transport import _loopback, configure_logging, run_tcp
from soothsay.frontend.watched_files import updated_and_removed


def test_layers_are_merged_branch_by_branch() -> None:
    below = {"model": {"name": "a", "context": 1}, "method": "dag"}
    above = {"model": {"name": "b", "context": None}, "index": {"enabled": False}}
    assert merge(below, above) == {
        "model": {"name": "b", "context": 1},
        "method": "dag",
        "index": {"enabled": False},
    }
    assert merge(None, above) == above
    assert merge(below, None) == below


def test_the_upper_layer_wins_in_either_spelling() -> None:
    configuration = Configuration()
    configuration.initial = {"completion": {"maxTokens": 1}}
    configuration.current = {"completion": {"max_tokens": 2}}
    assert configuration.decode()[0].completion.max_tokens == 2


def test_the_section_may_be_named_or_not() -> None:
    assert unwrap({"soothsay": {"method": "dag"}}) == unwrap({"method": "dag"}) == {"method": "dag"}
    assert Configuration().decode() == (Settings(), [])


def test_the_last_event_of_a_file_counts() -> None:
    events = [
        FileEvent("file:///a.py", FileChangeType.Created),
        FileEvent("file:///a.py", FileChangeType.Deleted),
        FileEvent("file:///b.py", FileChangeType.Deleted),
        FileEvent("file:///b.py", FileChangeType.Changed),
    ]
    assert updated_and_removed(events) == ([Path("/b.py")], [Path("/a.py")])


@pytest.mark.parametrize("host", ["0.0.0.0", "example.org", "192.168.1.2", "::", "8.8.8.8"])
def test_only_this_machine_may_connect(host: str) -> None:
    with pytest.raises(SoothsayError, match="only this machine may connect"):
        run_tcp(host, 0)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "", "::1", "[::1]"])
def test_loopback(host: str) -> None:
    assert _loopback(host) in {"127.0.0.1", "::1"}


def test_a_bad_port_is_an_error_for_people() -> None:
    with pytest.raises(SoothsayError, match=r"cannot listen on 127\.0\.0\.1:99999"):
        run_tcp("127.0.0.1", 99_999)


def test_a_token_that_can_be_guessed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOOTHSAY_TOKEN", "hello")
    with pytest.raises(SoothsayError, match="SOOTHSAY_TOKEN is too short: it needs 16 characters"):
        run_tcp("127.0.0.1", 0)


def test_a_bad_log_level_is_an_error_for_people() -> None:
    with pytest.raises(SoothsayError, match="unknown log level 'loud'; use one of debug"):
        configure_logging("loud")


def test_importing_the_server_imports_nothing_heavy() -> None:
    heavy = [
        "llama_cpp",
        "lancedb",
        "torch",
        "numpy",
        "sentence_transformers",
        "tree_sitter",
        "griffe",
        "soothsay.backend.session",
    ]
    code = (
        f"import sys, soothsay.frontend.transport; print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
