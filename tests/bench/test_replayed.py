"""Comparing the generations of two commits."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from bench.replayed import differences, main


def row(**changes: Any) -> dict[str, Any]:
    return {
        "id": "a", "method": "full", "shown": "f(1)", "verdict": "verified", "reasons": [], "draft": "f(1)",
        "found": [], "ms": 3.0, **changes,
    }  # fmt: skip


def test_only_what_an_answer_says_is_compared() -> None:
    assert differences([row()], [row(ms=9.0)]) == (1, [])
    shared, (found,) = differences([row(), row(id="b")], [row(shown="g()", verdict="rejected"), row(id="c")])
    assert shared == 1
    assert found.fields == ("shown", "verdict")
    assert found.describe().splitlines()[1:3] == ['    - "f(1)"', '    + "g()"']


def test_the_exit_status_tells_whether_answers_differ(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = []
    for name, rows in (("before", [row()]), ("after", [row(shown="h()")])):
        path = tmp_path / f"{name}.jsonl.gz"
        path.write_bytes(gzip.compress("".join(json.dumps(each) + "\n" for each in rows).encode()))
        files.append(str(path))
    assert main([files[0], files[0]]) == 0
    assert main(files) == 1
    assert "1 answers compared: 1 differ, 1 of them in the text that is shown" in capsys.readouterr().out
    assert main(files[:1]) == 2
