import json
import os
import stat
from io import StringIO

import pytest
from rich.console import Console

from soothsay.cli.explain import explanation
from soothsay.model.files.kept import write_kept
from soothsay_common.private import make_private, write_private
from soothsay_common.visible import readable, visible_length

HIDDEN = (
    "\x00", "\x07", "\x08", "\x1b", "\x7f", "\x9b", "\u200b", "\u200d", "\u200e", "\u202a", "\u202e", "\u2066", "\u2069", "\u2028",
    "\u2060", "\ufeff", "\u061c", "\xad", "\U000e0041", "\ud800",
)  # fmt: skip


@pytest.mark.parametrize("hidden", HIDDEN, ids=ascii)
def test_what_is_not_seen_ends_a_text_and_is_an_escape_in_a_terminal(hidden: str):
    assert visible_length(f"a = 1{hidden}2") == 5
    shown = readable(f"a{hidden}b")
    assert shown.isascii() and shown.isprintable() and shown.startswith("a\\")


@pytest.mark.parametrize("text", ["a = 1\n\tb\r\n", "größe = 'ä€'", "東京", "🙂", "עברית = 1", ""])
def test_what_people_write_is_left_alone(text: str):
    assert visible_length(text) == len(text)
    assert readable(text) == text


def test_an_explanation_obeys_no_escape_of_what_it_shows():
    evil = "\x1b]0;owned\x07\x1b[2J\u202e"
    completion = {
        "text": f"run({evil})",
        "method": "full",
        "verdict": "unverified",
        "trigger": {"fired": True, "name": evil, "confidence": 0.2, "threshold": 0.8, "reasons": ["low_confidence"]},
        "tokens": [{"text": evil, "probability": 0.5}],
        "evidence": [{"symbol": evil, "package": evil, "version": "1", "score": 1.0, "text": evil}],
        "oracle": {"questions": [], "repaired": evil, "trimmed": evil, "problem": evil},
        "timings_ms": {"total": 1.0},
    }  # fmt: skip
    out = StringIO()
    Console(file=out, width=200).print(explanation(json.loads(json.dumps(completion))))
    assert not {"\x1b", "\x07", "\u202e"} & set(out.getvalue())
    assert "\\x1b]0;owned" in out.getvalue()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")
def test_state_is_for_its_user_alone(tmp_path):
    before = os.umask(0)
    try:
        make_private(tmp_path / "new" / "deep")
        (tmp_path / "old").mkdir(mode=0o755)
        make_private(tmp_path / "old")
        (tmp_path / "state").write_text("as an older version wrote it")
        for name in ("state", "fresh"):
            write_private(tmp_path / name, "x")
        write_kept(tmp_path / "kept", {"a": 1})
    finally:
        os.umask(before)
    assert [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("new/deep", "old")] == [0o700] * 2
    assert [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("state", "fresh", "kept")] == [
        0o600
    ] * 3
    assert (tmp_path / "state").read_text() == "x"
