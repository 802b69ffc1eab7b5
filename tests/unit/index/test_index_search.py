from pathlib import Path

import pytest
from index_fakes import environment_of, write_site, write_workspace

from hash_embedder import HashEmbedder
from soothsay_index.build.process_pool import open_single_thread
from soothsay_index.store.rows import embedding_text, vector_key
from soothsay_index.store.store import Store
from soothsay_index.types import Query
from soothsay_index.worker.local import LocalIndex


def build(folder: Path) -> LocalIndex:
    embedder = HashEmbedder()
    store = Store(folder / "index", write_workspace(folder), embedder.model_id, embedder.dimension)
    made = LocalIndex(store, embedder, open_single_thread)
    made.build_from(environment_of(write_site(folder)))
    return made


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> LocalIndex:
    """An index that is only read."""
    return build(tmp_path_factory.mktemp("search"))


def found(hits) -> list[str]:
    return [hit.symbol.name for hit in hits if hit.symbol]


def test_among_members_the_meaning_wins_over_the_drafted_name(index):
    query = Query(
        "# Create a job to fine-tune a base recipe\nclient.create_job(", owners=("botocore:kitchen",)
    )
    hits = index.search(query)
    assert found(hits)[0] == "create_recipe_customization_job"
    assert hits[0].kind == "symbol" and {"text", "verb", "vector"} <= hits[0].scores.keys()


def test_members_are_ranked_by_words_until_each_has_its_vector(tmp_path):
    index = build(tmp_path)
    query = Query("fine-tune a base recipe", owners=("botocore:kitchen",))
    job = next(each for each in index.members("botocore:kitchen") if each.name == "delete_loaf")
    index.store.packages.delete_in("vectors", "key", [vector_key(job.package, embedding_text(job))])
    hits = index.search(query)
    assert hits and all("vector" not in hit.scores for hit in hits), "it would seem far behind the others"


def test_only_members_of_the_owner_are_answers(index):
    names = found(index.search(Query("post an entry", owners=("botocore:kitchen",), limit=50)))
    assert "post_entry" not in names and "bake_bread" in names


def test_a_name_that_is_written_out_comes_first(index):
    query = Query("as get_recipe does, remove a loaf client.", owners=("botocore:kitchen",))
    assert found(index.search(query))[0] == "get_recipe"


def test_developers_words_find_the_interfaces_words(index):
    names = found(index.search(Query("remove a loaf", owners=("botocore:kitchen",))))
    assert names[0] == "delete_loaf"


def test_an_unknown_owner_has_no_answers(index):
    assert index.search(Query("anything", owners=("botocore:nothing",))) == []


def test_imported_files_come_first_and_the_edited_file_never(tmp_path):
    index = build(tmp_path)
    workspace = index.store.workspace
    (workspace / "copy_of_ledger.py").write_text(
        "def post_entry_copy(x):\n    '''Post one entry to the ledger.'''\n"
    )
    index.update([workspace / "copy_of_ledger.py"])
    query = Query("post one entry to the ledger", modules=("billing.ledger",), path="app.py")
    hits = [hit for hit in index.search(query) if hit.kind == "cross_file"]
    assert hits[0].chunk is not None and hits[0].chunk.path == "billing/ledger.py"
    assert hits[0].symbol is not None and hits[0].symbol.name == "post_entry"
    assert hits[0].scores["imports"] > 0
    assert all(hit.chunk is None or hit.chunk.path != "app.py" for hit in hits)


def test_members_of_a_workspace_module_carry_their_chunk(index):
    (hit, *_) = index.search(Query("post an entry", owners=("billing.ledger",)))
    assert hit.kind == "cross_file" and hit.chunk is not None and "def post_entry" in hit.chunk.text


def test_each_symbol_once_and_never_more_than_asked(index):
    hits = index.search(Query("the area of a shape", packages=("shapes",), limit=3))
    assert len(hits) <= 3
    keys = [(hit.symbol.uri, hit.symbol.line) for hit in hits if hit.symbol]
    assert len(keys) == len(set(keys))
    assert found(hits)[0] == "area_of"


def test_nothing_is_found_for_nothing(index):
    assert index.search(Query("")) == []
    assert index.search(Query("x", limit=0)) == []


def test_odd_queries_do_not_fail(index):
    for text in ("'", '"', "a AND b OR (", "ü" * 500, "\n\n", "client.____(", "*", "NOT"):
        index.search(Query(text))
        index.search(Query(text, owners=("botocore:kitchen",)))
