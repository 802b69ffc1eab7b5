"""The server as an editor starts it: `soothsay serve --stdio` with the real model, index and embeddings."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest
import pytest_asyncio
from fake_editor import Editor, capabilities, real_server, until
from lsprotocol import types

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

EXAMPLES = Path(__file__).parents[2] / "examples"
SETTINGS = {
    "index": {"python": sys.executable},
    "completion": {"maxLatencyMs": 300_000, "linesMs": 300_000, "writeMs": 300_000},
}
MAX_RESIDENT = 150e6  # bytes of the process that the editor starts: the model is in the backend


@pytest_asyncio.fixture
async def real(tmp_path: Path) -> AsyncIterator[Editor]:
    workspace = Path(shutil.copytree(EXAMPLES, tmp_path / "workspace"))
    async with real_server(workspace, tmp_path) as opened:
        yield opened


async def indexed(editor: Editor) -> None:
    """Wait until the server says that indexing has ended."""
    for _ in range(6000):
        for reports in editor.client.progress_reports.values():
            begins = [r for r in reports if isinstance(r, types.WorkDoneProgressBegin) and "Index" in r.title]
            if begins and any(isinstance(r, types.WorkDoneProgressEnd) for r in reports):
                return
        await asyncio.sleep(0.1)
    pytest.fail("indexing did not end")


async def inline(editor: Editor, name: str, text: str) -> list[types.InlineCompletionItem]:
    """Ask at the end of ``text``; again while the model is still loading (that is an empty list)."""
    uri = editor.uri(name)
    editor.client.text_document_did_open(
        types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "python", 1, text))
    )
    lines = text.split("\n")
    position = types.Position(len(lines) - 1, len(lines[-1]))
    for _ in range(20):
        answer = await editor.client.text_document_inline_completion_async(
            types.InlineCompletionParams(
                context=types.InlineCompletionContext(types.InlineCompletionTriggerKind.Automatic),
                text_document=types.TextDocumentIdentifier(uri),
                position=position,
            )
        )
        items = answer.items if isinstance(answer, types.InlineCompletionList) else answer or []
        if items:
            return list(items)
        await asyncio.sleep(0.5)
    return []


def content(editor: Editor, name: str) -> str:
    return (editor.workspace / name).read_text(encoding="utf-8").rstrip("\n")


async def test_ghost_text_explanation_list_and_memory(real: Editor) -> None:
    await real.start(settings=SETTINGS)
    await indexed(real)

    (item, *_) = await inline(real, "bedrock.py", content(real, "bedrock.py"))
    assert str(item.insert_text).startswith("create_model_customization_job(")

    why = await real.client.workspace_execute_command_async(
        types.ExecuteCommandParams("soothsay.explainLast")
    )
    assert isinstance(why, dict)
    assert why["trigger"]["fired"]
    assert why["evidence"][0]["symbol"] == "bedrock.create_model_customization_job"

    text = content(real, "buckets.py")
    real.client.text_document_did_open(
        types.DidOpenTextDocumentParams(types.TextDocumentItem(real.uri("buckets.py"), "python", 1, text))
    )
    listed = await real.client.text_document_completion_async(
        types.CompletionParams(
            types.TextDocumentIdentifier(real.uri("buckets.py")),
            types.Position(text.count("\n"), len(text.rsplit("\n", 1)[-1])),
        )
    )
    assert isinstance(listed, types.CompletionList)
    resolved = await real.client.completion_item_resolve_async(listed.items[0])
    assert isinstance(resolved.documentation, types.MarkupContent)
    assert "botocore" in resolved.documentation.value

    assert real.client._server is not None
    server = psutil.Process(real.client._server.pid)
    assert server.memory_info().rss < MAX_RESIDENT


async def test_an_edit_in_another_file_is_found(real: Editor) -> None:
    await real.start(settings=SETTINGS)
    await indexed(real)
    ledger = real.workspace / "billing" / "ledger.py"
    ledger.write_text(
        ledger.read_text(encoding="utf-8").replace("post_reversal_to_customer", "post_reversal_to_guest"),
        encoding="utf-8",
    )
    real.client.workspace_did_change_watched_files(
        types.DidChangeWatchedFilesParams([types.FileEvent(ledger.as_uri(), types.FileChangeType.Changed)])
    )
    await asyncio.sleep(2.0)
    (item, *_) = await inline(real, "refund.py", content(real, "refund.py"))
    assert "post_reversal_to_guest(" in str(item.insert_text)


async def test_a_wrong_call_is_marked_and_can_be_replaced(real: Editor) -> None:
    # all: where types-boto3 is installed, a type checker sees this, too
    await real.start(settings={**SETTINGS, "diagnostics": {"enabled": "all"}})
    text = content(real, "bedrock.py").replace("response = client.", 'client.create_job(jobName="x")\n')
    await indexed(real)
    real.open(text, "written.py")
    uri = real.uri("written.py")
    await until(lambda: real.client.diagnostics.get(uri), "a hint", 60)
    (hint,) = real.client.diagnostics[uri]
    assert (hint.source, hint.severity) == ("soothsay", types.DiagnosticSeverity.Hint)
    assert hint.message.startswith("bedrock has no create_job; did you mean create_model_customization_job?")
    (action,) = await real.client.text_document_code_action_async(
        types.CodeActionParams(
            types.TextDocumentIdentifier(uri), hint.range, types.CodeActionContext(diagnostics=[hint])
        )
    ) or [None]
    assert isinstance(action, types.CodeAction)
    assert action.title == "Replace with client.create_model_customization_job(…)"
    assert action.edit is not None
    assert action.edit.changes is not None
    (edit,) = action.edit.changes[uri]
    # on one line or on several, as the model likes
    assert "".join(edit.new_text.split()).startswith('create_model_customization_job(jobName="x",')
    assert edit.range == types.Range(types.Position(5, 7), types.Position(5, 30))


async def test_windows_line_ends(real: Editor) -> None:
    await real.start(settings=SETTINGS)
    await indexed(real)
    text = content(real, "bedrock.py").replace("\n", "\r\n")
    (item,) = await inline(real, "bedrock.py", text)
    shown = str(item.insert_text)
    assert shown.startswith("create_model_customization_job(")
    assert "\r" not in shown
    assert (await real.explain())["verdict"] == "verified"


async def complete_in_notebook(real: Editor, *cells: str) -> str:
    """Return what is suggested at the end of the last cell."""
    await real.start(
        capabilities(
            notebook_document=types.NotebookDocumentClientCapabilities(
                types.NotebookDocumentSyncClientCapabilities()
            )
        ),
        settings=SETTINGS,
    )
    await indexed(real)
    notebook = real.uri("study.ipynb")
    texts = {f"{notebook}#{number}": text for number, text in enumerate(cells)}
    real.client.notebook_document_did_open(
        types.DidOpenNotebookDocumentParams(
            types.NotebookDocument(
                notebook,
                "jupyter-notebook",
                1,
                [types.NotebookCell(types.NotebookCellKind.Code, uri) for uri in texts],
            ),
            [types.TextDocumentItem(uri, "python", 1, text) for uri, text in texts.items()],
        )
    )
    last = cells[-1].splitlines()
    (text,) = await real.inline(len(last) - 1, len(last[-1]), f"{notebook}#{len(cells) - 1}")
    return text


async def test_a_cell_is_grounded_in_the_cells_above_it(real: Editor) -> None:
    above, below = content(real, "bedrock.py").rsplit("\n\n", 1)  # imports and client; comment and call
    text = await complete_in_notebook(real, f"%load_ext x\n{above}", below)
    assert text.startswith("create_model_customization_job(")
    assert (await real.explain())["verdict"] == "verified"  # the type checker and the index know `client`
    assert not list(real.workspace.glob("study*"))


async def test_magics_define_names_and_no_cell_ends_the_next(real: Editor) -> None:
    above, below = content(real, "bedrock.py").rsplit("\n\n", 1)
    commands = above.replace("client =", "files = !ls 'here (\n%time client =")
    assert "%time client" in commands
    text = await complete_in_notebook(real, commands, "raise SystemExit('the rest is old')", below)
    assert text.startswith("create_model_customization_job(")
    assert (await real.explain())["verdict"] == "verified"


async def test_cancel_frees_the_model(real: Editor) -> None:
    await real.start(settings={**SETTINGS, "index": {"enabled": False}})
    await inline(real, "warm.py", "x = ")
    long = "".join(f"value_{i} = {i}\n" for i in range(400)) + "total = "
    uri = real.uri("long.py")
    real.client.text_document_did_open(
        types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "python", 1, long))
    )
    pending = asyncio.ensure_future(
        real.client.protocol.send_request_async(
            types.TEXT_DOCUMENT_INLINE_COMPLETION,
            types.InlineCompletionParams(
                types.InlineCompletionContext(types.InlineCompletionTriggerKind.Automatic),
                types.TextDocumentIdentifier(uri),
                types.Position(400, 8),
            ),
            msg_id="to-cancel",
        )
    )
    await asyncio.sleep(0.5)  # the prompt takes seconds
    assert not pending.done()
    real.client.protocol.notify(types.CANCEL_REQUEST, types.CancelParams("to-cancel"))
    assert await inline(real, "next.py", "y = [1, 2, 3]\nprint(y")
    assert pending.done()
    with pytest.raises(Exception):  # noqa: B017 - pygls' client raises its own for an error response
        await pending
