"""Where ghost text goes: over the rest of a line that it says anew, and behind the item that is chosen in the list."""

from __future__ import annotations

from fake_editor import Editor
from lsprotocol import types


def on_line(line: int, start: int, end: int) -> types.Range:
    return types.Range(types.Position(line, start), types.Position(line, end))


async def ask(
    editor: Editor, line: int, character: int, chosen: types.SelectedCompletionInfo | None = None
) -> types.InlineCompletionItem | None:
    params = editor.inline_params(line, character)
    params.context.selected_completion_info = chosen
    result = await editor.client.text_document_inline_completion_async(params)
    assert isinstance(result, types.InlineCompletionList)
    return result.items[0] if result.items else None


async def test_the_rest_of_the_line_is_replaced_where_the_text_says_it_anew(editor: Editor) -> None:
    await editor.start()
    editor.open("REST = client.\U0001f600)\n")
    item = await ask(editor, 0, 14)
    assert item is not None and item.range == on_line(0, 14, 17), "in UTF-16 units"


async def test_the_chosen_item_begins_the_text_and_its_range_is_replaced(editor: Editor) -> None:
    await editor.start()
    editor.open("import m\nx = client.cre\n")
    chosen = types.SelectedCompletionInfo(on_line(1, 11, 14), "create_model")
    item = await ask(editor, 1, 14, chosen)
    assert item is not None and item.range == on_line(1, 11, 14)
    assert str(item.insert_text).startswith("create_model")
    assert editor.journal("complete")[0]["line"] == "x = client.create_model"


async def test_a_chosen_item_of_another_place_gets_nothing(editor: Editor) -> None:
    await editor.start()
    editor.open("import m\nx = client.cre\n")
    assert await ask(editor, 1, 14, types.SelectedCompletionInfo(on_line(0, 0, 6), "from")) is None
