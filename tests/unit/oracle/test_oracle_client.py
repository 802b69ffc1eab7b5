"""The client against a language server that dies, hangs, dawdles and talks nonsense: None, and never an exception."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Timer

import pytest
from scripted import IMPATIENT, SLOW, Open, until

from soothsay.oracle.limits import TimeLimits


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_it_answers_and_keeps_track_of_what_was_asked(open_fake: Open, tmp_path: Path) -> None:
    oracle = open_fake("normal")
    with oracle.asking() as asked:
        found = oracle.findings(tmp_path / "a.py", "ok\n😀bad\n")
        oracle.findings(tmp_path / "a.py", "ok")
    assert found is not None
    assert [(f.kind, f.start, f.end) for f in found] == [("unknown_name", 4, 7)]
    assert [(q.what, q.answered) for q in asked] == [("findings", True), ("findings", True)]
    assert asked[0].ms > 0


def test_offsets_are_right_in_utf_16(open_fake: Open, tmp_path: Path) -> None:
    found = open_fake("utf16").findings(tmp_path / "a.py", "ok\n😀😀 bad\n")
    assert found is not None
    assert (found[0].start, found[0].end) == (6, 9)


def test_settings_are_told_when_the_server_asks(open_fake: Open, tmp_path: Path, notes: Path) -> None:
    open_fake("normal").findings(tmp_path / "a.py", "")
    assert until(lambda: "configuration [7]" in notes.read_text())


def test_what_was_put_in_for_a_question_is_taken_back(open_fake: Open, tmp_path: Path, notes: Path) -> None:
    oracle = open_fake("normal")
    oracle.mirror(tmp_path / "a.py", "shown")
    oracle.findings(tmp_path / "a.py", "asked")
    oracle.findings(tmp_path / "b.py", "other")
    oracle.forget(tmp_path / "a.py")
    oracle.files_changed([tmp_path / "c.py"])
    oracle.findings(tmp_path / "a.py", "again")
    told = [line for line in notes.read_text().splitlines() if not line.startswith(("config", "unheard-of"))]
    canary = "zz_soothsay_zz"  # is this file looked at?
    assert [line for line in told if line] == [
        "start",
        "open a.py 1 shown",
        f"change a.py 2 {canary}",
        "change a.py 3 asked",
        "change a.py 4 shown",
        f"open b.py 1 {canary}",
        "change b.py 2 other",
        "close b.py",
        "disk c.py",
        "change a.py 5 again",
    ]


def test_what_the_editor_opens_is_shown_to_a_server_that_runs_before_it_is_asked(
    open_fake: Open, tmp_path: Path, notes: Path
) -> None:
    oracle = open_fake("normal")
    oracle.findings(tmp_path / "a.py", "")
    oracle.mirror(tmp_path / "b.py", "one")
    assert until(lambda: "open b.py 1 one" in notes.read_text())
    oracle.mirror(tmp_path / "b.py", "two")  # each key would have the server read it again
    oracle.findings(tmp_path / "a.py", "")
    assert "two" not in notes.read_text().replace("change b.py 2 two", "", 1)


def test_the_same_question_is_asked_once(open_fake: Open, tmp_path: Path, notes: Path) -> None:
    oracle = open_fake("normal")
    path = tmp_path / "a.py"
    oracle.findings(path, "one")
    oracle.findings(path, "two")
    oracle.mirror(path, "two")  # says nothing about other files
    before = notes.read_text()
    oracle.findings(path, "one")
    assert notes.read_text() == before
    oracle.mirror(tmp_path / "b.py", "this may matter")
    oracle.findings(path, "one")
    assert notes.read_text() != before


def test_an_import_of_a_file_that_only_the_editor_has(open_fake: Open, tmp_path: Path) -> None:
    oracle = open_fake("normal", kinds={"unresolved-reference": "unresolved_import"})
    oracle.mirror(tmp_path / "bad.py", "")
    assert oracle.findings(tmp_path / "a.py", "import bad") == ()
    (tmp_path / "bad.py").touch()
    found = oracle.findings(tmp_path / "a.py", "import bad ")
    assert found is not None
    assert [f.kind for f in found] == ["unresolved_import"]


def test_other_languages_are_not_asked_about(open_fake: Open, tmp_path: Path, notes: Path) -> None:
    oracle = open_fake("normal")
    oracle.mirror(tmp_path / "a.md", "bad")
    assert oracle.findings(tmp_path / "a.md", "bad") is None
    assert not notes.exists()


@pytest.mark.parametrize("mode", ["die", "garbage", "strange", "refuse"])
def test_nonsense_is_no_answer(open_fake: Open, tmp_path: Path, mode: str) -> None:
    oracle = open_fake(mode)
    with oracle.asking() as asked:
        assert oracle.findings(tmp_path / "a.py", "bad") is None
        assert oracle.members(tmp_path / "a.py", "a.b", 2) is None
        assert oracle.resolves(tmp_path / "a.py", "a.b", 2) is None
    assert [question.answered for question in asked] == [False, False, False]


def test_one_that_died_is_started_again_with_the_same_buffers(
    open_fake: Open, tmp_path: Path, notes: Path
) -> None:
    oracle = open_fake("normal")
    oracle.mirror(tmp_path / "b.py", "mirrored")
    assert oracle.findings(tmp_path / "a.py", "die") is None
    assert until(lambda: oracle.findings(tmp_path / "a.py", "bad"))
    assert notes.read_text().count("open b.py 1 mirrored") == 2


def test_one_that_keeps_dying_is_not_started_all_the_time(
    open_fake: Open, tmp_path: Path, notes: Path
) -> None:
    oracle = open_fake("die")
    end = time.monotonic() + 1.0
    # a second start, however busy the machine is, and in a second no more than at once, after 0.1, 0.2 and 0.4 s
    while time.monotonic() < end or notes.read_text().count("start") < 2:
        assert oracle.findings(tmp_path / "a.py", "bad") is None
        time.sleep(0.01)
    assert notes.read_text().count("start") <= 5


def test_while_an_answer_is_late_nothing_more_is_asked(open_fake: Open, tmp_path: Path, notes: Path) -> None:
    oracle = open_fake("slow", SLOW)
    path = tmp_path / "a.py"
    assert oracle.findings(path, "ok") == ()
    pid = oracle.pid
    assert oracle.findings(path, "slow bad") is None
    for _ in range(5):
        assert oracle.findings(path, "bad") is None
    assert "change a.py 4" not in notes.read_text()
    assert until(lambda: oracle.findings(path, "bad"))
    assert oracle.pid == pid, "it was only slow"


def test_one_that_hangs_is_replaced(open_fake: Open, tmp_path: Path) -> None:
    oracle = open_fake("hang", IMPATIENT)
    path = tmp_path / "a.py"
    assert oracle.findings(path, "ok") == ()
    pid = oracle.pid
    assert pid
    assert oracle.findings(path, "hang") is None
    assert until(lambda: oracle.findings(path, "bad"))
    assert oracle.pid != pid
    assert until(lambda: not is_running(pid))


def test_a_full_pipe_blocks_nobody(open_fake: Open, tmp_path: Path) -> None:
    oracle = open_fake("hang", IMPATIENT)
    path = tmp_path / "a.py"
    assert oracle.findings(path, "ok") == ()
    assert oracle.findings(path, "hang") is None
    for i in range(10):
        oracle.mirror(path, "x" * 1_000_000 + str(i))
        assert oracle.findings(path, "y" * 1_000_000 + str(i)) is None


def test_the_editors_thread_never_waits_for_a_question(open_fake: Open, tmp_path: Path) -> None:
    oracle = open_fake("hang", TimeLimits(question=2000, first=3000, late=20))
    path = tmp_path / "a.py"
    assert oracle.findings(path, "ok") == ()
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(oracle.findings, path, "hang")
        time.sleep(0.1)
        oracle.mirror(path, "typed")
        oracle.forget(path)
        oracle.files_changed([path])
        oracle.start()
        assert not asked.done()


def test_once_cancelled_nothing_is_waited_for(open_fake: Open, tmp_path: Path) -> None:
    oracle = open_fake("slow")
    path = tmp_path / "a.py"
    assert oracle.findings(path, "ok") == ()
    cancel = Event()
    with ThreadPoolExecutor(2) as pool:

        def ask(text: str) -> object:
            with oracle.asking(cancel):
                return oracle.findings(path, text)

        answers = [pool.submit(ask, "slow bad")]  # waits for the server
        time.sleep(0.1)
        answers.append(pool.submit(ask, "bad"))  # waits for the other
        time.sleep(0.1)
        cancel.set()
        assert [answer.result() for answer in answers] == [None, None], "the server would have answered"
    assert oracle.findings(path, "bad"), "the next question waits for the answer that is late"


def test_once_cancelled_the_start_is_not_waited_for(open_fake: Open, tmp_path: Path) -> None:
    oracle = open_fake("mute", TimeLimits(first=20_000, start=20_000))
    cancel = Event()
    Timer(0.05, cancel.set).start()
    with oracle.asking(cancel) as asked:
        assert oracle.findings(tmp_path / "a.py", "bad") is None
    assert [question.answered for question in asked] == [False]
    assert asked[0].ms < 20_000


def test_questions_are_recorded_where_they_are_asked(open_fake: Open, tmp_path: Path) -> None:
    oracle = open_fake("normal")
    with oracle.asking() as ours, ThreadPoolExecutor(1) as pool:
        pool.submit(oracle.findings, tmp_path / "a.py", "theirs").result()
        assert ours == []
        with oracle.asking() as inner:
            oracle.resolves(tmp_path / "a.py", "bad", 0)
        assert ours == inner
    assert [question.what for question in ours] == ["resolves bad"]


def test_only_the_first_question_waits_for_the_start(open_fake: Open, tmp_path: Path) -> None:
    oracle = open_fake("mute", TimeLimits(first=500, start=5000))
    with oracle.asking() as asked:
        assert oracle.findings(tmp_path / "a.py", "bad") is None
        assert oracle.findings(tmp_path / "a.py", "bad") is None
    assert asked[1].ms < asked[0].ms


def test_one_that_is_not_there(open_fake: Open, tmp_path: Path) -> None:
    oracle = open_fake("normal", command=[str(tmp_path / "no-such-program")])
    oracle.start()
    assert oracle.findings(tmp_path / "a.py", "bad") is None
    assert oracle.signature(tmp_path / "a.py", "f(", 2) is None


def test_closing_ends_the_child_and_the_answers(open_fake: Open, tmp_path: Path, notes: Path) -> None:
    oracle = open_fake("normal")
    oracle.findings(tmp_path / "a.py", "bad")
    pid = oracle.pid
    assert pid
    oracle.close()
    oracle.close()
    assert not is_running(pid)
    assert notes.read_text().endswith("exit\n"), "it was asked, not killed"
    assert oracle.findings(tmp_path / "a.py", "bad!") is None
