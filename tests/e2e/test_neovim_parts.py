"""The plugin's small parts, in the real Neovim without a server: options, parts of ghost text, keys, texts."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from nvim_driver import Neovim, until
from nvim_installs import Install, neovim_011

PLUGIN = Path(__file__).parents[2] / "editors" / "neovim"


@pytest.fixture(scope="module")
def install() -> Install:
    return neovim_011()


@pytest.fixture(scope="module")
def neovim(install: Install, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neovim]:
    neovim = Neovim(install, tmp_path_factory.mktemp("neovim"), "", {})
    yield neovim
    neovim.close()


@pytest.mark.parametrize(
    ("text", "word", "line"),
    [
        ("create_job(\n    name=1)", "create_job", "create_job("),
        ("(\n    name=1)", "(", "("),
        ("\n    name=1\n)", "\n    name", "\n    name=1"),
        ("  größe = 1", "  größe", "  größe = 1"),
        (").x", ").", ").x"),
        ("\n\n", "\n\n", "\n\n"),
        ("x", "x", "x"),
    ],
)
def test_parts_of_a_ghost_text(neovim: Neovim, text: str, word: str, line: str) -> None:
    of = "return require('soothsay.part').of(...)"
    assert neovim.lua(of, "word", text) == word
    assert neovim.lua(of, "line", text) == line
    assert neovim.lua(of, "all", text) == text


def test_the_settings_of_setup_are_initialization_options(neovim: Neovim) -> None:
    given = neovim.lua("""
        require("soothsay").setup({ settings = { model = { name = "mine" } } })
        vim.lsp.enable("soothsay", false)
        return { vim.lsp.config.soothsay.init_options, vim.lsp.config.soothsay.settings }
    """)
    assert given == [{"soothsay": {"model": {"name": "mine"}}}] * 2


def test_what_is_left_of_a_text_that_is_typed(neovim: Neovim) -> None:
    rest = "return require('soothsay.part').rest(...)"
    assert neovim.lua(rest, "create_job()", "create") == "_job()"
    assert neovim.lua(rest, "create_job()", "") == "create_job()"
    assert neovim.lua(rest, "create_job()", "x") is None


@pytest.mark.parametrize(
    ("snippet", "text", "first", "rests"),
    [
        ("f(a=${1:x}, ${2})$0", "f(a=x, )", 4, {0: "f(a=${1:x}, ${2})${0}", 5: ", ${2})${0}", 2: "a=${1:x}, ${2})${0}"}),
        ("f(${1:name})$0", "f(name)", 2, {3: "ame)${0}", 7: "${0}"}),
        (r"\${\}\\ ${1:a\}b\\}$0", "${}\\ a}b\\", 5, {0: r"\${\}\\ ${1:a\}b\\}${0}"}),
        ("größe=${1:ü}$0", "größe=ü", 8, {8: "${1:ü}${0}"}),
    ],
)  # fmt: skip
def test_a_text_with_tab_stops(
    neovim: Neovim, snippet: str, text: str, first: int, rests: dict[int, str]
) -> None:
    call = "local s, p = require('soothsay.snippet'); p = s.parse(...); "
    assert neovim.lua(call + "return s.text(p)", snippet) == text
    assert neovim.lua(call + "return s.first_stop(p, 0)", snippet) == first
    for start, rest in rests.items():
        assert neovim.lua(call + "return s.write(p, select(2, ...))", snippet, start) == rest
        shown = neovim.lua("return tostring(require('vim.lsp._snippet_grammar').parse(...))", rest)
        assert shown == text.encode()[start:].decode()


def test_options_that_cannot_be_used_are_named_and_left_out(neovim: Neovim) -> None:
    options, problems = neovim.lua(
        "local o, p = require('soothsay.config').decode(...); return { o, p }",
        {"debounce": "soon", "colour": 1, "keymaps": {"accept": "<C-j>"}, "ghost_text": False},
    )
    assert problems == [
        "soothsay: debounce cannot be \"soon\"; using the default",
        "soothsay: there is no option 'colour'; ignored",
    ]  # fmt: skip
    assert options["debounce"] == 60
    assert options["ghost_text"] is False
    assert options["keymaps"]["accept"] == "<C-j>"
    assert options["keymaps"]["accept_word"] == "<M-w>"
    assert neovim.lua("return require('soothsay.config').decode({ keymaps = false }).keymaps") is False


LAST = {"id": 1, "verdict": "verified", "symbol": "f", "package": "numpy", "version": "2.1", "trimmed": False}
INDEX = {"stage": "embedding", "done": 34, "total": 100, "detail": "numpy", "remainingSeconds": 12.4}


@pytest.mark.parametrize(
    ("status", "line"),
    [
        ({"state": "loading"}, "soothsay: loading"),
        ({"state": "paused", "last": LAST}, "soothsay: paused"),
        ({"state": "ready"}, "soothsay"),
        ({"state": "ready", "last": LAST}, "✓ numpy 2.1"),
        ({"state": "ready", "last": {**LAST, "package": "", "version": ""}}, "✓ verified"),
        ({"state": "ready", "last": {**LAST, "trimmed": True, "package": "", "version": ""}}, "✂ trimmed"),
        ({"state": "ready", "last": {**LAST, "adapters": ["mine", "shop"]}}, "✓ numpy 2.1 · with mine, shop"),
        ({"state": "ready", "last": {**LAST, "adapters": []}}, "✓ numpy 2.1"),
        ({"state": "ready", "index": INDEX}, "index: embedding 34 %, 12 s"),
        (
            {"state": "ready", "last": LAST, "index": {**INDEX, "total": 0}},
            "✓ numpy 2.1 · index: embedding, 12 s",
        ),
    ],
)
def test_the_status_in_a_few_words(neovim: Neovim, status: dict[str, Any], line: str) -> None:
    assert neovim.lua("return require('soothsay.status').describe(...)", status) == line


def test_without_a_server_there_is_no_status(neovim: Neovim) -> None:
    assert neovim.lua("return require('soothsay.status').line()") == ""


def test_a_server_that_keeps_dying_is_left_alone(neovim: Neovim) -> None:
    delay = "return require('soothsay.server').delay(...)"
    assert neovim.lua(delay, [], 1000) == pytest.approx(0.2)
    assert neovim.lua(delay, [990, 995], 1000) == pytest.approx(0.8)
    assert neovim.lua(delay, [900, 950, 990, 995, 999], 1000) is None
    assert neovim.lua(delay, [100, 200, 300, 400, 500], 1000) == pytest.approx(0.2)


def test_a_token_is_shaded_by_its_probability(neovim: Neovim) -> None:
    shades = [
        neovim.lua("return require('soothsay.explain').shade(...)", p) for p in (1.0, 0.95, 0.8, 0.4, 0.1)
    ]
    assert [shade.removeprefix("SoothsayToken") for shade in shades] == [
        "Sure", "Sure", "Likely", "Doubted", "Guessed",
    ]  # fmt: skip


def why(**changes: Any) -> dict[str, Any]:
    plain = {
        "text": "f(\n    x\n)",
        "verdict": "rejected",
        "method": "full",
        "trigger": {"fired": True, "reasons": ["bad_arguments"], "explanations": ["the arguments do not fit"], "confidence": 0.31,
                    "threshold": 0.8, "name": "f"},
        "evidence": [
            {"symbol": "m.f", "package": "m", "version": "1", "uri": "file:///m.py", "text": "m.f(x)\nmore"},
            {"symbol": "m.g", "package": "", "version": "", "uri": "", "text": "m.g(y)\nmore"},
        ],
        "tokens": [{"text": "f(\n", "probability": 0.9}, {"text": "  y)\n", "probability": 0.25}],
        "timings_ms": {"draft": 10.0, "total": 20.4},
        "oracle": {
            "questions": [{"what": "findings", "ms": 3.04, "answered": False}],
            "problem": "f takes no y", "repaired": "", "trimmed": "y",
        },
    }  # fmt: skip
    return {**plain, **changes}


def test_the_explanation_as_text(neovim: Neovim) -> None:
    page = neovim.lua(
        "local p = require('soothsay.explain').render(...); return { p.lines, p.marks, vim.tbl_values(p.links) }",
        why(),
    )
    lines, marks, links = page
    assert (
        "\n".join(lines)
        == """\
 ✂ rejected, trimmed · m.f · m 1

 Draft  what the model wrote alone
   f(
     y)
   sure 0.95 likely 0.80 doubted 0.40 guessed   least: 'y)' at 0.25

 Trigger  documentation was looked up
   f  confidence 0.31, threshold 0.80
   · the arguments do not fit

 Evidence  <CR> opens the file
   m.f  m 1
     m.f(x)
     more
   m.g
     m.g(y) …

 Type checker
   findings  3.0 ms  no answer
   problem: f takes no y
   trimmed: y

 Answer  method full
   f(
       x
   )

 Time
   draft 10 ms · total 20 ms"""
    )
    assert links[-1] == {"uri": "file:///m.py", "symbol": "m.f"}
    shaded = {(mark["row"], mark["group"]) for mark in marks if "Token" in mark["group"]}
    assert (3, "SoothsayTokenLikely") in shaded
    assert (4, "SoothsayTokenGuessed") in shaded


def test_how_likely_it_is_to_be_kept_is_said_where_it_was_learned(neovim: Neovim) -> None:
    gate = {"probability": 0.412, "least": 0.25, "outcomes": 312, "tried": False}
    ending = {"step": "unlikely", "explanation": "you would not have kept it", "dropped": "f()"}
    unlikely = {**ending, "gate": {**gate, "probability": 0.12}}
    lines = neovim.lua(
        "return require('soothsay.explain').render(...).lines", why(gate=gate, nothingSince=unlikely)
    )
    assert lines[0] == " Nothing is shown now  you would not have kept it"
    assert lines[1] == "   12 % likely to be kept (least 25 %, learned from 312 completions)"
    assert "   41 % likely to be kept (least 25 %, learned from 312 completions)" in lines


def test_a_completion_without_anything(neovim: Neovim) -> None:
    empty = why(
        text="", verdict="unverified", tokens=[], evidence=[],
        trigger={"fired": False, "reasons": [], "confidence": None, "threshold": 0.8, "name": None},
        oracle={"questions": [], "problem": "", "repaired": "", "trimmed": ""},
    )  # fmt: skip
    lines = neovim.lua("return require('soothsay.explain').render(...).lines", empty)
    assert lines[0] == " ? unverified"
    assert " Evidence  none" in lines
    assert " Type checker  not asked" in lines
    assert "   (nothing worth showing)" in lines


def test_a_key_falls_back_to_what_it_did(neovim: Neovim) -> None:
    otherwise = """
        local key, how = ...
        vim.keymap.set("i", key, how == "callback" and function() _G.called = true end
            or how == "expr" and function() return "<C-v>65" end or "abc", { expr = how == "expr" })
        local keys = require("soothsay.keys").otherwise(key, vim.fn.maparg(key, "i", false, true))
        vim.keymap.del("i", key)
        return vim.fn.keytrans(keys)
    """
    assert neovim.lua(otherwise, "<F5>", "rhs") == "abc"
    assert neovim.lua(otherwise, "<F5>", "expr") == "<C-V>65"
    assert neovim.lua(otherwise, "<F5>", "callback") == ""
    until(lambda: neovim.lua("return _G.called"), "the mapping's function", 5)
    assert neovim.lua("return vim.fn.keytrans(require('soothsay.keys').otherwise('<Tab>', {}))") == "<Tab>"


def test_without_a_server_the_health_check_says_what_to_do(neovim: Neovim) -> None:
    neovim.lua("require('soothsay').setup({ cmd = { '/nowhere/soothsay', 'serve' } })")
    neovim.nvim.command("checkhealth soothsay")
    assert "ERROR cannot run /nowhere/soothsay" in neovim.text()
    assert "pip install soothsay" in neovim.text()
    neovim.lua("require('soothsay').setup({ cmd = { ... , 'serve' } })", sys.executable)
    neovim.nvim.command("checkhealth soothsay")
    assert "open a Python file" in neovim.text()
    neovim.lua("vim.lsp.enable('soothsay', false)")


def test_the_help_has_tags(install: Install, tmp_path: Path) -> None:
    doc = tmp_path / "doc"
    doc.mkdir()
    (doc / "soothsay.txt").write_text(
        (PLUGIN / "doc" / "soothsay.txt").read_text(encoding="utf-8"), encoding="utf-8"
    )
    done = subprocess.run(
        [*install.command, "--headless", "-u", "NONE", "-i", "NONE", "-c", f"helptags {doc}", "-c", "qall"],
        capture_output=True, text=True, timeout=20,
    )  # fmt: skip
    assert done.stderr.strip() == ""
    tags = (doc / "tags").read_text(encoding="utf-8")
    for tag in (
        "soothsay",
        ":Soothsay",
        "soothsay.setup()",
        "<Plug>(soothsay-accept-word)",
        "SoothsayStatus",
    ):
        assert f"{tag}\tsoothsay.txt\t" in tags


def test_a_package_manager_only_puts_it_on_the_path(install: Install, tmp_path: Path) -> None:
    """As `:h packages` does, and as lazy.nvim does with ``opts``: the folder on the path, then ``setup(opts)``."""
    start = tmp_path / "data" / "site" / "pack" / "any" / "start"
    start.mkdir(parents=True)
    (start / "soothsay").symlink_to(PLUGIN)
    code = (
        "lua require('soothsay').setup({}); print(vim.lsp.is_enabled('soothsay'), vim.fn.exists(':Soothsay'))"
    )
    done = subprocess.run(
        [*install.command, "--headless", "--cmd", f"set packpath^={tmp_path}/data/site", "-u", "NORC", "-i", "NONE",
         "-c", code, "-c", "qall"],
        capture_output=True, text=True, timeout=20,
    )  # fmt: skip
    assert "true 2" in done.stderr
