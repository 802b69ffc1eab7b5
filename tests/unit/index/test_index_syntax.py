"""A little help with tree-sitter: the same nodes, found faster, and a parser that lets others work."""

import threading
import time
from pathlib import Path

import soothsay_index.chunking as somewhere
from soothsay_index.syntax import nodes_of, parse_in_pieces, parse_python, walk

SOURCE = Path(somewhere.__file__).read_bytes()
TYPES = ("call", "assignment", "import_from_statement")


def test_the_nodes_that_a_walk_would_find_in_its_order():
    root = parse_python(SOURCE).root_node
    walked = [node for node in walk(root) if node.type in TYPES]
    assert len(walked) > 50
    assert nodes_of(root, *TYPES) == walked


def test_nothing_is_found_where_nothing_is():
    assert nodes_of(parse_python(b"").root_node, "call") == []


def test_in_pieces_the_tree_and_its_texts_are_the_same():
    whole, pieces = parse_python(SOURCE).root_node, parse_in_pieces(SOURCE).root_node
    assert str(pieces) == str(whole)
    calls = nodes_of(whole, "call"), nodes_of(pieces, "call")
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
    parse_in_pieces(source)
    in_pieces, turns = turns, 0
    parse_python(source)
    at_once = turns
    done.set()
    thread.join()
    assert in_pieces > 2 * at_once + 5
