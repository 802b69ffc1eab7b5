import time
from pathlib import PurePath

import pytest

from soothsay_index.sources.base import FileSource, IndexedFile
from soothsay_index.sources.markdown import Markdown
from soothsay_index.sources.plain_text import PlainText
from soothsay_index.sources.rst import ReStructuredText

GUIDE = """---
title: Billing
secret: no
---
Read this first.

# Billing `ledger`

How money is kept.

## Posting an entry

Use [post_entry](api.md#post):

```python
# not a heading

ledger.post_entry(1)

ledger.post_entry(2)
```

Closing
-------

| month | year |
|-------|------|
| 1     | 2024 |

## Empty

## Last ##
End.
"""


def cut(source: FileSource, text: str, path: str = "docs/guide.md"):
    facts = source.cut(text, IndexedFile(path, f"file:///{path}", "shop"))
    assert facts is not None
    return facts.chunks


def test_markdown_is_cut_at_its_headings():
    chunks = cut(Markdown(), GUIDE)
    assert [chunk.title for chunk in chunks] == [
        "guide.md",
        "Billing ledger",
        "Billing ledger > Posting an entry",
        "Billing ledger > Closing",
        "Billing ledger > Last",
    ]
    assert all(chunk.kind == "prose" and chunk.symbol is None for chunk in chunks)
    assert "secret" not in chunks[0].text
    lines = GUIDE.split("\n")
    for chunk in chunks:
        assert chunk.text == "\n".join(lines[chunk.start_line - 1 : chunk.end_line])
    assert chunks[2].text.startswith("## Posting an entry") and chunks[2].text.endswith("```")


def test_a_long_section_is_cut_between_paragraphs_and_code_stays_whole():
    code = "```\n" + "\n\n".join(f"call_{n}(1)" for n in range(30)) + "\n```"
    text = "# Long\n\n" + "\n\n".join([f"Paragraph {n}. " + "word " * 60 for n in range(8)]) + f"\n\n{code}\n"
    chunks = cut(Markdown(), text)
    assert len(chunks) == 2
    assert {chunk.title for chunk in chunks} == {"Long"}
    assert len({chunk.start_line for chunk in chunks}) == len(chunks)
    assert max(len(chunk.text) for chunk in chunks) <= 2_100
    (with_code,) = [chunk for chunk in chunks if "call_0(" in chunk.text]
    assert "call_29(" in with_code.text
    joined = "\n".join(chunk.text for chunk in chunks)
    assert all(f"Paragraph {n}." in joined for n in range(8))


def test_a_heading_is_never_left_alone_by_a_long_first_paragraph():
    (first, *_) = cut(Markdown(), "# Title\n\n" + "word " * 500 + "\n\nmore\n")
    assert first.text.startswith("# Title\n\nword")


@pytest.mark.parametrize(
    "text",
    [
        "<!--\n# hidden\n-->\n# Shown\ntext",
        "# Shown\ntext\n\n~~~\n# hidden\n~~~\n",
        "#hidden\n\n# Shown\ntext",
        "    # hidden\n\n# Shown\ntext",
        "* hidden\n---\n\n# Shown\ntext",
        "# Shown\ntext\n```\n# hidden, and never closed",
    ],
)
def test_what_is_no_heading_in_markdown(text: str):
    titles = {chunk.title for chunk in cut(Markdown(), text)}
    assert "Shown" in titles
    assert not any("hidden" in title for title in titles)


def test_restructured_text_levels_are_the_order_of_the_styles():
    text = (
        "=====\nGuide\n=====\n\nIntro.\n\nUse\n---\n\nText.\n\n.. code-block:: python\n\n   a = 1\n\n   b = 2\n\n"
        "Deep :func:`~np.unstack`\n~~~~~~~~~~~~~~~~~~~~~~~~\n\nDeeper.\n\n----\n\nAfter a transition.\n\nNext\n----\nx\n"
    )
    chunks = cut(ReStructuredText(), text, "docs/guide.rst")
    assert [chunk.title for chunk in chunks] == [
        "Guide",
        "Guide > Use",
        "Guide > Use > Deep ~np.unstack",
        "Guide > Next",
    ]
    assert chunks[0].text.startswith("=====\nGuide")
    assert "After a transition." in chunks[2].text


def test_directives_stay_in_one_piece():
    code = ".. code-block:: python\n\n" + "\n\n".join(f"   call_{n}(1)" for n in range(30))
    text = "Title\n=====\n\n" + "word " * 290 + f"\n\n{code}\n\nAfter it.\n"
    chunks = cut(ReStructuredText(), text, "x.rst")
    (with_code,) = [chunk for chunk in chunks if "call_0(" in chunk.text]
    assert "call_29(" in with_code.text and with_code.text.startswith(".. code-block::")


def test_plain_text_has_underlined_headings_and_paragraphs():
    text = "The tool says what it does.\nAnd then does it.\n\nUsage\n=====\n\nRun the tool with a file as its argument.\n"
    chunks = cut(PlainText(), text, "README")
    assert [chunk.title for chunk in chunks] == ["README", "Usage"]


def test_data_called_txt_is_no_prose():
    for text in ("1 2 3\n4 5 6\n", "\n".join(f"word{n}" for n in range(300)), "", "deadbeef" * 100):
        assert PlainText().cut(text, IndexedFile("data.txt", "", "shop")) is None


@pytest.mark.parametrize(
    ("source", "yes", "no"),
    [
        (Markdown(), ["README.md", "a/b.MARKDOWN", "x.mdx"], ["x.py", "LICENSE.md", "CODE_OF_CONDUCT.md"]),
        (ReStructuredText(), ["index.rst", "NEWS.rst"], ["x.md", "LICENSE.rst"]),
        (
            PlainText(),
            ["notes.txt", "README", "CHANGELOG", "docs/NEWS"],
            [
                "requirements.txt",
                "CMakeLists.txt",
                "LICENSE.txt",
                "LICENSE",
                "Makefile",
                "poetry-lock.txt",
                "x",
            ],
        ),
    ],
)
def test_files_are_known_by_name(source: FileSource, yes: list[str], no: list[str]):
    assert [name for name in yes if not source.handles(PurePath(name))] == []
    assert [name for name in no if source.handles(PurePath(name))] == []


@pytest.mark.parametrize("source", [Markdown(), ReStructuredText(), PlainText()])
@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n\n",
        "# ",
        "=====",
        "# " + "x" * 500_000,
        "#" + " " * 500_000,
        "x" * 500_000 + "\n" + "=" * 500_000,
        "# [" + "[" * 100_000 + "\ntext\n",
        "`" * 200_000,
        "---\n" * 50_000,
        "a b c\n" * 100_000,
        "# a\nb\n" * 50_000,
        "\ufffd\x0b\x0c\u2028 text",
    ],
    ids=lambda text: repr(text[:8]),
)
def test_broken_and_huge_documents_are_cut_quickly(source: FileSource, text: str):
    started = time.process_time()
    facts = source.cut(text, IndexedFile("docs/x", "file:///x", "shop"))
    assert time.process_time() - started < 3
    last = text.count("\n") + 1
    for chunk in facts.chunks if facts else ():
        assert chunk.text.strip() and len(chunk.text) <= 4_000 and len(chunk.title) <= 800
        assert 1 <= chunk.start_line <= chunk.end_line <= last
