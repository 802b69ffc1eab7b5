import sys
from pathlib import Path

import pytest
from index_fakes import write

from soothsay_index.sources.base import Used
from soothsay_index.types import Chunk
from soothsay_languages.environment import Environment
from soothsay_languages.python.environment.finder import read_interpreter
from soothsay_languages.python.environment.reading import KIND
from soothsay_languages.python.sources.release_notes import ReleaseNotes


def distribution(
    name: str, files: dict[str, str], description: str = "", kind: str = "text/markdown"
) -> dict[str, str]:
    info = f"{name.replace('-', '_')}-2.1.dist-info"
    fields = f"Metadata-Version: 2.1\nName: {name}\nVersion: 2.1\nDescription-Content-Type: {kind}\n\n"
    files = {f"{name}/__init__.py": "", **files}
    record = "".join(f"{path},sha256=x,1\n" for path in [*files, f"{info}/METADATA"])
    return {**files, f"{info}/METADATA": fields + description, f"{info}/RECORD": record}


def notes(tmp_path: Path, files: dict[str, str]) -> ReleaseNotes:
    write(tmp_path, files)
    return ReleaseNotes(Environment(KIND, Path("x"), "3.12", (tmp_path,), Path("/nowhere")))


def chunks(source: ReleaseNotes) -> tuple[Chunk, ...]:
    (release,) = source.releases()
    return source.harvest(release).chunks


MARKDOWN = """# Changelog

## [Unreleased]
- soon

## [2.1.0] - 2024-08-18
### Added
- `unstack` splits an array.

### Fixed
- a bug

## v2.0rc1
- much
"""

RST = """Changes
=======

bread 2.1 (2024-08-18)
----------------------

New
~~~

- ``unstack``

Version 2.0.1
-------------

- less
"""


@pytest.mark.parametrize(
    ("path", "text", "titles"),
    [
        ("bread/CHANGELOG.md", MARKDOWN, ["bread 2.1.0", "bread 2.0rc1"]),
        ("CHANGES.rst", RST, ["bread 2.1", "bread 2.0.1"]),
        ("bread/docs/NEWS", "2.1 (2024)\n * unstack\n\n2.0\n * less\n", ["bread 2.1", "bread 2.0"]),
        ("bread/HISTORY.txt", "1.9\n====\n* old\n\n2.1\n====\n* unstack\n", ["bread 2.1", "bread 1.9"]),
    ],
)
def test_a_file_is_cut_at_its_versions_newest_first(tmp_path: Path, path: str, text: str, titles: list[str]):
    found = chunks(notes(tmp_path, distribution("bread", {path: text})))
    assert [chunk.title for chunk in found] == titles
    assert "unstack" in found[0].text and "soon" not in found[0].text
    assert all(chunk.kind == "prose" and chunk.path == path and chunk.uri.endswith(path) for chunk in found)
    lines = text.split("\n")
    for chunk in found:
        assert chunk.text == "\n".join(lines[chunk.start_line - 1 : chunk.end_line])


def test_a_version_keeps_its_subsections(tmp_path: Path):
    first = chunks(notes(tmp_path, distribution("bread", {"CHANGELOG.md": MARKDOWN})))[0]
    assert "### Added" in first.text and "### Fixed" in first.text


def test_the_description_is_read_below_its_history(tmp_path: Path):
    description = "# bread\n\n## 3.1 Installing\n\ntext\n\n# Release History\n\n## 2.1.0\n- `unstack`\n\n## 2.0.0\n- less\n"
    (first, second) = chunks(notes(tmp_path, distribution("bread", {}, description)))
    assert (first.title, second.title) == ("bread 2.1.0", "bread 2.0.0")
    lines = (tmp_path / first.path).read_text().split("\n")
    assert lines[first.start_line - 1] == "## 2.1.0"


def test_a_description_of_the_latest_changes_only(tmp_path: Path):
    description = "bread\n=====\n\nChanges\n-------\n\n* ``unstack`` is new\n\nLicence\n-------\n\n* free\n"
    (only,) = chunks(notes(tmp_path, distribution("bread", {}, description, "text/x-rst")))
    assert only.title == "bread 2.1" and "unstack" in only.text and "free" not in only.text


def test_a_link_to_the_changelog_is_no_changelog(tmp_path: Path):
    assert (
        chunks(notes(tmp_path, distribution("bread", {}, "# bread\n\n## Changelog\n\nSee the website.\n")))
        == ()
    )


def test_a_file_and_a_description_that_say_the_same(tmp_path: Path):
    found = chunks(notes(tmp_path, distribution("bread", {"CHANGELOG.md": MARKDOWN}, MARKDOWN)))
    assert [chunk.title for chunk in found] == ["bread 2.1.0", "bread 2.0rc1"]


def test_only_the_newest_versions_are_kept(tmp_path: Path):
    text = "".join(f"## 1.{minor}.0\n- change {minor}\n" for minor in range(100))
    found = chunks(notes(tmp_path, distribution("bread", {"CHANGELOG.md": text})))
    assert [chunk.title for chunk in found] == [f"bread 1.{minor}.0" for minor in range(99, 69, -1)]


def test_only_distributions_with_notes_are_releases(tmp_path: Path):
    source = notes(
        tmp_path, {**distribution("bread", {"CHANGELOG.md": MARKDOWN}), **distribution("jam", {}, "# jam\n")}
    )
    (release,) = source.releases()
    assert release.key == "bread@2.1/bread#release_notes"
    assert source.relevant(Used({"bread.oven": 1})).now == (release,)
    assert source.relevant(Used({"jam": 1})).now == ()


@pytest.mark.parametrize(
    "text", ["", "## 1.0", "\n" * 1_000, "1.0 1.0 1.0\n" * 1_000, "## " + "1." * 5_000, "\ufffd"]
)
def test_odd_files_do_not_fail(tmp_path: Path, text: str):
    for chunk in chunks(notes(tmp_path, distribution("bread", {"CHANGELOG.md": text}, text))):
        assert chunk.text.strip()


def test_files_that_are_gone_or_not_text(tmp_path: Path):
    files = distribution("bread", {"CHANGELOG.md": MARKDOWN, "NEWS": "x"})
    source = notes(tmp_path, files)
    (tmp_path / "CHANGELOG.md").write_bytes(b"\xff\xfe1.0")
    (tmp_path / "NEWS").unlink()
    assert chunks(source) == ()


@pytest.mark.slow
def test_what_is_installed_here():
    source = ReleaseNotes(read_interpreter(Path(sys.executable)))
    found = {release.package: release for release in source.releases()}
    titles = [chunk.title for chunk in source.harvest(found["pytest-timeout"]).chunks]
    assert "pytest-timeout 2.3.1" in titles
    attrs = source.harvest(found["attrs"]).chunks
    assert attrs and all(chunk.title == f"attrs {found['attrs'].version}" for chunk in attrs)
