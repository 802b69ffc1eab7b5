"""What clients get beyond completions, over stdio: status, acceptance, models, notebooks, unsaved documents."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from fake_editor import Editor, capabilities, listen, until
from lsprotocol import types
from pygls.exceptions import JsonRpcException

ANSWER = "create_job(\n    name=1,\n)"
LISTENS = {"soothsay": {"status": True}}


# -- status --------------------------------------------------------------------------------------------


async def test_the_status_follows_the_server(editor: Editor) -> None:
    heard = listen(editor)
    await editor.start(
        capabilities(experimental=LISTENS), settings={"model": {"name": "slow"}, "index": {"python": "slow"}}
    )
    editor.open("client.cr")
    assert await editor.inline(0, 9) == [ANSWER]
    await until(lambda: heard and heard[-1].last and heard[-1].index, "an answer while the index is built")
    assert heard[0].state == "loading"
    assert [each.message for each in heard if each.state == "loading"][-1] == "loading slow"
    now = heard[-1]
    assert (now.state, now.model, now.message) == ("ready", "slow", "")
    assert (now.index.stage, now.index.total, now.index.detail) == ("packages", 100, "numpy")
    assert now.last._asdict() == {
        "id": 1,
        "verdict": "verified",
        "symbol": "bedrock.create_job",
        "package": "botocore",
        "version": "1.43.11",
        "retrieved": True,
        "repaired": False,
        "trimmed": False,
        "adapters": [],
    }
    await until(lambda: heard[-1].index.remainingSeconds, "an estimate")
    assert 0 < heard[-1].index.remainingSeconds < 10
    await editor.command("soothsay.pause")
    await until(lambda: heard[-1].state == "paused", "paused")
    await editor.command("soothsay.resume")
    await until(lambda: heard[-1].state == "ready", "ready again")
    await editor.happened("build done")
    await until(lambda: heard[-1].index is None, "the end of indexing")


async def test_a_model_that_is_missing_is_a_state(editor: Editor) -> None:
    heard = listen(editor)
    await editor.start(capabilities(experimental=LISTENS), settings={"model": {"name": "missing"}})
    await until(lambda: heard and heard[-1].state == "error", "the error")
    assert heard[-1].message == "no model named 'missing'; try `soothsay models list`"
    assert editor.client.messages == []  # the client shows it in its own way


async def test_warnings_are_in_the_status_s_message(editor: Editor) -> None:
    heard = listen(editor)
    await editor.start(capabilities(experimental=LISTENS), settings={"model": {"name": "warns"}})
    await until(lambda: heard and "no FIM tokens" in heard[-1].message, "the warning")
    assert heard[-1].state == "ready"
    assert editor.client.messages == []


async def test_who_does_not_ask_for_the_status_is_not_sent_it(editor: Editor) -> None:
    heard = listen(editor)
    await editor.start()
    await editor.happened("build done")
    await editor.explain()
    assert heard == []


async def test_progress_says_how_much_time_is_left(editor: Editor) -> None:
    await editor.start(settings={"index": {"python": "slow"}})

    def messages() -> list[str]:
        reports = [each for reports in editor.client.progress_reports.values() for each in reports]
        return [str(each.message) for each in reports if isinstance(each, types.WorkDoneProgressReport)]

    await until(lambda: any("s left" in each for each in messages()), "an estimate")
    assert any(each.endswith(" s left") and "/100 numpy · " in each for each in messages())


# -- acceptance ----------------------------------------------------------------------------------------


async def test_acceptance_is_kept_in_memory(editor: Editor) -> None:
    await editor.start()
    editor.open("client.cr")
    result = await editor.client.text_document_inline_completion_async(editor.inline_params(0, 9))
    assert isinstance(result, types.InlineCompletionList)
    command = result.items[0].command
    assert command is not None
    editor.client.protocol.notify("soothsay/didShow", {"id": 1})
    editor.client.protocol.notify("soothsay/didPartiallyAccept", {"id": 1, "acceptedLength": 6})
    editor.client.protocol.notify("soothsay/didShow", {"no": "number"})
    editor.client.protocol.notify("soothsay/didShow", None)
    assert await editor.command(command.command, *command.arguments or ()) is None
    stats = await editor.command("soothsay.stats")
    assert (stats["shown"], stats["accepted"], stats["partiallyAccepted"]) == (1, 1, 1)
    assert [(each["kind"], each["length"]) for each in stats["events"]] == [
        ("shown", None),
        ("partially_accepted", 6),
        ("accepted", None),
    ]


async def test_any_of_the_last_completions_can_be_explained(editor: Editor) -> None:
    await editor.start()
    assert await editor.command("soothsay.explain") is None
    editor.open("first\nsecond")
    await editor.inline(0, 5)
    await editor.inline(1, 6)
    first, last = (
        await editor.command("soothsay.explain", {"id": 1}),
        await editor.command("soothsay.explain"),
    )
    assert (first["id"], first["draft"], last["id"], last["draft"]) == (1, "first", 2, "second")
    assert {**last, "nothingSince": None} == {**await editor.explain(), "id": 2}
    assert await editor.command("soothsay.explain", {"id": 99}) is None
    assert await editor.command("soothsay.explain", {"id": "x"}) is None


# -- notebooks and unsaved documents -------------------------------------------------------------------


def cell(number: int) -> str:
    return f"vscode-notebook-cell:/nb/study.ipynb#{number}"


async def open_notebook(editor: Editor, *texts: str) -> types.InitializeResult:
    notebooks = types.NotebookDocumentClientCapabilities(types.NotebookDocumentSyncClientCapabilities())
    result = await editor.start(capabilities(notebook_document=notebooks))
    cells = [types.NotebookCell(types.NotebookCellKind.Code, cell(n)) for n in range(len(texts))]
    editor.client.notebook_document_did_open(
        types.DidOpenNotebookDocumentParams(
            types.NotebookDocument(editor.uri("study.ipynb"), "jupyter-notebook", 1, cells),
            [types.TextDocumentItem(cell(n), "python", 1, text) for n, text in enumerate(texts)],
        )
    )
    return result


async def test_a_cell_is_completed_in_its_own_coordinates(editor: Editor) -> None:
    result = await open_notebook(editor, "import boto3\nx = '😀'", "😀client.cr")
    sync = result.capabilities.notebook_document_sync
    assert isinstance(sync, types.NotebookDocumentSyncOptions)
    found = await editor.client.text_document_inline_completion_async(editor.inline_params(0, 11, cell(1)))
    assert isinstance(found, types.InlineCompletionList)
    here = types.Position(0, 11)
    assert found.items[0].range == types.Range(here, here)
    (asked,) = editor.journal("complete")
    assert asked["path"] == str(editor.workspace / "study_ipynb.py")
    assert asked["line"] == "😀client.cr"
    assert asked["above"] == "import boto3\nx = '😀'\n\n"
    assert not (editor.workspace / "study_ipynb.py").exists()
    assert editor.journal("mirror") == []


async def test_code_behind_a_magic_is_completed_where_it_stands(editor: Editor) -> None:
    await open_notebook(editor, "files = !ls '\n%%bash", "!cd x\n  %time 😀 = client.cr")
    found = await editor.client.text_document_inline_completion_async(editor.inline_params(1, 22, cell(1)))
    assert isinstance(found, types.InlineCompletionList)
    here = types.Position(1, 22)
    assert found.items[0].range == types.Range(here, here)
    (asked,) = editor.journal("complete")
    assert asked["line"] == "  😀 = client.cr"
    assert asked["above"] == "files = list[str]()  # !ls '\n# %%bash\n\n# !cd x\n"


async def test_a_cell_for_another_program_has_no_completion(editor: Editor) -> None:
    await open_notebook(editor, "%%bash\nls")
    found = await editor.client.text_document_inline_completion_async(editor.inline_params(1, 2, cell(0)))
    assert isinstance(found, types.InlineCompletionList) and not found.items
    assert editor.journal("complete") == []


async def test_edited_added_and_removed_cells(editor: Editor) -> None:
    await open_notebook(editor, "a = 1", "b")
    edit = types.NotebookDocumentCellContentChanges(
        types.VersionedTextDocumentIdentifier(2, cell(0)),
        [
            types.TextDocumentContentChangePartial(
                types.Range(types.Position(0, 4), types.Position(0, 5)), "22"
            )
        ],
    )
    structure = types.NotebookDocumentCellChangeStructure(
        types.NotebookCellArrayChange(1, 1, [types.NotebookCell(types.NotebookCellKind.Code, cell(7))]),
        did_open=[types.TextDocumentItem(cell(7), "python", 1, "c")],
        did_close=[types.TextDocumentIdentifier(cell(1))],
    )
    for number, cells in enumerate(
        (
            types.NotebookDocumentCellChanges(text_content=[edit]),
            types.NotebookDocumentCellChanges(structure=structure),
        ),
        start=2,
    ):
        editor.client.notebook_document_did_change(
            types.DidChangeNotebookDocumentParams(
                types.VersionedNotebookDocumentIdentifier(number, editor.uri("study.ipynb")),
                types.NotebookDocumentChangeEvent(cells=cells),
            )
        )
    assert await editor.inline(0, 1, cell(7)) == [ANSWER]
    assert editor.journal("complete")[0]["above"] == "a = 22\n\n"
    assert await editor.inline(0, 1, cell(1)) == []


async def test_untitled_documents_are_completed(editor: Editor) -> None:
    await editor.start()
    editor.open("text", "untitled:Untitled-1")
    editor.open("text", "untitled:Untitled-2", language="plaintext")
    assert await editor.inline(0, 4, "untitled:Untitled-1") == [ANSWER]
    assert await editor.inline(0, 4, "untitled:Untitled-2") == []
    (asked,) = editor.journal("complete")
    assert asked["path"] == str(editor.workspace / "Untitled-1.py")


async def test_without_a_workspace_an_untitled_document_is_nowhere(editor: Editor, cache: Path) -> None:
    await editor.start(folders=False)
    editor.open("text", "untitled:Untitled-1")
    assert await editor.inline(0, 4, "untitled:Untitled-1") == [ANSWER]
    assert editor.journal("open")[0]["workspace"] == str(cache / "nowhere")
    assert list((cache / "nowhere").iterdir()) == []
    editor.open("text", "real/main.py")
    assert (await editor.happened("open", 2))[1]["workspace"] == str(editor.workspace / "real")


# -- models and the doctor -----------------------------------------------------------------------------


@pytest.fixture
def arguments() -> list[str]:
    return ["--slow-pulls"]


async def test_models_are_listed(editor: Editor) -> None:
    await editor.start(settings={"model": {"name": "smollm2-135m"}})
    await editor.happened("loaded")
    models = {model["name"]: model for model in await editor.command("soothsay.models")}
    assert models["smollm2-135m"] == {
        "name": "smollm2-135m",
        "bytes": 98_362_432,
        "pulled": False,
        "fim": False,
        "current": True,
        "licence": "Apache-2.0",
        "kind": "completion",
    }
    assert [name for name, model in models.items() if model["current"]] == ["smollm2-135m"]
    assert models["all-MiniLM-L6-v2"]["kind"] == "embedding"


async def test_an_unknown_model_is_an_error_of_one_line(
    editor: Editor, capfd: pytest.CaptureFixture[str]
) -> None:
    await editor.start()
    for arguments in (["qwen2.5-coder-0.5"], [], [{"name": 1}]):
        with pytest.raises(JsonRpcException) as refused:
            await editor.command("soothsay.pullModel", *arguments)
        assert refused.value.code == types.LSPErrorCodes.RequestFailed
        assert refused.value.message.startswith("unknown model")
        assert "\n" not in refused.value.message
    assert "Traceback" not in capfd.readouterr().err


def reports(editor: Editor, token: str) -> list[Any]:
    return list(editor.client.progress_reports.get(token, ()))


def pull(editor: Editor, name: str, **request: Any) -> asyncio.Future[Any]:
    params = types.ExecuteCommandParams("soothsay.pullModel", [name], **request)
    return asyncio.wrap_future(
        editor.client.protocol.send_request(types.WORKSPACE_EXECUTE_COMMAND, params, msg_id="pull")
    )


async def test_a_pull_shows_progress_under_the_client_s_token_and_can_be_cancelled(editor: Editor) -> None:
    await editor.start()
    pulling = pull(editor, "slow-model", work_done_token="mine")
    await until(lambda: len(reports(editor, "mine")) > 2, "reports")
    begin, first, *_ = reports(editor, "mine")
    assert begin == types.WorkDoneProgressBegin("Pulling slow-model", cancellable=True, percentage=0)
    assert first.message.endswith("of 100 MB · downloading slowly")
    assert await editor.command("soothsay.stats")  # the server answers others meanwhile
    editor.client.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams("mine"))
    with pytest.raises(JsonRpcException) as cancelled:
        await asyncio.wait_for(pulling, 5)
    assert cancelled.value.code == types.LSPErrorCodes.RequestCancelled
    assert isinstance(reports(editor, "mine")[-1], types.WorkDoneProgressEnd)
    assert editor.journal("pull cancelled")


async def test_cancelling_the_request_stops_the_pull(editor: Editor) -> None:
    await editor.start()
    pulling = pull(editor, "slow-model")
    await until(
        lambda: any("MB" in str(getattr(each, "message", "")) for each in all_reports(editor)),
        "a bar of the server's own",
    )
    editor.client.cancel_request(types.CancelParams("pull"))
    with pytest.raises(JsonRpcException) as cancelled:
        await asyncio.wait_for(pulling, 5)
    assert cancelled.value.code == types.LSPErrorCodes.RequestCancelled
    await editor.happened("pull cancelled")


def all_reports(editor: Editor) -> list[Any]:
    return [each for reports in editor.client.progress_reports.values() for each in reports]


async def test_a_model_that_was_missing_is_loaded_once_it_is_here(editor: Editor) -> None:
    await editor.start(settings={"model": {"name": "quick-model"}})
    await editor.told("quick-model is not here")
    answer = await asyncio.wait_for(pull(editor, "quick-model"), 10)
    assert Path(answer["path"]).name == "quick-model.gguf"
    await editor.happened("loaded")


async def test_shutdown_stops_a_pull(editor: Editor) -> None:
    await editor.start()
    pulling = pull(editor, "slow-model")
    await editor.happened("pull")
    await editor.client.shutdown_async(None)
    await asyncio.wait([pulling], timeout=30)
    pulling.exception()
    editor.client.exit(None)
    assert await asyncio.wait_for(editor.process.wait(), 30) == 0
    assert editor.journal("pull cancelled")


@pytest.mark.slow
async def test_the_doctor_s_findings(editor: Editor) -> None:
    await editor.start()
    await editor.happened("loaded")
    examining = asyncio.ensure_future(editor.command("soothsay.doctor"))
    await editor.command("soothsay.stats")
    assert not examining.done()  # other requests are answered meanwhile
    checks = {check["name"]: check for check in await asyncio.wait_for(examining, 120)}
    assert checks["Python"]["ok"]
    assert checks["model"]["state"] == "broken"  # the cache is empty
    assert checks["model"]["fix"] == "run: soothsay models pull qwen2.5-coder-0.5b"
    assert set(checks["cache"]) == {"name", "ok", "state", "message", "fix"}
