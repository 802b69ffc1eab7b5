"""A value in a filter is a value, whatever it holds: it cannot end its quotes."""

from __future__ import annotations

from pathlib import Path

import lancedb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soothsay_index.store.database import one_of, quote

HOSTILE = (
    "'", "''", "' OR '1'='1", "x' OR name != 'x", "'; DROP TABLE t; --", "\\'", "\\", "a\\' OR 1=1 --", '"', "`", "%", "_", "/*", "*/", "--",
    ")", "x') OR (1=1", "\n", "\r\n", "\t", "é", "‘", "’", "＇", "ʼ", "😀", "a b", "", "NULL", "true", "{}", "{x}", "$1", "?", ":x",
)  # fmt: skip
_PIECES = st.sampled_from([*HOSTILE, " OR ", "=", "1", "name", "(", "a"])
_VALUES = st.lists(_PIECES, max_size=6).map("".join) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30
)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> lancedb.Table:
    folder: Path = tmp_path_factory.mktemp("filters")
    return lancedb.connect(folder).create_table("t", [{"name": name} for name in HOSTILE])


@settings(max_examples=150)
@given(value=_VALUES)
def test_a_filter_finds_the_value_and_nothing_else(table: lancedb.Table, value: str) -> None:
    expected = int(value in HOSTILE)
    assert table.count_rows(f"name = {quote(value)}") == expected
    assert table.count_rows(one_of("name", [value, "'"])) == len({value, "'"} & set(HOSTILE))
    assert table.count_rows(f"name != {quote(value)}") == len(HOSTILE) - expected
