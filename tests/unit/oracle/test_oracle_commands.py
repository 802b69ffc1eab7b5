"""The setting that names the programs of judges."""

from __future__ import annotations

import sys

import pytest

from soothsay.oracle.commands import NO_COMMANDS, read_commands
from soothsay_languages.registry import language_of_id


def test_a_command_is_read_as_a_shell_does() -> None:
    read = read_commands([f'gopls="{sys.executable}" -remote=auto'])
    assert read.problems == ()
    assert read.by_name["gopls"][1:] == ("-remote=auto",)


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("gopls", "there is no '='"),
        ("goplz=/bin/gopls", "there is no judge 'goplz'"),
        ("gopls=", "it is no command"),
        ('gopls="unclosed', "it is no command"),
        ("gopls=bin/gopls", "neither an absolute path"),
        ("gopls=/nowhere/gopls", "there is no program /nowhere/gopls"),
        ("gopls=no-such-program-here", "there is no program"),
    ],
)
def test_what_cannot_be_run_is_told_and_left_out(written: str, problem: str) -> None:
    read = read_commands([written])
    assert read.by_name == {}
    (told,) = read.problems
    assert problem in told and written in told


def test_a_judge_without_a_command_stays_as_it_is() -> None:
    go = language_of_id("go")
    assert go is not None
    assert NO_COMMANDS.applied_to(go.oracles[0]) is go.oracles[0]
