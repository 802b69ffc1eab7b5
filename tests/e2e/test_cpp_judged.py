"""C and C++ with the real clangd as judge: verdicts, names among members, calls filled in. No model."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from marked_site import site_of
from soothsay.engine.constrain import CallConstraint
from soothsay.engine.ground import document
from soothsay.engine.known import Known
from soothsay.engine.listed_members import hits_among
from soothsay.engine.verify import Judgement, judge
from soothsay.oracle.client import LspOracle
from soothsay.oracle.combined import WorkspaceOracle
from soothsay.oracle.installed import command_of
from soothsay.oracle.limits import TimeLimits
from soothsay.oracle.recording import QuestionLog
from soothsay.oracle.types import Oracle
from soothsay_languages.cpp import CPP, C
from soothsay_languages.cpp.oracle import CLANGD
from soothsay_languages.registry import language_of_file

pytestmark = [
    pytest.mark.process,
    pytest.mark.requires(command_of(CLANGD) is not None, "clangd: soothsay judges install clangd"),
    pytest.mark.requires(
        any(shutil.which(each) for each in ("g++", "clang++")), "a C++ compiler with its library's headers"
    ),
]

# it reads the library's headers for each file, on machines that do other things as well
PATIENT = TimeLimits(question=90_000, members=90_000, first=90_000, start=90_000, hang=180_000)
SHOP = """#pragma once
#include <string>
namespace shops {
/// A shop.
struct Shop {
  explicit Shop(std::string name);
  /// Pays it.
  bool pay(int amount, const char* note = nullptr);
  template <class T> T read(const std::string& key);
  int total;
 private:
  int secret;
};
struct Point { int x; int y; };
Shop open(const std::string& name, bool fast = false);
void on(int event, void (*then)(int at));
}
"""
HEAD = '#include <algorithm>\n#include <vector>\n#include "shop.h"\n\nusing shops::Shop;\n\n'
BODY = HEAD + "template <class T>\nvoid work(Shop& shop, Shop* ptr, int amount, T untyped) {\n  %s\n}\n"
C_SHOP = "struct shop { int total; };\nint pay(struct shop *shop, int amount);\nint old();\n"
C_BODY = '#include <stdio.h>\n#include "shop.h"\n\nvoid work(struct shop *shop, int amount) {\n  %s\n}\n'


def opened_in(folder: Path) -> Oracle:
    """Return the oracle of both languages, which takes its time."""
    questions = QuestionLog()
    servers = {language.id: replace(language.oracles[0], diagnostics_ms=90_000) for language in (C, CPP)}
    oracles = {
        name: LspOracle(spec, folder, None, PATIENT, questions=questions) for name, spec in servers.items()
    }
    return WorkspaceOracle(oracles, language_id_of, questions)


def language_id_of(path: Path) -> str | None:
    language = language_of_file(path)
    return language.id if language is not None else None


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    (folder / "shop.h").write_text(SHOP, encoding="utf-8")
    (folder / "c").mkdir()
    (folder / "c" / "shop.h").write_text(C_SHOP, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def oracle(folder: Path) -> Iterator[Oracle]:
    opened = opened_in(folder)
    yield opened
    opened.close()


def judged(
    oracle: Oracle, folder: Path, text: str, body: str = BODY, name: str = "page.cpp", before: str = ""
) -> Judgement:
    return judge(site_of(folder, body % f"{before}|", name), text, oracle)


@pytest.mark.parametrize(
    ("completion", "expected"),
    [
        ("shop.pay(amount);", "verified"),
        ("shop.pai(amount);", "rejected"),
        ("shop.pay();", "rejected"),
        ('shop.pay(1, "a", 3);', "rejected"),
        ('shop.pay("1");', "unverified"),  # of a wrong type
        ("shop.secret;", "rejected"),  # private
        ("shop.pay(amount) += 1;", "rejected"),  # nothing is assigned to what a call returns
        ('auto made = shops::Shop::Shop("b");', "rejected"),  # a constructor is no member to call
        ("ptr->pay(amount);", "verified"),
        ("ptr->pai(amount);", "rejected"),
        ("ptr.pay(amount);", "rejected"),
        ("auto most = std::max(1, 2);", "verified"),
        ("auto most = std::maximum(1, 2);", "rejected"),
        ("auto most = std::max(1);", "rejected"),
        ('auto other = shops::open("b", true);', "verified"),
        ('auto other = shops::opens("b");', "rejected"),
        ('auto read = shop.read<int>("b");', "verified"),
        ('auto read = shop.reads<int>("b");', "rejected"),
        ("auto read = shop.read<int>();", "rejected"),
        ('auto* made = new Shop("b");', "verified"),
        ("auto* made = new Shop();", "rejected"),
        ('Shop other("b", 2);', "rejected"),
        ("std::vector<Nothing> nothing;", "unverified"),  # a name that may still be defined
        ("untyped.anything(1);", "unverified"),
        ("auto point = shops::Point(1, 2);", "unverified"),  # of its members: no signature tells
        ("std::vector<int> sums;\n  sums.push_back(amount);", "verified"),
        ("std::vector<int> sums;\n  sums.push(amount);", "rejected"),
        ("shops::on(1, [](int at) { return; });", "verified"),
        ("shops::on(1);", "rejected"),
        ("if (shop.pay(amount)) {\n    ptr->pay(1);\n  }", "verified"),
        ("shop.pay(", "verified"),  # unfinished
        ("nowhere(1);", "rejected"),
        ("#if 0\n  shop.pay(amount);\n#endif", "unverified"),  # not looked at
    ],
)
def test_verdicts(oracle: Oracle, folder: Path, completion: str, expected: str) -> None:
    assert judged(oracle, folder, completion).verdict == expected


@pytest.mark.parametrize(
    ("completion", "expected"),
    [
        ("pay(shop, amount);", "verified"),
        ("pays(shop, amount);", "rejected"),
        ("pay(shop);", "rejected"),
        ("pay(shop, amount, 3);", "rejected"),
        ("shop->totals = 1;", "rejected"),
        ('printf("%d", shop->total);', "verified"),
        ("old(1, 2);", "verified"),  # declared without a prototype
    ],
)
def test_verdicts_in_c(oracle: Oracle, folder: Path, completion: str, expected: str) -> None:
    assert judged(oracle, folder, completion, C_BODY, "c/page.c").verdict == expected


def test_a_header_alone_is_judged(oracle: Oracle, folder: Path) -> None:
    body = "#pragma once\n#include <string>\ninline int size(const std::string& text) {\n  return %s\n}\n"
    assert judged(oracle, folder, "text.size();", body, "alone.h").verdict == "verified"
    assert judged(oracle, folder, "text.sizes();", body, "alone.h").verdict == "rejected"


@pytest.mark.parametrize(
    "completion", ["shop.pay(amount);", "shop.pai(amount);", "shop.pay();", "nowhere(1);"]
)
def test_where_a_header_is_missing_nothing_is_certain(oracle: Oracle, folder: Path, completion: str) -> None:
    body = '#include "generated/messages.h"\n' + BODY
    assert judged(oracle, folder, completion, body, "lacking.cpp").verdict == "unverified"


def test_a_header_that_a_header_lacks_is_missing_as_well(oracle: Oracle, folder: Path) -> None:
    (folder / "outer.h").write_text('#include "generated/inner.h"\n', encoding="utf-8")
    body = '#include "outer.h"\n' + BODY
    assert judged(oracle, folder, "shop.pay();", body, "lacking.cpp").verdict == "unverified"


def test_includes_are_checked(oracle: Oracle, folder: Path) -> None:
    def verdict(line: str) -> str:
        return judge(site_of(folder, "|\n", "page.cpp"), line, oracle).verdict

    assert verdict('#include "shap.h"') == "rejected"
    assert verdict("#include <vektor>") == "rejected"
    assert verdict('#include "shop.h"') != "rejected"


def test_compile_flags_beside_a_file_are_read(oracle: Oracle, folder: Path) -> None:
    (folder / "flagged" / "headers").mkdir(parents=True)
    (folder / "flagged" / "headers" / "deep.h").write_text("int dive(int depth);\n", encoding="utf-8")
    (folder / "flagged" / "compile_flags.txt").write_text("-Iheaders\n", encoding="utf-8")
    body = "#include <deep.h>\nint f() {\n  return %s\n}\n"
    assert judged(oracle, folder, "dive(1);", body, "flagged/page.cpp").verdict == "verified"
    assert judged(oracle, folder, "dive();", body, "flagged/page.cpp").verdict == "rejected"


def test_a_change_of_a_header_counts(oracle: Oracle, folder: Path) -> None:
    header = folder / "changing.h"
    header.write_text("int one(int a);\n", encoding="utf-8")
    body = '#include "changing.h"\nint f() {\n  return %s\n}\n'
    assert judged(oracle, folder, "one(1);", body, "changed.cpp").verdict == "verified"
    header.write_text("int one(int a, int b);\n", encoding="utf-8")
    oracle.files_changed([header])
    assert judged(oracle, folder, "one(1);", body, "changed.cpp").verdict == "rejected"
    # not saved: clangd reads the header anew behind our back, so the change counts with one of the next keys
    for keys in range(50):
        oracle.mirror(header, "int one();\n" + " " * keys)
        if judged(oracle, folder, "one();", body, "changed.cpp").verdict == "verified":
            break
        time.sleep(0.2)
    else:
        pytest.fail("the change of the header was never seen")
    oracle.forget(header)


def test_members_and_parameters_are_known(oracle: Oracle, folder: Path) -> None:
    known = Known(site_of(folder, BODY % "if (amount) {\n    |\n  }", "page.cpp"), oracle)
    for access in ("shop.", "ptr->"):
        members = known.members_of(access)
        assert members is not None
        assert all(each in members for each in (b"pay", b"read", b"total")) and b"secret" not in members
    names = known.members_of("shops::")
    assert names is not None and all(each in names for each in (b"Shop", b"open", b"on", b"Point"))
    assert known.members_of("untyped.") is None and known.members_of("ptr.") is None
    parameters = known.parameters_of("shop.pay")
    assert parameters is not None
    assert [(p.name, p.required, p.annotation) for p in parameters] == [
        ("amount", True, "int"),
        ("note", False, "const char *"),
    ]
    assert known.parameters_of("shops::on") is not None and known.parameters_of("ptr->pay") == parameters
    assert dict(known.named("shop.pay")) == {"amount": "amount"}
    bare = known.names()
    assert bare is not None and all(each in bare for each in (b"amount", b"shop", b"ptr"))


def test_members_come_with_their_documentation(oracle: Oracle, folder: Path) -> None:
    text = BODY.replace("%s", "shop.")
    members = oracle.members(folder / "page.cpp", text, text.index("shop.\n") + 5)
    assert members is not None
    (pay,) = (each for each in members if each.name == "pay")
    assert (pay.kind, pay.detail, pay.documentation) == ("method", "bool", "Pays it.")


def test_members_are_documents_with_their_parameters(oracle: Oracle, folder: Path) -> None:
    known = Known(site_of(folder, BODY % "|", "page.cpp"), oracle)
    hits = hits_among(known.listed("shop.") or (), "pay the amount", 5, known.details)
    (line,) = (document(hit, lambda each: f"shop.{each.name}") for hit in hits[:1])
    assert line == "shop.pay(amount, note=nullptr): Pays it."


@pytest.mark.parametrize(
    ("written", "piece", "accepted"),
    [
        ("shop.", "pay", True),
        ("shop.", "pai", False),
        ("ptr", "->pa", True),
        ("ptr->", "pai", False),
        ("shops::", "op", True),
        ("shops::", "opn", False),
        ("std::", "vec", True),
        ("std::", "vek", False),
        ("shop.pay(", ")", False),
        ('shop.pay(1, "a"', ", 3", False),
        ("untyped.", "anything", True),
    ],
)
def test_names_are_decoded_among_real_members(
    oracle: Oracle, folder: Path, written: str, piece: str, accepted: bool
) -> None:
    site = site_of(folder, BODY % "|", "page.cpp")
    known = Known(site, oracle)
    constraint = CallConstraint(site.rule.before, site.language, known.members_of, known.parameters_of)
    assert constraint.accepts(written.encode(), piece.encode()) is accepted


def test_what_a_workspace_brings_is_not_run_and_nothing_is_written(tmp_path: Path) -> None:
    compiler = tmp_path / "g++"
    compiler.write_text(f"#!/bin/sh\ntouch '{tmp_path}/ran'\n", encoding="utf-8")
    compiler.chmod(0o755)
    (tmp_path / "page.cpp").write_text("int f();\n", encoding="utf-8")
    command = f'{{"directory": "{tmp_path}", "file": "page.cpp", "command": "{compiler} -c page.cpp"}}'
    (tmp_path / "compile_commands.json").write_text(f"[{command}]", encoding="utf-8")
    (tmp_path / ".clangd").write_text("CompileFlags:\n  Add: [-DINJECTED]\n", encoding="utf-8")
    before = sorted(tmp_path.iterdir())
    opened = opened_in(tmp_path)
    try:
        findings = opened.findings(tmp_path / "page.cpp", "int f() { return INJECTED; }\n")
    finally:
        opened.close()
    assert findings is not None and [each.kind for each in findings] == ["unknown_name"]
    assert sorted(tmp_path.iterdir()) == before
