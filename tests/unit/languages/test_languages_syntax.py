"""A little help with tree-sitter: the same nodes, found faster, and a parser that lets others work."""

import random
import threading
import time
from pathlib import Path

from tree_sitter import Node

import soothsay_languages.syntax as somewhere
from soothsay_languages.python import python_grammar
from soothsay_languages.syntax import Parsed, nodes_of, parse, parse_again, parse_in_pieces, walk

PYTHON = python_grammar()
ONE = Path(somewhere.__file__).read_bytes()
SOURCE = ONE * 5
TYPES = ("call", "assignment", "import_from_statement")


def test_the_nodes_that_a_walk_would_find_in_its_order():
    root = parse(PYTHON, SOURCE).root_node
    walked = [node for node in walk(root) if node.type in TYPES]
    assert len(walked) > 50
    assert nodes_of(PYTHON, root, *TYPES) == walked


def test_nothing_is_found_where_nothing_is():
    assert nodes_of(PYTHON, parse(PYTHON, b"").root_node, "call") == []


def test_in_pieces_the_tree_and_its_texts_are_the_same():
    whole, pieces = parse(PYTHON, SOURCE).root_node, parse_in_pieces(PYTHON, SOURCE).root_node
    assert str(pieces) == str(whole)
    calls = nodes_of(PYTHON, whole, "call"), nodes_of(PYTHON, pieces, "call")
    assert [node.text for node in calls[0]] == [node.text for node in calls[1]]


def test_while_pieces_are_parsed_others_get_their_turn():
    turns, done = 0, threading.Event()

    def take_turns() -> None:
        nonlocal turns
        while not done.is_set():
            time.sleep(0.001)
            turns += 1

    source = SOURCE * (2_000_000 // len(SOURCE))
    thread = threading.Thread(target=take_turns)
    thread.start()
    parse_in_pieces(PYTHON, source)
    in_pieces, turns = turns, 0
    parse(PYTHON, source)
    at_once = turns
    done.set()
    thread.join()
    assert in_pieces > 2 * at_once + 5


def test_after_an_edit_the_tree_is_the_same_as_a_new_one():
    chance = random.Random(7)
    parsed = parse_again(PYTHON, None, ONE)
    for _ in range(100):
        start = chance.randrange(len(parsed.source))
        end = min(len(parsed.source), start + chance.choice((0, 0, 0, 1, 40)))
        typed = chance.choice(
            (b"x", b"(", b")", b"\n", b":", b'"', b"", b"\n    y = f(x)\n", "\u00e9".encode())
        )
        parsed = parse_again(PYTHON, parsed, parsed.source[:start] + typed + parsed.source[end:])
        fresh = parse(PYTHON, parsed.source).root_node
        for kind in TYPES:
            assert places(nodes_of(PYTHON, parsed.tree.root_node, kind)) == places(
                nodes_of(PYTHON, fresh, kind)
            )


def places(nodes: list[Node]) -> list[tuple[int, int, bytes | None]]:
    return [(node.start_byte, node.end_byte, node.text) for node in nodes]


def test_a_tree_outlives_the_ones_made_of_it():
    before = parse_again(PYTHON, None, b"a = 1\n")
    (node,) = nodes_of(PYTHON, before.tree.root_node, "assignment")
    parse_again(PYTHON, before, b"b = 2\n" + before.source)
    assert (node.start_byte, node.text) == (0, b"a = 1")


def test_nothing_was_changed():
    before = Parsed(SOURCE, parse(PYTHON, SOURCE))
    assert str(parse_again(PYTHON, before, SOURCE).tree.root_node) == str(before.tree.root_node)
