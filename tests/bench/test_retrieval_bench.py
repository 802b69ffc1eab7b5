"""The retrieval benchmark's own rules: comments that leak little, halves that share nothing, figures that add up."""

from __future__ import annotations

import numpy as np
import pytest
from bench.retrieval.comments import NOUNS, VERBS, comment_of, name_leak, sentences
from bench.retrieval.drafts import file_of, read_drafts
from bench.retrieval.fit import Lists, fit, folds
from bench.retrieval.run import figures, interval, leads, ranked
from bench.retrieval.tasks import TITLES, answerable, eligible, read_tasks, service_split, split_of
from bench.retrieval.trial import BOTH, COMMENT, DRAFT, HALLUCINATED, MASKED, TITLE, UNMASKED, Trial, queries

from soothsay.engine.choice import CLOSE
from soothsay_index.search.ranking import SYNONYMS, parse_query
from soothsay_index.text import stem, terms
from soothsay_index.types import Parameter, Symbol

DOC = "<p>Creates a model customization job. A job trains a base model on records that you supply.</p>"


def symbol(name: str, summary: str = "", doc: str = "") -> Symbol:
    return Symbol(
        f"o.{name}", name, "o", "function", "package", "p", "1", "", parameters=(Parameter("a"),), summary=summary,
        doc=doc or summary,
    )  # fmt: skip


def trial(scores: dict[str, list[float]], answer: int, owner: str = "o") -> Trial:
    arrays = {name: np.array(values) for name, values in scores.items()}
    return Trial({"id": "t", "owner": owner, "name": "n"}, COMMENT, parse_query("x"), arrays, answer)


def test_a_comment_is_the_same_every_time_and_says_it_otherwise():
    once = comment_of("botocore:bedrock", "create_model_customization_job", DOC)
    assert once is not None and once == comment_of("botocore:bedrock", "create_model_customization_job", DOC)
    assert "creates" not in once.lower() and not once.startswith("Creates")
    assert 0 <= name_leak(once, "create_model_customization_job") < 1


def test_a_name_leaks_in_any_form():
    assert name_leak("list the buckets", "list_buckets") == 1.0
    assert name_leak("listing of bucket", "listBuckets") == 1.0
    assert name_leak("what is there", "list_buckets") == 0.0
    assert name_leak("show buckets", "list_buckets") == 0.5


def test_only_sentences_that_say_something_count():
    assert sentences("arange(start, stop)\n\nReturn spaced values. For more information, see the guide.\n\nParameters\n----------\nx : int") == [
        "Return spaced values"
    ]  # fmt: skip
    assert comment_of("o", "old", "Deprecated since 1.2.") is None


def test_the_table_of_phrases_is_not_the_rankings_synonyms():
    phrases = [
        (word, phrase) for table in (VERBS, NOUNS) for word, others in table.items() for phrase in others
    ]
    back = [(w, p) for w, p in phrases if any(stem(w) in SYNONYMS.get(term, ()) for term in terms(p))]
    assert len(phrases) == 491
    assert len(back) <= 5, f"tuned on the benchmark's own words: {back}"


def test_the_halves_share_no_service_and_no_package():
    tasks = [*read_tasks(), *read_tasks(TITLES)]
    halves = {
        half: {t["owner"].partition(".")[0] for t in tasks if t["split"] == half} for half in ("dev", "test")
    }
    assert halves["dev"] and halves["test"] and not halves["dev"] & halves["test"]
    assert len(set(split_of().values())) == 2
    assert service_split(["b", "a", "c"]) == service_split(["c", "a", "b"])


def test_the_committed_tasks_are_as_many_and_leak_as_much_as_is_said():
    tasks = read_tasks()
    assert len({task["id"] for task in tasks}) == len(tasks) == 1840
    for half, least in (("dev", 700), ("test", 1000)):
        those = [task for task in tasks if task["split"] == half]
        assert len(those) >= least
        assert np.mean([task["name_leak"] for task in those]) == pytest.approx(0.45, abs=0.04)
        assert all(task["name_leak"] == name_leak(task["comment"], task["name"]) for task in those)


def test_every_task_has_a_draft_of_the_model():
    drafts = read_drafts()
    for task in read_tasks():
        row = drafts[task["id"]]
        assert file_of(task).endswith(f"= {row['receiver']}") and task["comment"] in file_of(task)


def test_what_cannot_be_told_apart_is_not_asked():
    members = (
        symbol("isna", "Detect missing values."),
        symbol("isnull", "Detect missing values."),
        symbol("pop", "Take one out."),
    )
    assert [each.name for each in eligible(members)] == ["pop"]
    task = {"owner": "o", "name": "pop"}
    assert answerable([task, {"owner": "o", "name": "gone"}], {"o": members}) == [task]


def test_the_queries_of_a_task():
    task = {"comment": "get rid of it"}
    draft = {"receiver": "client.", "draft": "drop_it(", "masked": "       ("}
    asked = queries(task, draft, (symbol("delete_it"),))
    assert asked[COMMENT] == "get rid of it" and asked[DRAFT] == "client.drop_it("
    assert asked[BOTH] == asked[MASKED] and "drop_it" not in asked[BOTH]
    assert asked[UNMASKED] == asked[HALLUCINATED] == "get rid of it\nclient.drop_it("
    assert HALLUCINATED not in queries(task, draft, (symbol("drop_it"),))
    assert list(queries(task, None, ())) == [TITLE]


def test_ranks_follow_the_blend_and_a_stage_can_be_left_out():
    one = trial({"vector": [0.2, 0.9, 0.5], "text": [9.0, 0.0, 0.0]}, answer=1)
    assert [rank for _, rank in ranked([one])] == [2]
    assert [rank for _, rank in ranked([one], without="text")] == [1]
    assert one.rank(np.array([1.0, 1.0, 1.0])) == 2, "equals stay in the order of the members"


def test_the_lead_of_the_first_tells_how_often_it_is_right():
    scores: list[list[float]] = [[1.0, 0.0], [1.0, 0.0], [1.0, 0.9], [0.9, 1.0]]
    found = [trial({"text": values}, answer=0) for values in scores]
    found.append(trial({"text": [0.0, 1.0]}, answer=0))
    row = next(row for row in leads(found) if row["lead"] == CLOSE)
    assert (row["n"], row["ahead"], row["within"]) == (5, 0.6, 0.8)
    assert row["right"] == pytest.approx(2 / 3)


def test_figures_and_their_intervals():
    tasks = [({"owner": f"o{n % 10}"}, 1 if n % 4 else 5) for n in range(200)]
    found = figures(tasks)
    assert (found["n"], found["hit@1"], found["hit@3"], found["mrr"]) == (200, 0.75, 0.75, 0.8)
    low, high = found["hit@1_95"]
    assert low < 0.75 < high
    assert interval([({"owner": "o"}, 1)] * 5, lambda ranks: float(np.mean(ranks <= 1))) == [1.0, 1.0]


def test_the_fit_finds_out_which_ranker_tells_the_truth():
    chance = np.random.default_rng(2)
    found = []
    for n in range(200):
        truth, noise = chance.normal(size=12), chance.normal(size=12)
        found.append(
            trial({"truth": truth.tolist(), "noise": noise.tolist()}, int(truth.argmax()), f"o{n % 20}")
        )
    truth, noise = fit(Lists.of(found, ("truth", "noise")))
    assert truth > 20 * abs(noise)
    for train, held in folds(found):
        assert not {t.task["owner"] for t in train} & {t.task["owner"] for t in held}
        assert len(train) + len(held) == len(found)
