"""Servers that a user has installed: gopls, rust-analyzer and jdtls as programs on PATH, where scripted ones stand in."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from scripted import LIMITS, SERVER

from soothsay.oracle.commands import read_commands
from soothsay.oracle.null import NullOracle
from soothsay.oracle.opening import open_oracle
from soothsay.oracle.types import Oracle
from soothsay_languages.oracle import ServerSpec
from soothsay_languages.registry import language_of_id

pytestmark = [
    pytest.mark.process,
    pytest.mark.requires(sys.platform != "win32", "a shell, for programs that are scripts"),
]


@dataclass(frozen=True)
class Server:
    """A language, its server's program, and what that calls a name and a member that are not there."""

    language: str
    program: str
    unknown_name: str
    no_member: str
    version: bool = True
    file: str = ""


SERVERS = [
    Server("go", "gopls", "UndeclaredName", "MissingFieldOrMethod", file="a.go"),
    Server("rust", "rust-analyzer", "E0425", "E0609", file="a.rs"),
    Server("java", "jdtls", "33554515", "67108964", version=False, file="A.java"),
]
# of the little Python that the scripted server knows; the adapter under test is no parser
TEXT = "class Shop:\n    def pay(self, {}): ...\n\nshop = Shop()\n"


def spec_of(server: Server) -> ServerSpec:
    language = language_of_id(server.language)
    assert language is not None
    return language.oracles[0]


@pytest.fixture(params=SERVERS, ids=lambda server: server.program)
def server(
    request: pytest.FixtureRequest, tmp_path: Path, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> Server:
    server: Server = request.param
    codes = f"unresolved-reference={server.unknown_name},missing-attribute={server.no_member}"
    words = f"push,{codes}" if server.version else f"push,unversioned,{codes}"
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / server.program
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S "{SERVER}" "{words}" "{notes}"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return server


@pytest.fixture
def oracle(server: Server, tmp_path: Path) -> Iterator[Oracle]:
    opened = open_oracle(tmp_path, server.language, limits=LIMITS)
    yield opened
    opened.close()


def test_a_program_that_is_set_is_run_instead_of_the_one_on_path(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "bin" / server.program
    moved = program.rename(tmp_path / "a tool")
    assert isinstance(open_oracle(tmp_path, server.language), NullOracle)
    commands = read_commands([f"{server.program}='{moved}'"])
    assert commands.problems == ()
    opened = open_oracle(tmp_path, server.language, limits=LIMITS, commands=commands)
    try:
        assert opened.findings(tmp_path / server.file, TEXT.format("a") + "bad\n")
    finally:
        opened.close()


def test_its_errors_are_read(server: Server, oracle: Oracle, tmp_path: Path) -> None:
    text = TEXT.format("a") + "bad\nshop.go\n"
    found = oracle.findings(tmp_path / server.file, text)
    assert [(each.kind, text[each.start : each.end], each.source) for each in found or ()] == [
        ("unknown_name", "bad", server.program),
        ("not_a_member", "go", server.program),
    ]


def test_its_members_and_signatures_are_read(server: Server, oracle: Oracle, tmp_path: Path) -> None:
    parameters = {
        "go": "amount int, rest ...string",
        "java": "int amount, String... rest",
        "rust": "amount: u32, rest: &[str]",
    }[server.language]
    text = TEXT.format(parameters) + "shop."
    members = oracle.members(tmp_path / server.file, text, len(text))
    assert [member.name for member in members or ()] == ["pay"]
    text += "pay("
    signatures = oracle.signature(tmp_path / server.file, text, len(text))
    if spec_of(server).signatures is None:
        assert not signatures
        return
    assert signatures is not None
    (signature,) = signatures
    assert [(each.name, each.kind, each.required) for each in signature.parameters] == [
        ("amount", "positional_only", True),
        ("rest", "var_positional", False),
    ]
    assert [each.annotation.lower() for each in signature.parameters] == ["int", "string"]


def test_it_is_told_to_run_nothing_of_a_workspace(server: Server) -> None:
    options = dict(spec_of(server).options(None))
    match server.program:
        case "gopls":
            assert options["env"]["GOTOOLCHAIN"] == "local"
        case "rust-analyzer":
            assert not options["cargo"]["buildScripts"]["enable"] and not options["procMacro"]["enable"]
            assert not options["checkOnSave"]
        case _:
            assert not options["settings"]["java"]["import"]["gradle"]["enabled"]


@pytest.mark.parametrize("language", [server.language for server in SERVERS])
def test_without_the_program_nothing_is_judged(
    language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    oracle = open_oracle(tmp_path, language)
    assert isinstance(oracle, NullOracle)
    assert oracle.findings(tmp_path / "a", "x") is None
