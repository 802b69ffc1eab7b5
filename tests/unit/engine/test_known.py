"""What is known for certain of callables and names: by the type checker, with what the index adds."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import FakeIndex, FakeOracle, function

from soothsay.engine.known import Known
from soothsay.engine.site import Site
from soothsay.engine.types import CompletionRequest
from soothsay.oracle.types import Member, Signature
from soothsay_index.types import Parameter

TEXT = "import shapes\n\nshapes."
INDEXED = replace(
    function("shapes.draw", origin="package"),
    parameters=(Parameter("size", required=True), Parameter("color", default="BLACK"), Parameter("fill")),
)


class TellingOracle(FakeOracle):
    """Tells of one signature, and of the names in scope."""

    def __init__(self, names: Sequence[str] | None = ()) -> None:
        super().__init__()
        self.known = names

    def signature(self, path: Path, text: str, offset: int) -> Sequence[Signature] | None:
        color, fill = Parameter("color"), Parameter("fill", default="True")
        return [Signature("(size, color=..., fill=True)", (Parameter("size", required=True), color, fill))]

    def names(self, path: Path, text: str, offset: int) -> Sequence[Member] | None:
        return None if self.known is None else [Member(name, "value", "") for name in self.known]


def known(oracle: FakeOracle) -> Known:
    index = FakeIndex(shapes=[INDEXED])
    return Known(Site(CompletionRequest(Path("/w/app.py"), TEXT, len(TEXT), Path("/w")), index), oracle)


def test_a_default_that_the_type_checker_does_not_say_is_that_of_the_index() -> None:
    found = known(TellingOracle()).parameters_of("shapes.draw")
    assert found is not None
    assert [(p.name, p.required, p.default) for p in found] == [
        ("size", True, ""),
        ("color", False, "BLACK"),
        ("fill", False, "True"),
    ]


@pytest.mark.parametrize(("names", "defined"), [(["size"], True), (["sizes"], False), ([], False), (None, True)])  # fmt: skip
def test_a_name_counts_as_defined_where_nothing_is_known(names: list[str] | None, defined: bool) -> None:
    assert known(TellingOracle(names)).is_defined("size") is defined
