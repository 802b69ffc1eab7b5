"""The API names in a draft."""

from soothsay.engine.api_names import api_names as names_of
from soothsay.engine.types import ApiName
from soothsay_languages.analysis import read_fragment
from soothsay_languages.python import LANGUAGE


def api_names(before: str, draft: str) -> list[ApiName]:
    return names_of(read_fragment(before + draft, LANGUAGE), draft)


def test_name_of_an_unfinished_call_is_found() -> None:
    (name,) = api_names("client.", "create_job(")
    assert (name.name, name.receiver, name.dotted) == ("create_job", "client", "client.create_job")
    assert (name.start, name.end) == (0, len("create_job"))


def test_name_that_began_before_the_cursor_has_a_negative_start() -> None:
    (name,) = api_names("client.crea", "te_job(a=1)")
    assert (name.name, name.start, name.end, name.arguments) == ("create_job", -4, 6, "(a=1)")


def test_calls_before_the_cursor_are_not_the_drafts() -> None:
    assert [n.name for n in api_names("f(g(), ", "h())")] == ["h"]


def test_offsets_are_bytes_when_text_is_not_ascii() -> None:
    draft = "x = 'é日' + np.sum(a)"
    (name,) = api_names("", draft)
    assert draft.encode()[name.start : name.end] == b"sum"


def test_names_in_strings_are_no_calls() -> None:
    assert api_names("", "x = 'f(1)'  # g(2)") == []


def test_nested_and_chained_calls_come_in_source_order() -> None:
    assert [n.name for n in api_names("    ", "a.b(c(d)).e(")] == ["b", "c", "e"]


def test_a_block_of_several_lines_is_read_whole() -> None:
    draft = "a = f(1)\n    if a:\n        g(2)\n    h("
    assert [n.name for n in api_names("    ", draft)] == ["f", "g", "h"]
    assert [n.name for n in api_names("", "if a:\n    g(2)\nh(")] == ["g", "h"]
