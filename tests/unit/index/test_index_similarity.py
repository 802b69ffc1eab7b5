from soothsay_index.search.graph import ModuleFile, files_by_module, import_reach
from soothsay_index.search.similarity import (
    STRIDE,
    WINDOW,
    Features,
    Sought,
    bm25,
    jaccard,
    last_window,
    most_like,
    shape,
    stems,
    tokens,
)
from soothsay_languages.registry import language_or_plain

PYTHON, SHELL, PLAIN = (language_or_plain(name) for name in ("python", "shellscript", "klingon"))


def test_long_texts_are_compared_window_by_window():
    lines = [f"name_{number} = {number}" for number in range(95)]
    windows = Features("\n".join(lines)).windows
    assert windows[0].start == 0 and windows[1].start == STRIDE
    assert all(window.text.count("\n") == WINDOW - 1 for window in windows)
    assert windows[-1].text.split("\n")[-1] == lines[-1]
    score, best = most_like(windows, tokens("\n".join(lines[30:50])))
    assert best.start == 30 and score == 1.0


def test_a_text_hardly_longer_than_a_window_is_one_window():
    assert len(Features("\n".join("x" * (WINDOW + STRIDE))).windows) == 1
    assert len(Features("").windows) == 1


def test_the_last_window_is_what_stands_before_the_cursor():
    code = "\n".join(str(number) for number in range(100)) + "\n\n"
    assert last_window(code).split("\n") == [str(number) for number in range(80, 100)]


def test_jaccard_of_sets():
    assert jaccard(frozenset({1, 2, 3}), frozenset({2, 3, 4})) == 0.5
    assert jaccard(frozenset(), frozenset()) == 0.0


def test_shape_is_blind_to_names_but_not_to_structure():
    loop = "for row in rows:\n    if row.a > 0:\n        total += row.a\n"
    renamed = "for line in lines:\n    if line.price > 9:\n        found += line.price\n"
    other = "with open(name) as file:\n    return json.load(file)\n"
    assert jaccard(shape(loop, PYTHON), shape(renamed, PYTHON)) == 1.0
    assert jaccard(shape(loop, PYTHON), shape(other, PYTHON)) < 0.4
    assert shape("", PYTHON) == frozenset()
    assert (
        jaccard(shape(f"        {loop}", PYTHON), shape(loop, PYTHON)) > 0.3
    )  # a piece of a function, indented


def test_rare_words_and_titles_weigh_most():
    pieces = [
        Features("the order is sent, the order is kept", "keep"),
        Features("the order is shipped", "ship"),
        Features("an order of an order in order", "order"),
    ]
    scores = bm25(pieces, [stem for word in ("ship", "order") for stem in stems(word)])
    assert scores[1] == max(scores) and min(scores) > 0
    assert bm25(pieces, ["nowhere"]) == [0.0, 0.0, 0.0]
    assert bm25([], ["order"]) == []


def test_identifiers_are_words():
    wanted = frozenset(stem for word in ("model", "customization", "absent") for stem in stems(word))
    counts = Features("client.createModelCustomizationJob(model_customization=1)").counts(Sought(wanted))
    assert sorted(counts.values()) == [2, 2]


FILES = files_by_module(
    [
        ModuleFile("shop/__init__.py", "shop", "shop.payments shop.payments.charge os"),
        ModuleFile("shop/payments.py", "shop.payments", "shop.money shop.money.rounded"),
        ModuleFile("shop/money.py", "shop.money", "decimal"),
        ModuleFile("app.py", "app", "shop shop.charge"),
    ]
)


def test_names_are_followed_to_where_they_are_defined():
    found = import_reach(("shop.charge",), FILES, path="app.py")
    assert "shop/payments.py|shop.payments.charge" in found.named
    assert found.hops == {"shop/__init__.py": 1, "shop/payments.py": 2}


def test_two_hops_and_never_the_file_itself():
    found = import_reach(("shop.payments", "app"), FILES, path="app.py")
    assert found.hops == {"shop/payments.py": 1, "shop/money.py": 2}
    assert found.named == frozenset()


def test_imports_in_a_circle_end():
    files = files_by_module([ModuleFile("a.py", "a", "b"), ModuleFile("b.py", "b", "a")])
    assert import_reach(("a",), files).hops == {"a.py": 1, "b.py": 2}


def test_unsaved_imports_count_instead_of_stored_ones():
    unsaved = files_by_module([ModuleFile("shop/payments.py", "shop.payments", "app")])
    assert import_reach(("shop.payments",), FILES, unsaved).hops == {"shop/payments.py": 1, "app.py": 2}


def test_a_hub_that_everything_imports_does_not_pull_in_everything():
    names = [f"m{number}" for number in range(200)]
    files = files_by_module(
        [ModuleFile("hub.py", "hub", " ".join(names)), *(ModuleFile(f"{n}.py", n) for n in names)]
    )
    assert len(import_reach(("hub",), files).hops) < 50


def test_the_shape_is_read_in_the_language_that_is_asked_for():
    loop = "for f in a b; do\n  cp $f /srv\ndone\n"
    assert (
        shape(loop, SHELL)
        == shape(loop.replace("f in", "g in").replace("$f", "$g"), SHELL)
        != shape(loop, PYTHON)
    )
    assert shape(loop, PLAIN) == shape(loop, None) == frozenset()
    features = Features(loop)
    (window,) = features.windows
    assert features.shape(window, SHELL) == shape(loop, SHELL)
    assert features.shape(window, PYTHON) == shape(loop, PYTHON)
