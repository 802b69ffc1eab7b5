"""What is late is waited for less, and a worker that says nothing is given up after a while."""

from concurrent.futures import Future

from soothsay_index.worker.patience import Patience


class At:
    now = 0.0


def patience_at(at: At) -> Patience:
    return Patience(lambda: at.now)


def test_one_late_answer_is_what_all_questions_cost_together():
    at = At()
    patience, answer = patience_at(at), Future[None]()
    assert patience.seconds(2.0) == 2.0
    patience.note_late(answer)
    assert patience.seconds(2.0) == 0.4
    at.now = 0.3
    assert 0 < patience.seconds(2.0) < 0.2
    at.now = 1.0
    assert patience.seconds(2.0) == 0.0
    answer.set_result(None)
    assert patience.seconds(2.0) == 2.0


def test_a_worker_that_says_anything_is_not_given_up():
    at = At()
    patience = patience_at(at)
    assert not patience.is_over
    patience.note_late(Future[None]())
    for at.now in (15.0, 30.0, 45.0):
        assert not patience.is_over
        patience.note_word()
    at.now = 64.0
    assert not patience.is_over
    at.now = 66.0
    assert patience.is_over


def test_the_next_one_is_waited_for_longer():
    at = At()
    patience = patience_at(at)
    patience.note_late(Future[None]())
    at.now = 21.0
    assert patience.is_over
    patience.note_end()
    assert not patience.is_over and patience.seconds(2.0) == 2.0
    patience.note_late(Future[None]())
    at.now = 60.0
    assert not patience.is_over
    at.now = 62.0
    assert patience.is_over
