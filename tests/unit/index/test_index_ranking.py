"""Ranking members: what a query says, what speaks for each member, and how that adds up."""

from __future__ import annotations

import numpy as np
import pytest

from soothsay_index.search.ranking import MemberRanker, blend, embedding_query, parse_query
from soothsay_index.types import Symbol

SUMMARIES = {
    "create_model_customization_job": "Creates a fine-tuning job to customize a base model.",
    "get_model_customization_job": "Retrieves the properties of a model-customization job.",
    "delete_custom_model": "Deletes a custom model that you created earlier.",
    "listFoundationModels": "Lists the foundation models that you can use.",
    "close": "Closes underlying endpoint connections.",
    "meta": "",
}


def members() -> tuple[Symbol, ...]:
    return tuple(
        Symbol(
            f"bedrock.{name}", name, "botocore:bedrock", "operation", "service", "botocore", "1", "", summary=summary
        )
        for name, summary in SUMMARIES.items()
    )  # fmt: skip


def ranked(text: str, **more: np.ndarray) -> list[str]:
    total = blend({**MemberRanker(members()).scores(parse_query(text)), **more})
    return [members()[position].name for position in np.argsort(-total, kind="stable")]


def test_the_drafted_call_is_told_from_the_prose():
    ask = parse_query("Create a job\nclient.make_job(name=")
    assert ask.draft_name == "make_job" and ask.draft == ("mak", "job")
    assert "creat" in ask.prose and "client" not in ask.prose
    assert ask.names == {"make_job"} and ask.written == frozenset()


def test_a_draft_without_a_bracket_is_one_too():
    assert parse_query("client.list_buck").draft_name == "list_buck"
    assert parse_query("list the buckets").draft_name == ""


def test_a_drafted_word_counts_less_than_one_that_was_said():
    ask = parse_query("erase the model\nclient.drop_job(")
    assert ask.wanted["model"] == 1.0 and ask.wanted["job"] == 0.5
    assert 0 < ask.wanted["delet"] < 0.5, "a synonym of what was said"


def test_synonyms_can_be_left_out():
    assert "delet" not in parse_query("remove the model", synonyms={}).wanted


@pytest.mark.parametrize(
    "text", ["model customization job", "createModelCustomizationJob", "create_model_customization_job"]
)
def test_code_and_prose_meet_however_they_are_spelled(text):
    assert ranked(text)[:2] in (
        ["create_model_customization_job", "get_model_customization_job"],
        ["get_model_customization_job", "create_model_customization_job"],
    )
    assert ranked("which foundation models are there")[0] == "listFoundationModels"


def test_the_description_finds_what_the_name_does_not_say():
    assert ranked("fine-tune a base model")[0] == "create_model_customization_job"


def test_the_verb_tells_members_of_one_noun_apart():
    assert ranked("erase a custom model")[0] == "delete_custom_model"
    scores = MemberRanker(members()).scores(parse_query("erase a custom model"))
    assert scores["verb"].tolist() == [0, 0, 1, 0, 0, 0]


def test_a_name_that_is_written_out_comes_before_everything():
    assert ranked("fine-tune a base model, see close_ and delete_custom_model")[0] == "delete_custom_model"


def test_a_drafted_name_is_a_hint_that_the_comment_can_outweigh():
    assert (
        ranked("fine-tune a base model\nclient.delete_custom_model(")[0] == "create_model_customization_job"
    )
    assert ranked("a model\nclient.delete_custom_model(")[0] == "delete_custom_model"


def test_a_hallucinated_name_still_leads_to_its_neighbour():
    assert ranked("client.create_customization_job(")[0] == "create_model_customization_job"


def test_vectors_decide_where_words_say_nothing():
    meaning = np.array([0.1, 0.1, 0.1, 0.2, 0.9, 0.1])
    assert ranked("hang up", vector=meaning)[0] == "close"


def test_nothing_ranks_nothing():
    scores = MemberRanker(()).scores(parse_query("x"))
    assert {values.shape for values in scores.values()} == {(0,)}
    assert blend(scores).shape == (0,)


def test_odd_queries_score_nothing_and_do_not_fail():
    for text in ("", "(", "....(", "__(", "\n\n", "ü" * 500):
        assert np.isfinite(blend(MemberRanker(members()).scores(parse_query(text)))).all()


def test_the_sentence_to_embed_has_words_for_identifiers_and_no_receiver():
    assert embedding_query("List jobs\nclient.listModelJobs(") == "list jobs list model jobs"
