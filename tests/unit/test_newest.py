"""A dictionary of what was written last."""

from soothsay_common.lru import Newest


def test_what_was_written_longest_ago_is_forgotten() -> None:
    newest: Newest[str, int] = Newest(2)
    newest["a"], newest["b"] = 1, 2
    newest["a"] = 3
    newest["c"] = 4
    assert dict(newest) == {"a": 3, "c": 4}
    assert list(newest) == ["a", "c"]


def test_reading_changes_nothing() -> None:
    newest: Newest[str, int] = Newest(2)
    newest["a"], newest["b"] = 1, 2
    assert newest.get("a") == 1
    newest["c"] = 3
    assert "a" not in newest
