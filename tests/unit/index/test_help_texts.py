"""What help texts of real programs say: each file of ``help_texts`` is what one of them has printed."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from soothsay_index.sources.help_texts import (
    CommandHelp,
    HelpText,
    Option,
    as_harvest,
    read_help,
    with_negations,
    with_options,
)

FOLDER = Path(__file__).parent / "help_texts"


def help_of(name: str) -> HelpText:
    return read_help((FOLDER / f"{name}.txt").read_text())


def option(name: str, called: str) -> Option:
    return next(each for each in help_of(name).options if each.name == called)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # GNU
        ("grep", Option("--regexp", "PATTERNS", False, "use PATTERNS for matching")),
        ("grep", Option("-e", "PATTERNS", False, "use PATTERNS for matching")),
        ("grep", Option("--help", "", False, "display this help text and exit")),
        ("grep", Option("--color", "WHEN", True, "use markers to highlight the matching strings; WHEN is 'always', 'never', or 'auto'")),
        ("make", Option("--jobs", "[N]", False, "Allow N jobs at once; infinite jobs with no arg.")),
        ("make", Option("--assume-new", "FILE", False, "Consider FILE to be infinitely new.")),
        ("make", Option("-C", "DIRECTORY", False, "Change to DIRECTORY before doing anything.")),
        ("sed", Option("--in-place", "SUFFIX", True, "edit files in place (makes backup if SUFFIX supplied)")),
        ("sed", Option("--posix", "", False, "disable all GNU extensions.")),
        # curl: one blank behind a value
        ("curl", Option("--cacert", "file", False, "CA certificate to verify peer against")),
        ("curl", Option("-a", "", False, "Append to target file when uploading")),
        # git -h
        ("git-commit", Option("--amend", "", False, "amend previous commit")),
        ("git-commit", Option("-m", "message", False, "commit message")),
        ("git-commit", Option("--gpg-sign", "key-id", True, "GPG sign commit")),
        ("git-commit", Option("--allow-empty")),
        ("git-commit", Option("--no-status")),
        ("git-remote", Option("--no-tags")),
        ("git-remote", Option("-t", "branch")),
        ("git-remote", Option("--no-progress")),
        ("git", Option("-C", "path")),
        ("git", Option("--exec-path", "path", True)),
        # pip
        ("pip-install", Option("--requirement", "file", False, "Install from the given requirements file.")),
        ("pip-install", Option("--no-deps", "", False, "Don't install package dependencies.")),
        ("pip-install", Option("--cache-dir", "dir", False, "Store the cache data in <dir>.")),
        # argparse
        ("pre-commit-run", Option("--all-files", "", False, "Run on all the files in the repo.")),
        ("pre-commit-run", Option("--color", "{auto,always,never}", False, "Whether to use color in output.")),
        # click
        ("flask-run", Option("--without-threads", "", False, "Enable or disable multithreading.")),
        ("flask-run", Option("--port", "INTEGER", False, "The port to bind to.")),
        # cobra
        ("docker-run", Option("--add-host", "list", False, "Add a custom host-to-IP mapping (host:ip)")),
        ("docker-run", Option("--detach", "", False, "Run container in background and print container ID")),
        ("kubectl-get", Option("--all-namespaces", "", True, "If present, list the requested object(s) across all namespaces.")),
        ("kubectl-get", Option("--output", "''", False, "Output format.")),
        ("kubectl-options", Option("--namespace", "''", False, "If present, the namespace scope for this CLI request")),
        # npm
        ("npm-install", Option("--save-exact", "", False, "Dependencies saved to package.json will be configured with an exact")),
        ("npm-install", Option("--save-dev")),
        ("npm-install", Option("--omit", "dev|optional|peer", False, "Dependency types to omit from the installation tree on disk.")),
        # clap
        ("ruff-check", Option("--output-format", "OUTPUT_FORMAT", False, "Output serialization format for violations.")),
        ("ruff-check", Option("--add-noqa", "REASON", True, "Enable automatic additions of `noqa` directives to failing lines.")),
        ("ruff-check", Option("--no-fix")),  # which is told of only where `--fix` is
    ],
)  # fmt: skip
def test_an_option_of_a_real_program(name: str, expected: Option) -> None:
    assert option(name, expected.name) == expected


@pytest.mark.parametrize(
    ("name", "count"),
    [("curl", 250), ("docker-run", 100), ("git-commit", 50), ("grep", 70), ("make", 60), ("pip-install", 70)],
)
def test_all_options_are_found(name: str, count: int) -> None:
    text = (FOLDER / f"{name}.txt").read_text()
    found = {each.name for each in help_of(name).options}
    begun = {line.split()[0] for line in text.splitlines() if line.strip().startswith("--")}
    assert len(found) >= count
    assert {each.split("=")[0].split("[")[0].rstrip(":,") for each in begun} <= found


@pytest.mark.parametrize(
    ("name", "some"),
    [
        ("git", {"commit": "Record changes to the repository", "rm": "Remove files from the working tree and from the index"}),
        ("pip", {"install": "Install packages.", "download": "Download packages."}),
        ("docker", {"run": "Create and run a new container from an image", "cp": "Copy files/folders between a container and the local filesystem"}),
        ("kubectl", {"get": "Display one or many resources", "cluster-info": "Display cluster information"}),
        ("npm", {"ci": "", "find-dupes": "", "whoami": ""}),
        ("flask", {"run": "Run a development server."}),
        ("ruff", {"check": "Run Ruff on the given files or directories", "format": "Run the Ruff formatter on the given files or directories"}),
        ("pre-commit", {"run": "Run hooks.", "hook-impl": ""}),
    ],
)  # fmt: skip
def test_the_subcommands_of_a_real_program(name: str, some: dict[str, str]) -> None:
    found = help_of(name).subcommands
    assert some.items() <= found.items()
    assert not any(each.startswith("-") or "," in each or " " in each for each in found)


@pytest.mark.parametrize("name", ["grep", "make", "curl", "git-commit", "pip-install", "docker-run", "flask-run", "kubectl-get"])  # fmt: skip
def test_what_lists_no_commands_has_no_subcommands(name: str) -> None:
    assert help_of(name).subcommands == {}


def test_the_usage_is_one_line() -> None:
    assert help_of("docker-run").usage == "Usage: docker run [OPTIONS] IMAGE [COMMAND] [ARG...]"
    assert help_of("grep").usage == "Usage: grep [OPTION]... PATTERNS [FILE]..."
    assert help_of("git-remote").usage.startswith(
        "usage: git remote [-v | --verbose] or: git remote add [-t <branch>]"
    )


@pytest.mark.parametrize(
    "text", ["", "\n\n", "command not found\n", "illegal option -- -\nusage: cp a b\n", "\0\x1b[1m"]
)
def test_what_is_no_help_text_has_no_options(text: str) -> None:
    assert read_help(text).options == ()


def test_styling_is_no_part_of_a_name() -> None:
    found = read_help(
        "Usage: x\n\n\x1b[1m  --bold\x1b[0m  \x1b[3mBe bold.\x1b[0m\n  --uu\b_nder  Underline.\n"
    ).options
    assert found[0] == Option("--bold", summary="Be bold.")


def test_a_line_of_prose_is_no_option() -> None:
    text = "Usage: x\n\n  -v  Be loud, unless\n      -q is given to it\n  - an item of a list\n  --\n"
    assert [each.name for each in read_help(text).options] == ["-v"]


def test_negations_and_options_of_all_subcommands() -> None:
    text = HelpText(options=(Option("--edit"), Option("--no-verify"), Option("-v")))
    assert [each.name for each in with_negations(text).options] == [
        "--edit", "--no-verify", "-v", "--no-edit", "--verify",
    ]  # fmt: skip
    both = with_options(text, HelpText(options=(Option("--edit", "X"), Option("--context", "C"))))
    assert both.options == (*text.options, Option("--context", "C"))


def test_commands_as_members_of_each_other() -> None:
    helps = [
        CommandHelp(("git",), help_of("git"), is_complete=False),
        CommandHelp(("git", "commit"), help_of("git-commit")),
    ]
    harvest = as_harvest(helps, "git", "2.39.5", "file:///usr/bin/git")
    found = {(each.owner, each.name): each for each in harvest.symbols}
    amend = found["command git commit", "option --amend"]
    assert (amend.qualified_name, amend.summary) == ("git commit --amend", "amend previous commit")
    assert (amend.package, amend.version, amend.parameters) == ("git", "2.39.5", ())
    message = found["command git commit", "option --message"].parameters
    assert message and (message[0].name, message[0].required) == ("message", True)
    assert found["command git", "command commit"].doc.startswith("usage: git commit [-a")
    assert found["installed commands", "command git"].doc.startswith("usage: git [-v")
    assert [(each.owner, each.closed) for each in harvest.owners] == [
        ("command git", False),
        ("command git commit", True),
    ]
    assert all(" " in each.name for each in harvest.symbols)  # no code can name one


@pytest.mark.parametrize(
    "piece", ["-", "--a", "  -a, ", "[", "{a,", "usage: ", "a\b", "\x1b[", "<", "=", "commands:\n  a  b\n", "  a, ", "--[no-]", "(-a|", "x  ", "-a,\n"]
)  # fmt: skip
def test_a_hostile_text_takes_time_in_proportion_to_its_length(piece: str) -> None:
    def seconds(count: int) -> float:
        began = time.perf_counter()
        read_help(piece * count)
        read_help(f"Usage: {piece * count}")
        return time.perf_counter() - began

    assert min(seconds(16_000) for _ in range(2)) < 12 * min(seconds(4_000) for _ in range(3)) + 0.2
