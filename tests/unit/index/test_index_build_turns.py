"""Who waits for a build gets it, also while one runs that nobody waits for."""

from __future__ import annotations

import threading

from soothsay_index.worker.build_turns import BuildTurns


def test_an_awaited_build_interrupts_one_that_nobody_waits_for() -> None:
    turns, order, running, never = BuildTurns(), [], threading.Event(), threading.Event()

    def background() -> None:
        interrupted = True
        while interrupted:
            with turns.turn(never, awaited=False) as turn:
                order.append("background")
                running.set()
                if len(order) == 1:
                    while not turn.is_set():
                        never.wait(0.01)
                interrupted = turn.is_interrupted

    thread = threading.Thread(target=background)
    thread.start()
    assert running.wait(30) and turns.is_building
    with turns.turn(never, awaited=True) as turn:
        order.append("awaited")
        assert not turn.is_set()
    thread.join(30)
    assert order == ["background", "awaited", "background"], "it goes on afterwards"
    assert not turns.is_building


def test_an_awaited_build_is_not_interrupted_by_another() -> None:
    turns, never, inside, done = BuildTurns(), threading.Event(), threading.Event(), threading.Event()

    def second() -> None:
        inside.set()
        with turns.turn(never, awaited=True):
            done.set()

    with turns.turn(never, awaited=True) as turn:
        thread = threading.Thread(target=second)
        thread.start()
        assert inside.wait(30) and not done.wait(0.05)
        assert not turn.is_set()
    thread.join(30)
    assert done.is_set()


def test_a_build_that_is_stopped_is_not_gone_on_with() -> None:
    turns, stop = BuildTurns(), threading.Event()
    with turns.turn(stop, awaited=False) as turn:
        stop.set()
        assert turn.is_set() and not turn.is_interrupted
