"""The trees of the files that are being worked on."""

from pathlib import Path

from soothsay.engine.trees import Trees


def test_each_file_has_its_own_tree() -> None:
    trees = Trees()
    one, other = Path("/w/one.py"), Path("/w/other.py")
    assert str(trees.parse(one, "a = 1\n").root_node) == str(trees.parse(other, "b = 2\n").root_node)
    call = trees.parse(one, "a = f()\n").root_node
    assert "call" in str(call)
    assert "call" not in str(trees.parse(other, "b = 22\n").root_node)
    assert call.text == b"a = f()\n"


def test_files_that_were_left_long_ago_are_forgotten() -> None:
    trees = Trees()
    for number in range(30):
        trees.parse(Path(f"/w/{number}.py"), "a = 1\n")
    assert len(trees._last) < 30
    assert trees.parse(Path("/w/0.py"), "a = f()\n").root_node.text == b"a = f()\n"
