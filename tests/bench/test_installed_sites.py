"""Call sites of tests and examples, and which of them become tasks."""

from bench.installed.frequency import count
from bench.installed.sites import Site, sites_of_examples, sites_of_tests
from bench.installed.tasks import choose, choose_sites, group_of, preload, split_of, task_of

TESTS = """
import numpy as np
import pytest
from numpy import linalg
from numpy.testing import assert_equal

SIZE = 3


def make():
    return np.ones(SIZE)


class TestStack:
    def test_stack(self):
        a = make()
        assert_equal(a.shape, (3,))
        # put them on top of each other
        b = np.stack([a, a])
        assert b.sum() == 6
        return np.concatenate([b, b])

    def test_needs_a_fixture(self, tmp_path):
        np.save(tmp_path, 1)

    def test_raises(self):
        with pytest.raises(ValueError):
            np.stack(1)
        np.vstack([1])
"""


def found() -> dict[str, Site]:
    return {site.name: site for site in sites_of_tests("tests/test_stack.py", TESTS)}


def test_a_site_holds_what_it_needs_and_no_more():
    site = found()["stack"]
    assert (
        site.setup
        == "import numpy as np\n\nSIZE = 3\n\ndef make():\n    return np.ones(SIZE)\n\na = make()\n"
    )
    assert (site.prefix, site.call) == ("b = np.", "np.stack([a, a])")
    assert site.comment == "put them on top of each other"


def test_a_call_inside_of_an_assertion_or_a_return_becomes_a_result():
    sites = found()
    assert sites["sum"].prefix == "result = b."
    assert sites["concatenate"].prefix == "result = np."
    assert "assert" not in sites["concatenate"].setup


def test_what_needs_fixtures_or_checks_for_errors_is_left_out():
    sites = found()
    assert "save" not in sites
    assert "raises" not in sites["vstack"].setup


def test_code_that_gives_the_name_away_is_no_site():
    source = "import numpy as np\n\ndef test_twice():\n    a = np.stack([1])\n    b = np.stack([2])\n"
    assert [site.prefix for site in sites_of_tests("t.py", source)] == ["a = np."]


def test_the_examples_of_documentation():
    source = '''
def unstack(x):
    """Split an array.

    >>> a = np.ones((2, 2))
    >>> np.unstack(a)
    (array([1., 1.]), array([1., 1.]))
    """
'''
    by_name = {site.name: site for site in sites_of_examples("numpy/lib.py", source, "import numpy as np")}
    site = by_name["unstack"]
    assert (site.source, site.prefix) == ("example", "result = np.")
    assert site.setup == "import numpy as np\n\na = np.ones((2, 2))\n"


def test_sites_worth_running_are_few_of_a_name():
    sites = [("numpy", Site("test", "t.py", f"a = {n}\n", "a.", "a", "sum", f"a.sum({n})")) for n in range(9)]
    assert len(choose_sites(sites, {})) == 2
    assert len(choose_sites(sites, {"numpy": {"sum"}})) == 5


FACTS = {"module": "numpy", "class": "", "others": [], "doc": "Split an array into a sequence of arrays along the given axis."}  # fmt: skip


def test_a_task_has_the_sites_comment_or_one_from_the_documentation():
    site = found()["stack"]
    task = task_of("numpy", site, FACTS, False, 100)
    assert task is not None
    assert (task["comment"], task["comment_from"], task["stratum"]) == (site.comment, "site", "frequent")
    assert task["text"].endswith("a = make()\n\n# put them on top of each other\nb = np.")
    other = task_of("numpy", found()["concatenate"], FACTS, True, 0)
    assert other is not None
    assert (other["comment_from"], other["stratum"]) == ("documentation", "new")


def test_a_task_that_says_nothing_or_everything_is_none():
    site = found()["concatenate"]
    assert task_of("numpy", site, {**FACTS, "doc": ""}, False, 0) is None
    told = Site(
        "test", "t.py", "", "np.", "np", "stack_arrays", "np.stack_arrays(x)", "stack these arrays please"
    )
    assert task_of("numpy", told, FACTS, False, 0) is None


def test_groups_are_drawn_as_wholes():
    assert group_of("scipy.stats._stats_py") == "scipy.stats"
    assert group_of("pandas") == "pandas"
    split = split_of(["a", "b", "c", "a"])
    assert sorted(split.values()) == ["dev", "test", "test"]
    assert split == split_of(["c", "b", "a"])


def test_tasks_are_taken_in_turns_from_each_library():
    base = {"stratum": "rare", "group": "g"}
    tasks = [{**base, "id": f"{lib}.{n}", "client": f"python:{lib}", "library": lib} for lib in ("a", "b") for n in range(20)]  # fmt: skip
    chosen = choose(tasks)
    assert len([task for task in chosen if task["library"] == "a"]) == 14  # of one owner
    assert {task["split"] for task in chosen} == {"test"}


def test_calls_are_counted_in_the_code_of_others():
    files = [
        ("scipy", "import numpy as np\nnp.stack(x)\nnp.stack(y)"),
        ("numpy", "import numpy\nnumpy.stack(x)"),
        ("other", "x.stack()"),
    ]
    assert count(files, {"numpy"}) == {"numpy": {"stack": 2}}


def test_modules_are_imported_before_the_fork():
    assert preload("import numpy as np\nfrom scipy.stats import qmc\nimport secret\n") == [
        "numpy",
        "scipy.stats",
    ]
