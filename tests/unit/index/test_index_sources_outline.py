"""Files of languages that are only data: YAML and shell scripts, cut at what their queries find."""

from __future__ import annotations

from pathlib import PurePath

import pytest

from soothsay_index.sources.base import IndexedFile
from soothsay_index.sources.outline import Outline
from soothsay_index.sources.registry import file_sources
from soothsay_index.types import Chunk
from soothsay_languages.registry import language_of_id

SHELL = """\
#!/bin/bash
# Where it goes.
TARGET=/srv/app
export DB_PASSWORD=hunter2

# Copy the files.
copy_files() {
  cp -r "$1" "$TARGET"
}

function restart {
  helper() { :; }
  systemctl restart app
}

copy_files build
restart
"""

YAML = """\
# All of them.
replicas: 3
image: app:1.2

database:
  host: db
  password: hunter2
  url: postgres://me:hunter2@db/x
  reference: ${DB_PASSWORD}
"""


def chunks(name: str, text: str, language: str) -> tuple[Chunk, ...]:
    found = language_of_id(language)
    assert found is not None
    return Outline(found).cut(text, IndexedFile(name, f"file:///w/{name}", "w")).chunks


def test_functions_of_a_script_stand_alone_and_what_runs_is_a_chunk_of_its_own() -> None:
    found = chunks("deploy.sh", SHELL, "shellscript")
    assert [(each.title, each.start_line, each.end_line) for each in found] == [
        ("TARGET, DB_PASSWORD", 1, 4),
        ("copy_files", 6, 9),
        ("restart", 11, 14),
        ("", 16, 17),
    ]
    assert {each.kind for each in found} == {"code"}
    assert found[1].text.startswith("# Copy the files.\ncopy_files() {")


def test_small_settings_stand_together_and_secrets_are_left_out() -> None:
    (found,) = chunks("values.yaml", YAML, "yaml")
    assert (found.title, found.kind) == ("replicas, image, database", "config")
    assert "hunter2" not in found.text
    assert "${DB_PASSWORD}" in found.text


def test_no_secret_of_a_script_is_kept() -> None:
    assert not any("hunter2" in each.text for each in chunks("deploy.sh", SHELL, "shellscript"))


TYPESCRIPT = """\
import { a } from "./a";

const LIMIT = 10;
export const NAMES = ["b"];

/** Waits. */
export async function wait(ms: number): Promise<void> {
  const inner = () => a(ms);
}

export const send = async (text: string) => {
  await wait(1);
};

@decorated
export class Shop {
  pay(): void {}
}

export interface Order { id: string }
export type Orders = Order[];
declare function native(): void;
export default wait(1);
"""


def test_declarations_of_a_module_are_chunks() -> None:
    found = chunks("shop.ts", TYPESCRIPT, "typescript")
    assert [each.title for each in found] == [
        *("LIMIT, NAMES", "wait", "send", "Shop", "Order", "Orders", "native", ""),
    ]
    assert found[1].text.startswith("/** Waits. */\nexport async function wait")
    assert found[3].text.startswith("@decorated\nexport class Shop {")


@pytest.mark.parametrize("language", ["javascript", "typescriptreact"])
def test_declarations_of_plain_and_element_files(language: str) -> None:
    text = "const b = 1;\nfunction f() {}\nclass C {}\nconst g = function () {\n  return <a>{b}</a>;\n};\nmodule.exports = f;\n"
    assert [each.title for each in chunks("a.jsx", text, language)] == ["b", "f", "C", "g", ""]


CPP = """\
#include "a.h"

#define MOST 3

namespace shops {
/// Pays.
template <class T>
T pay(T amount) {
  return amount;
}

class Shop {
 public:
  int total();
};
}  // namespace shops

enum class Colour { Red };
using Sum = int;
int Shop::total() { return 1; }
static int count = 0;
int declared(int a);
"""


def test_declarations_of_cpp_are_chunks() -> None:
    found = chunks("shop.h", CPP, "cpp")
    titles = [title for each in found for title in each.title.split(", ")]
    assert {"pay", "Shop", "Colour", "Sum", "Shop::total", "count", "declared"} <= set(titles), titles


def test_declarations_of_c_are_chunks() -> None:
    text = "typedef struct { int a; } pair;\n\nstruct shop {\n  int b;\n};\n\nint *find(struct shop *s) {\n  return 0;\n}\n"
    titles = [title for each in chunks("a.c", text, "c") for title in each.title.split(", ")]
    assert {"pair", "shop", "find"} <= set(titles), titles


def test_large_settings_are_apart() -> None:
    block = "\n".join(f"  key{at}: {at}" for at in range(20))
    found = chunks("a.yml", f"one:\n{block}\ntwo:\n{block}\n", "yaml")
    assert [each.title for each in found] == ["one", "two"]


def test_entries_of_a_list_are_found() -> None:
    tasks = "\n".join(f"- name: task {at}\n" + "  x: 1\n" * 15 for at in range(3))
    assert len(chunks("tasks.yml", tasks, "yaml")) == 3


@pytest.mark.parametrize(
    "text",
    [
        "a: " + "[" * 5_000,
        "- " * 5_000 + "x",
        "\n".join(" " * at + "a:" for at in range(300)),
        "a: 1\n" * 33_000,
    ],
)
def test_a_text_that_the_grammar_cannot_take_is_not_parsed(text: str) -> None:
    language = language_of_id("yaml")
    assert language is not None
    assert not language.can_parse(text)
    assert chunks("a.yml", text, "yaml")[0].title == "a.yml"


@pytest.mark.parametrize(
    "text", ["", "\n\n", "# only a comment\n", "\x00\ufffe", "a: [", "}{", "if then fi ((("]
)
@pytest.mark.parametrize(
    "language", ["yaml", "shellscript", "typescript", "typescriptreact", "javascript", "cpp", "c"]
)
def test_broken_and_empty_files_give_what_can_be_read(text: str, language: str) -> None:
    assert all(each.text.strip() for each in chunks("x", text, language))


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("deploy.sh", "shellscript"),
        ("src/app.tsx", "script"),
        ("k8s/values-local.yaml", "config"),  # those that look closer come first
        ("k8s/service.yaml", "openapi"),
        ("pnpm-lock.yaml", None),
    ],
)
def test_which_source_takes_a_file_first(name: str, source: str | None) -> None:
    first = next((each.name for each in file_sources() if each.handles(PurePath(name))), None)
    assert first == source


def test_any_yaml_file_is_cut_in_the_end() -> None:
    place = IndexedFile("k8s/service.yaml", "file:///w/k8s/service.yaml", "w")
    takers = [each for each in file_sources() if each.handles(PurePath(place.path))]
    facts = next(found for each in takers if (found := each.cut("kind: Service\n", place)) is not None)
    assert [chunk.title for chunk in facts.chunks] == ["kind"]
