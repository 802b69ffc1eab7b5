"""The log of what became of completions, with a client that tells nothing beyond LSP, and with one that tells all."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from fake_editor import Editor, capabilities, until
from lsprotocol import types
from tests.unit.index.labelled_secrets import secrets

from soothsay.cli.main import main
from soothsay.config import FeedbackSettings
from soothsay.feedback.log import FeedbackLog
from soothsay.feedback.rows import FeedbackRow
from soothsay_index.sources.masking import without_secrets, without_written_secrets

CALL = "create_job(\n    name=1,\n)"
LOOKED = 0.3  # seconds in which a person sees it


@pytest.fixture
def arguments() -> list[str]:
    return ["--quick-feedback"]


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def log(state: Path) -> FeedbackLog:
    return FeedbackLog(state / "feedback.sqlite")


class Typist:
    """Somebody who has a document open, in an editor that tells the server what becomes of ghost text, or does not."""

    def __init__(self, editor: Editor, text: str, *, tells: bool, name: str = "main.py") -> None:
        self.editor, self.text, self.tells, self.name = editor, text, tells, name
        self._version = 1
        editor.open(text, name)

    def edit(self, start: int, removed: int, inserted: str) -> None:
        """Replace characters, as an editor that sends incremental changes."""
        place = types.Range(self.position(start), self.position(start + removed))
        self.text = self.text[:start] + inserted + self.text[start + removed :]
        self._version += 1
        self.editor.client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(self._version, self.editor.uri(self.name)),
                [types.TextDocumentContentChangePartial(range=place, text=inserted)],
            )
        )

    def type(self, start: int, text: str) -> None:
        """Type key by key."""
        for place, char in enumerate(text):
            self.edit(start + place, 0, char)

    def position(self, offset: int) -> types.Position:
        before = self.text[:offset]
        return types.Position(before.count("\n"), len(before) - before.rfind("\n") - 1)

    async def see(self, offset: int) -> types.InlineCompletionItem:
        """Ask for ghost text, and look at it."""
        at = self.position(offset)
        params = self.editor.inline_params(at.line, at.character, self.name)
        result = await self.editor.client.text_document_inline_completion_async(params)
        assert isinstance(result, types.InlineCompletionList)
        (item,) = result.items
        self.tell("soothsay/didShow", id=self.id_of(item))
        await asyncio.sleep(LOOKED)
        return item

    @staticmethod
    def id_of(item: types.InlineCompletionItem) -> int:
        assert item.command is not None and item.command.arguments is not None
        (argument,) = item.command.arguments
        assert isinstance(argument, dict)
        return argument["id"]

    def tell(self, notification: str, **params: Any) -> None:
        if self.tells:
            self.editor.client.protocol.notify(notification, params)

    async def accept(self, offset: int, item: types.InlineCompletionItem, text: str = CALL) -> None:
        self.edit(offset, 0, text)
        if self.tells and item.command is not None:
            await self.editor.command(item.command.command, *item.command.arguments or ())


async def switch_on(editor: Editor, **feedback: Any) -> None:
    settings = {"workspaces": [str(editor.workspace)], **feedback}
    await editor.start(settings={"completion": {"speculate": False}, "feedback": settings})
    await editor.happened("build done")
    await asyncio.sleep(0.1)


async def logged(log: FeedbackLog, count: int, *, settled: bool = True) -> Sequence[FeedbackRow]:
    """Wait for so many rows, each followed to its end."""

    def are_there() -> bool:
        rows = list(log.rows())
        return len(rows) == count and (not settled or all(row.kept_5min is not None for row in rows))

    await until(are_there, f"{count} rows: {list(log.rows())}")
    return list(log.rows())


async def test_it_is_off_until_a_folder_is_named(editor: Editor, state: Path) -> None:
    await editor.start()
    typist = Typist(editor, "client.\n", tells=True)
    await typist.accept(7, await typist.see(7))
    stats = await editor.command("soothsay.stats")
    assert stats["feedback"] == {"on": False, "written": 0, "dropped": 0, "learnedFrom": 0}
    assert not state.exists()


async def test_a_workspace_cannot_switch_it_on(editor: Editor, state: Path) -> None:
    plain = capabilities(experimental={"soothsay": {"settingsTrusted": None}})
    here = {"feedback": {"workspaces": [str(editor.workspace)], "texts": True}}
    await editor.start(plain, settings=here)
    await editor.told("soothsay.feedback.workspaces, soothsay.feedback.texts: not taken")
    typist = Typist(editor, "client.\n", tells=False)
    await typist.accept(7, await typist.see(7))
    assert (await editor.command("soothsay.stats"))["feedback"]["on"] is False
    assert not state.exists()


async def test_nor_does_a_user_of_other_folders_log_this_one(editor: Editor, state: Path) -> None:
    await switch_on(editor, workspaces=[str(editor.workspace / "other")])
    typist = Typist(editor, "client.\n", tells=False)
    await typist.accept(7, await typist.see(7))
    assert (await editor.command("soothsay.stats"))["feedback"]["written"] == 0
    assert not state.exists()


async def test_numbers_alone_unless_texts_are_asked_for(editor: Editor, log: FeedbackLog) -> None:
    await switch_on(editor)
    typist = Typist(editor, "import shop\nclient.\n", tells=False)
    await typist.accept(19, await typist.see(19))
    (row,) = await logged(log, 1)
    assert (row.became, row.taken, row.characters) == ("accepted", len(CALL), len(CALL))
    assert (row.kept_10s, row.kept_30s, row.kept_5min) == (len(CALL),) * 3
    assert (row.prefix, row.text, row.suffix, row.settled) == (None,) * 4
    assert (row.language, row.method, row.verdict, row.adapter_hash) == ("python", "full", "verified", "")
    assert row.evidence == ("symbol:botocore@1.43.11:bedrock.create_job",)
    assert row.features["confidence"] == 0.65 and row.features["reason_not_in_index"] == 1.0
    assert "shop" not in repr(row) and "client" not in repr(row)


async def accepted_and_undone(typist: Typist) -> None:
    await typist.accept(7, await typist.see(7))
    typist.edit(7, len(CALL), "")


async def accepted_and_changed(typist: Typist) -> None:
    await typist.accept(7, await typist.see(7))
    typist.edit(7 + CALL.index("1"), 1, "job")
    typist.edit(0, 0, "import shop\n")


async def partly_accepted(typist: Typist) -> None:
    item = await typist.see(7)
    typist.edit(7, 0, "create_job")
    typist.tell("soothsay/didPartiallyAccept", id=typist.id_of(item), acceptedLength=10)
    typist.edit(17, 0, "s")


async def rejected(typist: Typist) -> None:
    await typist.see(7)
    typist.type(7, "list()")


async def ignored(typist: Typist) -> None:
    await typist.see(7)
    typist.edit(8, 0, "x = 1\n")


async def typed_by_hand(typist: Typist) -> None:
    await typist.see(7)
    typist.type(7, CALL)


@pytest.mark.parametrize("tells", [False, True], ids=["plain", "telling"])
async def test_what_became_of_it_and_what_is_kept(editor: Editor, log: FeedbackLog, tells: bool) -> None:
    await switch_on(editor, texts=True)
    acts = (accepted_and_undone, accepted_and_changed, partly_accepted, rejected, ignored, typed_by_hand)
    for act in acts:
        await act(Typist(editor, "client.\n", tells=tells, name=f"{act.__name__}.py"))
    undone, changed, partly, other, elsewhere, typed = await logged(log, len(acts))
    assert (undone.became, undone.kept_10s, undone.kept_5min, undone.settled) == ("accepted", 0, 0, "")
    assert (changed.became, changed.kept_5min) == ("accepted", len(CALL) - 1)
    assert (changed.prefix, changed.text, changed.suffix) == ("client.", CALL, "\n")
    assert changed.settled == CALL.replace("1", "job")
    assert (partly.became, partly.taken, partly.kept_5min, partly.text) == ("partly", 10, 0, CALL)
    assert (other.became, other.taken, other.settled) == ("rejected", 0, "list()")
    assert (elsewhere.became, elsewhere.taken, elsewhere.kept_5min) == ("ignored", 0, 0)
    assert (typed.became, typed.taken, typed.kept_5min) == ("ignored", 0, len(CALL))


async def test_a_snippet_that_says_something_else_is_accepted_where_the_client_says_so(
    editor: Editor, log: FeedbackLog
) -> None:
    await switch_on(editor, texts=True)
    typist = Typist(editor, "client.\n", tells=True)
    await typist.accept(7, await typist.see(7), CALL.replace("1", "name"))
    (row,) = await logged(log, 1)
    assert (row.became, row.kept_5min) == ("accepted", len(CALL) + 3)


@pytest.mark.parametrize(
    "tells", [True, False], ids=["the client never showed it", "nobody can have read it"]
)
async def test_what_was_not_seen_is_not_rejected(editor: Editor, log: FeedbackLog, tells: bool) -> None:
    await switch_on(editor)
    typist = Typist(editor, "client.\nother.\n", tells=tells)
    await typist.accept(14, await typist.see(14))
    at = typist.position(7)
    await editor.inline(at.line, at.character)
    typist.edit(7, 0, "x")
    await logged(log, 1)
    assert (await editor.command("soothsay.stats"))["feedback"]["written"] == 1


async def test_a_document_that_is_closed_is_settled(editor: Editor, log: FeedbackLog) -> None:
    await switch_on(editor, texts=True)
    typist = Typist(editor, "client.\n", tells=False)
    await typist.accept(7, await typist.see(7))
    closed = types.TextDocumentIdentifier(editor.uri())
    editor.client.text_document_did_close(types.DidCloseTextDocumentParams(closed))
    (row,) = await logged(log, 1, settled=False)
    await until(lambda: next(log.rows()).settled == CALL, "the settled text")
    assert row.kept_5min is None


async def test_a_server_that_ends_writes_what_it_knows(editor: Editor, log: FeedbackLog) -> None:
    await switch_on(editor)
    typist = Typist(editor, "client.\n", tells=False)
    await typist.see(7)
    await editor.client.shutdown_session()
    (row,) = await logged(log, 1, settled=False)
    assert row.became == "ignored"


async def test_excluded_files_and_files_of_secrets_are_not_logged(editor: Editor, log: FeedbackLog) -> None:
    await switch_on(editor, exclude=["private/"])
    for name in ("private/main.py", "secrets.py", "main.py"):
        typist = Typist(editor, "client.\n", tells=False, name=name)
        await typist.accept(7, await typist.see(7))
    await logged(log, 1)
    assert (await editor.command("soothsay.stats"))["feedback"]["written"] == 1


async def test_switched_off_it_forgets(editor: Editor, log: FeedbackLog) -> None:
    await switch_on(editor)
    typist = Typist(editor, "client.\n", tells=False)
    await typist.see(7)
    editor.client.set_configuration({"feedback": {"workspaces": []}}, section="soothsay")
    editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings=None))
    await until_off(editor)
    typist.edit(7, 0, CALL)
    assert (await editor.command("soothsay.stats"))["feedback"]["written"] == 0
    assert not log.exists()


async def until_off(editor: Editor) -> None:
    deadline = time.monotonic() + 10
    while (await editor.command("soothsay.stats"))["feedback"]["on"]:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


def outcomes(count: int) -> Iterator[FeedbackRow]:
    """Rows of a person who keeps what is shown near the beginning of a line, and nothing else."""
    for number in range(count):
        column = float(number * 7 % 80)
        is_kept = column < 40
        yield FeedbackRow(
            id=f"old{number}",
            time=time.time() - count + number,
            workspace="",
            language="python",
            method="full",
            model="",
            model_hash="",
            adapter_hash="",
            features={"column": column, "automatic": 1.0},
            evidence=(),
            verdict="verified",
            became="accepted" if is_kept else "rejected",
            characters=25,
            taken=25 if is_kept else 0,
            kept_5min=25 if is_kept else 0,
        )


async def test_what_is_unlikely_to_be_kept_is_hidden_and_explained_and_shown_to_who_asks_for_it(
    editor: Editor, log: FeedbackLog
) -> None:
    for row in outcomes(250):
        log.add(row, FeedbackSettings())
    await switch_on(editor)
    far = "x" * 70
    typist = Typist(editor, f"client.\n{far}\n", tells=False)
    await learned(editor, typist)
    assert await editor.inline(1, 7) == [CALL]
    shown = await editor.explain()
    assert shown["ending"]["step"] == "shown" and shown["gate"]["probability"] > 0.5
    line = typist.text.count("\n", 0, typist.text.index(far))
    assert await editor.inline(line, 70) == []
    hidden = (await editor.explain())["nothingSince"]
    assert (hidden["step"], hidden["dropped"]) == ("unlikely", CALL)
    assert hidden["gate"]["probability"] < hidden["gate"]["least"] == 0.25
    assert hidden["gate"]["outcomes"] == 250
    params = editor.inline_params(line, 70)
    params.context.trigger_kind = types.InlineCompletionTriggerKind.Invoked
    asked = await editor.client.text_document_inline_completion_async(params)
    assert isinstance(asked, types.InlineCompletionList)
    assert [item.insert_text for item in asked.items] == [CALL]
    asks = [entry["line"] for entry in editor.journal("complete")]
    assert asks.count(far) == 1, "it was remembered"


async def learned(editor: Editor, typist: Typist) -> None:
    """Wait until the gate was learned: it is looked at after each row that is written."""
    for _ in range(30):
        typist.edit(0, 0, "client.\n")
        await typist.see(7)
        typist.edit(0, 8, "")
        if (await editor.command("soothsay.stats"))["feedback"]["learnedFrom"]:
            return
    pytest.fail("it was not learned")


async def test_a_hundred_secrets_are_planted_and_none_is_on_disk_and_a_purge_leaves_nothing(
    editor: Editor, log: FeedbackLog, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = [
        case
        for case in secrets()
        if case.path.endswith(".py") and case.value not in without_written_secrets(without_secrets(case.text))
    ]
    planted = [case.value for case in cases] + [
        "hunt" + f"er{number}x9" for number in range(100 - len(cases))
    ]
    await switch_on(editor, texts=True)
    lines = "".join(case.text if case.text.endswith("\n") else f"{case.text}\n" for case in cases)
    rest = "".join(f'password_{value[5:]} = "{value}"\n' for value in planted[len(cases) :])
    text = f"{lines}{rest}harmless_word = client.\n"
    typist = Typist(editor, text, tells=False)
    at = len(text) - 1
    await typist.accept(at, await typist.see(at))
    for value in planted[-5:]:  # written instead of a completion, and within one
        typist.edit(len(typist.text), 0, "PASSWORD = ")
        end = len(typist.text)
        await typist.see(end)
        typist.type(end, f'"{value}"')
        typist.edit(len(typist.text), 0, "\n")
    rows = await logged(log, 6)
    written = b"".join(path.read_bytes() for path in state.rglob("*") if path.is_file())
    assert len(planted) >= 100 and b"harmless_word" in written
    assert [value for value in planted if value.encode() in written] == []
    assert {row.became for row in rows[1:]} == {"rejected"}
    monkeypatch.setenv("SOOTHSAY_STATE", str(state))
    assert await asyncio.to_thread(main, ["feedback", "purge"]) == 0
    left = b"".join(path.read_bytes() for path in state.rglob("*") if path.is_file())
    assert left == b""
