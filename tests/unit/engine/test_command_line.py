"""The command that is being written, and the options that it takes, as real programs tell them."""

from __future__ import annotations

from pathlib import Path, PurePath

import pytest
from fakes import FakeIndex

from soothsay.engine.command_line import choose_option, command_at, known_options
from soothsay.engine.name_choice import Around, NameChoice
from soothsay_index.sources.help_texts import CommandHelp, as_harvest, read_help, with_negations
from soothsay_index.types import Symbol
from soothsay_languages.base import Language
from soothsay_languages.commands import Command
from soothsay_languages.registry import language_of_file

FOLDER = Path(__file__).parents[1] / "index" / "help_texts"


def language_called(name: str) -> Language:
    language = language_of_file(PurePath(name))
    assert language is not None
    return language


def index_of(*commands: tuple[str, ...], partial: tuple[str, ...] = ()) -> FakeIndex:
    """An index of what the help texts of ``commands`` say; those of ``partial`` do not say it all."""
    helps = [
        CommandHelp(
            words,
            with_negations(read_help((FOLDER / f"{'-'.join(words)}.txt").read_text())),
            words != partial,
        )
        for words in commands
    ]
    harvest = as_harvest(helps, "x", "1", "")
    closed = {each.owner for each in harvest.owners if each.closed}
    owners: dict[str, list[Symbol]] = {}
    for symbol in harvest.symbols:
        owners.setdefault(symbol.owner, []).append(symbol)
    index = FakeIndex(**{owner: symbols for owner, symbols in owners.items() if owner in closed})
    index.open_owners.update((owner, symbols) for owner, symbols in owners.items() if owner not in closed)
    return index


@pytest.fixture(scope="module")
def index() -> FakeIndex:
    return index_of(
        ("git",), ("git", "commit"), ("pip",), ("pip", "install"), ("docker",), ("docker", "run"), ("grep",), ("make",), ("flask",),
        ("npm",), ("npm", "install"), partial=("npm", "install"),
    )  # fmt: skip


def options(index: FakeIndex, text: str, name: str = "run.sh") -> set[str] | None:
    command = command_at(text, len(text), language_called(name))
    assert command is not None
    found = known_options(index, command)
    return None if found is None else set(found)


@pytest.mark.parametrize(
    ("text", "some"),
    [
        ("git commit --", {"--amend", "--message", "-m", "--no-edit"}),
        ("git -C some/path commit --", {"--amend"}),
        ("git -c user.name=x commit -m 'a b' file --", {"--amend"}),
        ("git --no-pager commit --", {"--amend"}),
        ("git --", {"--git-dir", "--bare"}),
        ("sudo pip install -r x.txt --", {"--no-deps", "--requirement"}),
        ("python3 -m pip install --", {"--no-deps"}),
        ("pip --", {"--isolated"}),
        ("grep pattern file --", {"--color", "--include"}),
        ("make all --", {"--jobs"}),
        ("docker run --rm --name x --", {"--detach", "--add-host"}),
    ],
)
def test_the_options_of_a_command(index: FakeIndex, text: str, some: set[str]) -> None:
    found = options(index, text)
    assert found is not None and some <= found
    assert "--no-such" not in found


@pytest.mark.parametrize(
    "text",
    [
        "git commit -- --",  # behind it there are no options
        "git unknown --",  # an alias
        "git push --",  # not read
        "git $X --",
        "docker run ubuntu ls --",  # of the program in the container
        "docker run --name x ubuntu ls --",
        "docker $X --",
        "npm install --",  # its help does not tell all
        "terraform plan --",  # nothing is known of it
    ],
)
def test_what_is_not_certain_is_not_said(index: FakeIndex, text: str) -> None:
    assert options(index, text) is None


def test_an_option_of_a_subcommand_is_none_of_its_program(index: FakeIndex) -> None:
    for_git, for_commit = options(index, "git --"), options(index, "git commit --")
    assert for_git is not None and "--amend" not in for_git
    assert for_commit is not None and "--git-dir" not in for_commit


def test_an_option_has_a_summary_and_says_what_it_takes(index: FakeIndex) -> None:
    found = known_options(index, Command("git", ("commit",)))
    assert found is not None
    assert found["--amend"].summary == "amend previous commit" and found["--amend"].parameters == ()
    assert [each.name for each in found["--message"].parameters or ()] == ["message"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("run.sh", "git commit --"),
        ("Makefile", "all:\n\tgit commit --"),
        ("ci.yml", "- run: |\n    git commit --"),
        ("Dockerfile", "FROM x\nRUN git commit --"),
    ],
)
@pytest.mark.parametrize("behind", ["", "\n", " && x\n", "am\n"])
def test_the_command_at_a_place_in_a_file(name: str, text: str, behind: str) -> None:
    expected = Command("git", ("commit",), "--", len(text) - 2)
    assert command_at(text + behind, len(text), language_called(name)) == expected


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("app.py", "git commit --"),
        ("Makefile", "X = git commit --"),
        ("ci.yml", "name: git commit --"),
        ("Dockerfile", "FROM git commit --"),
        ("ci.yml", "- run: git commit\n"),
        ("run.sh", ""),
    ],
)
def test_where_no_command_is_written(name: str, text: str) -> None:
    assert command_at(text, len(text), language_called(name)) is None


def chosen(
    index: FakeIndex, before: str, draft: str, name: str = "run.sh", after: str = "\n"
) -> NameChoice | None:
    around = Around(before + after, len(before), name)
    return choose_option(around, draft, language_called(name), index)


def test_an_option_that_the_program_does_not_take_is_chosen_among_those_that_it_takes(
    index: FakeIndex,
) -> None:
    choice = chosen(index, "pip install ", "--update-all requests")
    assert choice is not None
    assert (choice.drafted, choice.start, choice.typed) == ("--update-all", 0, "")
    assert {"--upgrade", "--user"} <= set(choice.names)
    assert all(each.startswith("--") for each in choice.names)


def test_options_that_the_program_takes_stay(index: FakeIndex) -> None:
    assert chosen(index, "pip install ", "--upgrade requests") is None
    assert chosen(index, "git commit ", "--message='a --no-such-option b'") is None
    assert chosen(index, "nobody-knows ", "--update-all") is None
    assert chosen(index, "", "echo done") is None


@pytest.mark.parametrize(
    ("before", "draft", "rest"),
    [
        ("grep ", "--recurs", " x ."),
        ("grep ", "--inc", "=x y"),
        ("git commit ", "--verb", ""),
        ("git commit --ver", "b", ""),
    ],
)
def test_the_beginning_of_an_option_stays(index: FakeIndex, before: str, draft: str, rest: str) -> None:
    assert chosen(index, before, draft + rest) is None
    assert chosen(index, before, f"{draft}zz{rest}") is not None


def test_what_is_typed_of_an_option_is_kept(index: FakeIndex) -> None:
    choice = chosen(index, "pip install --up", "date requests")
    assert choice is not None
    assert (choice.drafted, choice.start, choice.typed) == ("--update", 0, "--up")
    assert list(choice.endings) == ["grade", "grade-strategy"]


def test_the_second_option_is_looked_at_as_well(index: FakeIndex) -> None:
    draft = "--amend --no-such-editor"
    choice = chosen(index, "git commit ", draft)
    assert choice is not None
    assert draft[: choice.start] == "--amend "


def test_an_option_in_a_workflow_belongs_to_the_command_of_its_line(index: FakeIndex) -> None:
    before = "jobs:\n  test:\n    steps:\n      - run: pip install "
    assert chosen(index, before, "--update-all requests", "ci.yml") is not None
    assert chosen(index, "jobs:\n  test:\n    name: pip install ", "--update-all", "ci.yml") is None


def test_only_the_first_line_is_read(index: FakeIndex) -> None:
    assert chosen(index, "pip install ", "requests\npip install --update-all") is None


def test_the_beginning_of_several_options_is_none_of_them(index: FakeIndex) -> None:
    choice = chosen(index, "git commit ", "--s")
    assert choice is not None
    assert "--signoff" in choice.names
    assert all(name.startswith("--s") for name in choice.names)
