"""What the project uses is evidence for members that nobody lists: right drafts are shown, not replaced."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from fakes import FakeIndex, FakeModel, FakeOracle, function

from soothsay.config import Settings
from soothsay.engine.pipeline import Engine
from soothsay.engine.types import Completion, CompletionRequest
from soothsay_index.types import Chunk, Hit, Query

DRAFT = [("Track.objects.create", 0.97), ("(1)", 1.0), ("\n", 1.0)]
OTHER = [("Track.add_to_class", 0.97), ("(1)", 1.0), ("\n", 1.0)]


class Dynamic(FakeOracle):
    """Knows of a receiver whether it makes names."""

    def __init__(self, *refused: str, makes_names: bool | None) -> None:
        super().__init__(*refused)
        self._makes_names = makes_names

    def makes_names(self, path: Path, text: str, offset: int) -> bool | None:
        return self._makes_names


class ProjectIndex(FakeIndex):
    """Finds one other file."""

    def __init__(self, code: str) -> None:
        super().__init__(models=[function("models.Track", "name")])
        self._code = code

    def is_closed(self, owner: str) -> bool:
        return False

    def search(self, query: Query) -> Sequence[Hit]:
        chunk = Chunk("views.py", "file:///w/views.py", 1, 2, self._code)
        return [Hit("cross_file", 1.0, chunk=chunk)]


def complete(text: str, makes_names: bool | None = None, elsewhere: str = "") -> Completion:
    oracle = Dynamic("objects", makes_names=makes_names)
    engine = Engine(FakeModel(DRAFT, OTHER, "add"), ProjectIndex(elsewhere), Settings(method="full"), oracle)
    return engine.complete(CompletionRequest(Path("/w/app.py"), text, len(text), Path("/w")))


@pytest.mark.parametrize(
    ("text", "elsewhere"),
    [
        ("from models import Track\nrows = Track.objects.all()\nx = ", ""),
        ("from models import Track\nx = ", "def view():\n    return Track.objects.all()\n"),
    ],
)
def test_a_member_that_the_project_uses_is_kept(text: str, elsewhere: str) -> None:
    answer = complete(text, elsewhere=elsewhere)
    assert (answer.text, answer.verdict) == ("Track.objects.create(1)", "unverified")
    assert answer.check.repaired == ""
    assert answer.check.problem


@pytest.mark.parametrize(
    ("text", "elsewhere"),
    [
        ("from models import Track\nx = ", ""),
        ("from models import Track\n# Track.objects.all()\nx = ", ""),
        ("from models import Track\nrows = my.Track.objects\nx = ", ""),
        ("from models import Track\nx = ", "Track.objects_of(1)\n"),
        ("class Track: ...\nx = ", "Track.objects.all()\n"),  # another file's `Track` is another class
    ],
)
def test_what_is_no_use_of_it_is_no_evidence(text: str, elsewhere: str) -> None:
    assert complete(text, elsewhere=elsewhere).verdict == "rejected"


def test_where_names_are_made_no_use_is_needed() -> None:
    answer = complete("from models import Track\nx = ", makes_names=True)
    assert (answer.text, answer.verdict) == ("Track.objects.create(1)", "unverified")


def test_where_none_are_made_a_use_is_a_mistake_made_before() -> None:
    text = "from models import Track\nrows = Track.objects.all()\nx = "
    assert complete(text, makes_names=False).verdict == "rejected"
