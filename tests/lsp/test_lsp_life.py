"""The server's life over stdio: starting, settings, loading, indexing, files, commands, and the end."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from fake_editor import Editor, capabilities, until
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pytest_lsp import LanguageClient

ANSWER = "create_job(\n    name=1,\n)"


# -- start ---------------------------------------------------------------------------------------------


async def test_what_is_offered_and_that_nothing_heavy_is_loaded_for_it(editor: Editor) -> None:
    result = await editor.start()
    (started,) = editor.journal("start")
    assert started["heavy"] == []
    assert result.server_info is not None
    assert result.server_info.name == "soothsay"
    offered = result.capabilities
    assert offered.inline_completion_provider == types.InlineCompletionOptions()
    assert offered.completion_provider is not None
    assert offered.completion_provider.trigger_characters == (".",)
    assert offered.completion_provider.resolve_provider
    assert offered.execute_command_provider is not None
    assert set(offered.execute_command_provider.commands) == {
        "soothsay.accepted",
        "soothsay.doctor",
        "soothsay.explain",
        "soothsay.explainLast",
        "soothsay.models",
        "soothsay.pause",
        "soothsay.pullModel",
        "soothsay.reindex",
        "soothsay.resume",
        "soothsay.snooze",
        "soothsay.stats",
        "soothsay.toggle",
    }


async def test_requests_before_initialize_and_after_shutdown_are_answered(editor: Editor) -> None:
    editor.client.capabilities = capabilities()
    with pytest.raises(JsonRpcException) as early:
        await asyncio.wait_for(editor.inline(0, 0), 5)
    assert early.value.code == types.ErrorCodes.ServerNotInitialized
    await editor.start()
    await editor.client.shutdown_async(None)
    with pytest.raises(JsonRpcException) as late:
        await asyncio.wait_for(editor.inline(0, 0), 5)
    assert late.value.code == types.ErrorCodes.InvalidRequest
    editor.client.exit(None)
    assert await editor.process.wait() == 0


async def test_without_a_folder_the_document_s_folder_is_the_workspace(editor: Editor) -> None:
    await editor.start(folders=False)
    editor.open("text", "deep/inside.py")
    assert await editor.inline(0, 4, "deep/inside.py") == [ANSWER]
    (opened,) = editor.journal("open")
    assert opened["workspace"] == str(editor.workspace / "deep")


async def test_the_first_folder_is_the_workspace_and_may_change(editor: Editor) -> None:
    await editor.start()
    (opened,) = await editor.happened("open")
    assert opened["workspace"] == str(editor.workspace)
    first = types.WorkspaceFolder(uri=editor.workspace.as_uri(), name="workspace")
    second = types.WorkspaceFolder(uri=(editor.workspace / "b").as_uri(), name="b")
    event = types.WorkspaceFoldersChangeEvent(added=[second], removed=[first])
    editor.client.workspace_did_change_workspace_folders(types.DidChangeWorkspaceFoldersParams(event))
    assert (await editor.happened("open", 2))[1]["workspace"] == str(editor.workspace / "b")
    await editor.happened("close")


# -- settings ------------------------------------------------------------------------------------------


async def test_configuration_lies_over_initialization_options(editor: Editor) -> None:
    await editor.start(
        options={"model": {"name": "from options"}, "trigger": {"threshold": 0.5}},
        settings={"trigger": {"threshold": 0.6}, "method": None},
    )
    (opened,) = await editor.happened("open")
    assert (opened["model"], opened["threshold"]) == ("from options", 0.6)
    assert editor.client.messages == []


async def test_a_bad_setting_is_a_message_and_the_default(editor: Editor) -> None:
    await editor.start(settings={"trigger": {"threshold": 7}, "metod": "dag"}, options="nonsense")
    (opened,) = await editor.happened("open")
    assert opened["threshold"] == 0.0  # the model's own
    message = await editor.told("soothsay.trigger.threshold: 7 is not a number between 0 and 1; using 0.0")
    assert message.type == types.MessageType.Warning
    await editor.told("soothsay.metod: there is no such setting (did you mean method?)")


async def change_settings(editor: Editor, settings: object) -> None:
    editor.client.set_configuration(settings, section="soothsay")
    editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings=None))


async def test_changed_settings_open_a_new_session(editor: Editor) -> None:
    await editor.start()
    await editor.happened("build done")
    editor.open("text")
    await change_settings(editor, {"model": {"name": "other"}})
    opened = await editor.happened("open", 2)
    assert opened[1]["model"] == "other"
    assert await editor.inline(0, 4) == [ANSWER]
    events = [entry["event"] for entry in editor.journal("open", "loaded", "close", "complete")]
    assert events == ["open", "loaded", "close", "open", "loaded", "complete"]


async def test_a_changed_method_needs_no_new_session(editor: Editor) -> None:
    await editor.start()
    await editor.happened("loaded")
    editor.open("text")
    await change_settings(editor, {"method": "confidence"})
    await asyncio.sleep(0.1)
    await editor.inline(0, 4)
    assert editor.journal("complete")[0]["method"] == "confidence"
    assert len(editor.journal("open")) == 1


async def test_settings_can_be_pushed(editor: Editor) -> None:
    await editor.start(capabilities(workspace=None))
    await editor.happened("loaded")
    pushed = {"soothsay": {"model": {"name": "pushed"}}}
    editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings=pushed))
    assert (await editor.happened("open", 2))[1]["model"] == "pushed"


# -- the model is loaded -------------------------------------------------------------------------------


async def test_a_completion_waits_for_the_model(editor: Editor) -> None:
    await editor.start(settings={"model": {"name": "slow"}})
    editor.open("text")
    assert await editor.inline(0, 4) == [ANSWER]


async def test_but_not_for_long_and_blocks_nobody(editor: Editor) -> None:
    await editor.start(settings={"model": {"name": "waits"}})
    editor.open("text")
    await editor.happened("open")
    waiting = editor.inline(0, 4)
    assert await editor.explain() is None
    assert not waiting.done()
    assert await asyncio.wait_for(waiting, 30) == []
    assert editor.journal("loaded") == []
    editor.release()
    await editor.happened("loaded")
    assert await editor.inline(0, 4) == [ANSWER]


async def test_a_document_is_told_while_the_model_is_loaded(editor: Editor) -> None:
    await editor.start(settings={"model": {"name": "waits"}})
    editor.open("text")
    (told,) = await editor.happened("mirror")
    assert told["text"] == "text"
    assert editor.journal("loaded") == []
    editor.release()
    await editor.happened("loaded")
    assert len(editor.journal("mirror")) == 1


async def test_a_model_that_is_missing_is_told_once_and_can_be_mended(editor: Editor) -> None:
    await editor.start(settings={"model": {"name": "missing"}})
    editor.open("text")
    await editor.told("no model named 'missing'; try `soothsay models list`")
    assert await editor.inline(0, 4) == []
    await editor.command("soothsay.resume")
    await editor.happened("open", 2)
    assert len(editor.client.messages) == 1
    await change_settings(editor, {"model": {"name": "good"}})
    await editor.happened("loaded")
    assert await editor.inline(0, 4) == [ANSWER]


async def test_a_bug_while_loading_is_no_traceback_for_the_user(editor: Editor) -> None:
    await editor.start(settings={"model": {"name": "broken"}})
    await editor.told("the model could not be loaded; see the log for the reason")


async def test_warnings_of_the_session_are_shown(editor: Editor) -> None:
    await editor.start(settings={"model": {"name": "warns"}})
    message = await editor.told("this model has no FIM tokens")
    assert message.type == types.MessageType.Warning


# -- progress and the index ----------------------------------------------------------------------------


def bars(client: LanguageClient) -> dict[str, list[object]]:
    """The progress reports, by the title they began with."""
    reports = [each for each in client.progress_reports.values() if each]
    return {getattr(each[0], "title", ""): list(each) for each in reports}


async def test_loading_and_indexing_show_progress(editor: Editor) -> None:
    await editor.start(settings={"model": {"name": "slow"}})
    await editor.happened("build done")
    await until(lambda: any("Indexing" in title for title in bars(editor.client)), "a bar")
    await until(
        lambda: isinstance(bars(editor.client)["Indexing"][-1], types.WorkDoneProgressEnd), "the bar's end"
    )
    load, index = bars(editor.client)["Loading slow"], bars(editor.client)["Indexing"]
    assert isinstance(load[0], types.WorkDoneProgressBegin)
    assert not load[0].cancellable
    assert isinstance(load[-1], types.WorkDoneProgressEnd)
    assert isinstance(index[0], types.WorkDoneProgressBegin)
    assert index[0].cancellable
    assert index[0].percentage == 0


async def test_indexing_can_be_cancelled(editor: Editor) -> None:
    await editor.start(settings={"index": {"python": "slow"}})
    await until(lambda: len(bars(editor.client).get("Indexing", [])) > 1, "a report")
    report = bars(editor.client)["Indexing"][1]
    assert isinstance(report, types.WorkDoneProgressReport)
    assert report.message is not None
    assert "packages" in report.message
    assert "/100 numpy" in report.message
    (token,) = [
        token
        for token, reports in editor.client.progress_reports.items()
        if reports and getattr(reports[0], "title", "") == "Indexing"
    ]
    editor.client.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams(token=token))
    await editor.happened("build cancelled")
    assert editor.journal("build done") == []
    await until(
        lambda: isinstance(bars(editor.client)["Indexing"][-1], types.WorkDoneProgressEnd), "the bar's end"
    )
    assert editor.client.messages == []


async def test_no_progress_for_a_client_that_has_none(editor: Editor) -> None:
    await editor.start(capabilities(window=None))
    await editor.happened("build done")
    assert editor.client.progress_reports == {}


async def test_no_index_when_it_is_off(editor: Editor) -> None:
    await editor.start(settings={"index": {"enabled": False}})
    editor.open("text")
    assert await editor.inline(0, 4) == [ANSWER]
    save(editor, "main.py")
    await editor.explain()
    assert editor.journal("build", "update") == []


async def test_reindex_replaces_a_running_build(editor: Editor) -> None:
    await editor.start(settings={"index": {"python": "slow"}})
    await editor.happened("build")
    assert await editor.command("soothsay.reindex") == {"started": True}
    await editor.happened("build cancelled")
    await editor.happened("reindex")


# -- files ---------------------------------------------------------------------------------------------


def save(editor: Editor, name: str) -> None:
    document = types.TextDocumentIdentifier(uri=editor.uri(name))
    editor.client.text_document_did_save(types.DidSaveTextDocumentParams(text_document=document))


async def test_a_saved_file_is_updated(editor: Editor) -> None:
    await editor.start()
    await editor.happened("build done")
    editor.open("text")
    save(editor, "main.py")
    (updated,) = await editor.happened("update")
    assert updated["paths"] == [str(editor.workspace / "main.py")]


async def test_watched_files(editor: Editor) -> None:
    registered: list[types.Registration] = []

    @editor.client.feature(types.CLIENT_REGISTER_CAPABILITY)
    def register(params: types.RegistrationParams) -> None:
        registered.extend(params.registrations)

    workspace = types.WorkspaceClientCapabilities(
        configuration=True,
        did_change_watched_files=types.DidChangeWatchedFilesClientCapabilities(dynamic_registration=True),
    )
    await editor.start(capabilities(workspace=workspace))
    await editor.happened("build done")
    (registration,) = registered
    assert registration.method == "workspace/didChangeWatchedFiles"
    changes = [
        types.FileEvent(uri=editor.uri("new.py"), type=types.FileChangeType.Created),
        types.FileEvent(uri=editor.uri("changed.py"), type=types.FileChangeType.Changed),
        types.FileEvent(uri=editor.uri("gone.py"), type=types.FileChangeType.Deleted),
        types.FileEvent(uri="untitled:1", type=types.FileChangeType.Changed),
    ]
    editor.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams(changes=changes))
    (removed,) = await editor.happened("remove")
    (updated,) = editor.journal("update")
    assert [Path(path).name for path in updated["paths"]] == ["new.py", "changed.py"]
    assert [Path(path).name for path in removed["paths"]] == ["gone.py"]


# -- commands ------------------------------------------------------------------------------------------


async def test_explain_last_is_the_contract(editor: Editor) -> None:
    await editor.start()
    assert await editor.explain() is None
    editor.open("client.cr\nNOTHING")
    await editor.inline(0, 9)
    await editor.inline(1, 7)  # showed nothing: the one before is what the user asks about
    assert await editor.explain() == {
        "text": ANSWER,
        "draft": "client.cr",
        "replaced": 0,
        "ending": {"step": "shown", "explanation": "shown as it was written", "dropped": ""},
        "nothingSince": {
            "step": "breaks",
            "explanation": "with it, the file would parse worse than without",
            "dropped": ")",
            "gate": None,
        },
        "gate": None,
        "verdict": "verified",
        "method": "full",
        "trigger": {
            "fired": True,
            "reasons": ["not_in_index", "low_confidence"],
            "explanations": ["the installed version has no such name", "the model was not sure"],
            "confidence": 0.65,
            "threshold": 0.8,
            "name": "create_jib",
            "missing": "",
            "calibrated": True,
            "learned": False,
        },
        "evidence": [
            {
                "kind": "symbol",
                "symbol": "bedrock.create_job",
                "package": "botocore",
                "version": "1.43.11",
                "uri": "file:///site-packages/botocore/data/bedrock.json",
                "text": "client.create_job(name=...)",
                "language": "python",
                "score": 0.5,
                "scores": {},
            }
        ],
        "tokens": [
            {"text": "cre", "probability": 0.9},
            {"text": "", "probability": 0.5},
            {"text": "😀", "probability": 0.25},
        ],
        "timings_ms": {"total": 1.0},
        "evaluated": {"draft": 3},
        "generated": {},
        "tab_stops": [],
        "adapters": [],
        "oracle": {"questions": [], "problem": "", "repaired": "", "trimmed": ""},
    }


async def test_pause_and_resume(editor: Editor) -> None:
    await editor.start()
    editor.open("SLOW\nfine")
    running = editor.inline(0, 4)
    await editor.happened("complete")
    assert await editor.command("soothsay.pause") == {"paused": True}
    assert await running == []
    await editor.happened("cancelled")
    assert await editor.inline(1, 4) == []
    assert await editor.command("soothsay.resume") == {"paused": False}
    assert await editor.inline(1, 4) == [ANSWER]


async def test_commands_take_whatever_arguments_a_client_sends(editor: Editor) -> None:
    await editor.start()
    assert await editor.command("soothsay.explainLast", {"uri": "x"}, 1) is None
    with pytest.raises(JsonRpcException) as unknown:
        await editor.command("soothsay.unknown")
    assert unknown.value.code == types.ErrorCodes.InvalidParams


# -- the end -------------------------------------------------------------------------------------------


async def test_shutdown_stops_the_model_and_the_index(editor: Editor) -> None:
    await editor.start(settings={"index": {"python": "slow"}})
    await editor.happened("build")
    editor.open("SLOW")
    running = editor.inline(0, 4)
    await editor.happened("complete")
    await editor.client.shutdown_async(None)
    await asyncio.wait([running], timeout=30)
    assert running.done()
    running.exception()
    editor.client.exit(None)
    assert await asyncio.wait_for(editor.process.wait(), 30) == 0
    assert editor.journal("cancelled")
    assert editor.journal("build cancelled")
    assert editor.journal("close")


async def test_exit_without_shutdown_is_an_error(editor: Editor) -> None:
    await editor.start()
    editor.client.exit(None)
    assert await asyncio.wait_for(editor.process.wait(), 5) == 1


async def test_a_client_that_vanishes_takes_the_server_with_it(editor: Editor) -> None:
    await editor.start()
    await editor.happened("loaded")
    assert editor.process.stdin is not None
    editor.process.stdin.close()
    assert await asyncio.wait_for(editor.process.wait(), 5) == 1
    assert editor.journal("close")


async def test_exit_while_the_model_is_busy(editor: Editor) -> None:
    await editor.start()
    editor.open("STUCK")
    editor.inline(0, 5).add_done_callback(lambda done: done.exception())
    await editor.happened("complete")
    await editor.client.shutdown_async(None)
    editor.client.exit(None)
    assert await asyncio.wait_for(editor.process.wait(), 10) == 0
