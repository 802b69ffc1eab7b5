"""Go, Rust and Java: where statements begin, what is in scope, which calls and pieces there are. `¦` is the cursor."""

from __future__ import annotations

import pytest

from soothsay_index.sources.base import IndexedFile
from soothsay_index.sources.outline import Outline
from soothsay_languages.analysis import analyse
from soothsay_languages.base import Language
from soothsay_languages.calls import calls_of
from soothsay_languages.go import LANGUAGE as GO
from soothsay_languages.java import LANGUAGE as JAVA
from soothsay_languages.rust import LANGUAGE as RUST
from soothsay_languages.scan import close
from soothsay_languages.syntax import text_of

GO_FILE = """package main

import (
	"fmt"
	m "math/rand"
)

const Max = 3

// Shop sells.
// A lot.
type Shop struct {
	Name string
}

// Pay pays.
func (s *Shop) Pay(amount int, rest ...string) (n int, err error) {
	for i, v := range rest {
		if e := f(i); e != nil {
			return 0, e
		}
		w := Shop{Name: v}
		w.Pay(1)
	}
	go func(q int) {
		fmt.Println(q, "a"...)
	}(1)
	¦
	later := 2
	return
}

func helper(hidden int) {}
"""
RUST_FILE = """use std::collections::{HashMap, io::*};
use a::b as d;

const MAX: u32 = 3;

/// A shop.
#[derive(Debug)]
pub struct Shop {
    name: String,
}

impl Shop {
    /// Pays.
    pub fn pay(&self, amount: u32, mut rest: Vec<String>) -> Option<u32> {
        let (c, e) = self.parts();
        for item in rest.iter() {
            match item.kind() {
                Kind::A(n) if n > 1 => go(n),
                other => stop(other),
            }
        }
        if let Some(found) = self.find(|q| q > 1) {
            let w = Shop { name: found };
            Shop::pay::<u8>(&w, 1);
        }
        ¦
        let later = 1;
        None
    }
}

fn helper(hidden: u8) {}
"""
JAVA_FILE = """package a.b;

import java.util.List;

/** A shop. */
public class Shop extends Base {
    private int open = 1;

    Shop(int a) {
        super(a);
    }

    /** Pays. */
    @Override
    public <U> String pay(final int amount, String... rest) throws Error {
        int x = 1;
        for (String s : rest) {
            this.n(s);
        }
        try (Res r = new Res<>(1)) {
            r.go();
        } catch (IOException e) {
            log(e);
        }
        Fn h = (p, q) -> p;
        ¦
        int later = 1;
        return "";
    }

    enum Kind { A, B }
}
"""
FILES = [(GO, GO_FILE), (RUST, RUST_FILE), (JAVA, JAVA_FILE)]


def split(marked: str) -> tuple[str, int]:
    """Return the text without its mark ``¦``, and the offset of that."""
    offset = marked.index("¦")
    return marked.replace("¦", ""), offset


def by_language(value: object) -> str:
    return value.id if isinstance(value, Language) else ""


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        (GO, "func f() {\n\ta()\n\tb.¦\n}\n", "b."),
        (GO, "func f(\n\ta int,\n) error {\n\ta()\n\tb.¦\n}\n", "b."),
        (GO, "func f() {\n\tx := T{\n\t\tA: 1,\n\t\tB: y.¦\n\t}\n}\n", "x := T{\n\t\tA: 1,\n\t\tB: y."),
        (GO, "func f() {\n\treturn &T{\n\t\tA: b.¦\n\t}\n}\n", "return &T{\n\t\tA: b."),
        (GO, 'var m = map[string]int{\n\t"a": b.¦\n}\n', 'var m = map[string]int{\n\t"a": b.'),
        (GO, "func f() {\n\tgo func() {\n\t\ta()\n\t\tb.¦\n\t}()\n}\n", "b."),
        (GO, "func f() {\n\tif x == y {\n\t\ta()\n\t\tb.¦\n\t}\n}\n", "b."),
        (GO, "func f() {\n\tfor _, x := range []int{1} {\n\t\ta()\n\t\tb.¦\n\t}\n}\n", "b."),
        (GO, "func f() {\n\tq := a.\n\t\tb().\n\t\tc.¦\n}\n", "q := a.\n\t\tb().\n\t\tc."),
        (GO, "func f() {\n\tt := []struct{\n\t\ta int\n\t}{\n\t\t{a: ¦\n\t}\n}\n", "t := []struct{\n\t\ta int\n\t}{\n\t\t{a:"),
        (RUST, "fn f() -> T {\n    a();\n    b.¦\n}\n", "b."),
        (RUST, "fn f() {\n    let x = T {\n        a: y.¦\n    };\n}\n", "let x = T {\n        a: y."),
        (RUST, "fn f() {\n    Ok(T {\n        a: b.¦\n    })\n}\n", "Ok(T {\n        a: b."),
        (RUST, "fn f() {\n    match x {\n        A => {\n            a();\n            b.¦\n        }\n    }\n}\n", "b."),
        (RUST, "fn f() {\n    t.map(|x| {\n        a();\n        b.¦\n    })\n}\n", "b."),
        (RUST, "fn f() {\n    let q = a\n        .b()\n        .¦\n}\n", "let q = a\n        .b()\n        ."),
        (RUST, "fn f() {\n    if x == Y::Z {\n        a();\n        b.¦\n    }\n}\n", "b."),
        (RUST, "fn f() {\n    let Some(x) = y else {\n        b.¦\n    };\n}\n", "b."),
        (JAVA, "class A {\n    void f() throws E {\n        a();\n        b.¦\n    }\n}\n", "b."),
        (JAVA, "class A {\n    int x = y.¦\n}\n", "class A {\n    int x = y."),
        (JAVA, "class A {\n    int[] x = new int[] {\n        y.¦\n    };\n}\n", "class A {\n    int[] x = new int[] {\n        y."),
        (JAVA, "class A {\n    void f() {\n        x.map(q -> {\n            a();\n            b.¦\n        });\n    }\n}\n", "b."),
        (JAVA, "class A {\n    void f() {\n        x = a\n            .b()\n            .¦\n    }\n}\n", "x = a\n            .b()\n            ."),
        (JAVA, "class A {\n    void f() {\n        new T() {\n            void g() {\n                b.¦\n            }\n        };\n    }\n}\n", "b."),
    ],
    ids=by_language,
)  # fmt: skip
def test_a_statement_begins_in_its_block(language: Language, text: str, expected: str) -> None:
    code, offset = split(text)
    assert analyse(code, language).statement_before(offset).strip() == expected


@pytest.mark.parametrize(
    ("language", "text", "names"),
    [
        (GO, GO_FILE, "fmt m Max Shop helper s amount rest n err"),
        (RUST, RUST_FILE, "HashMap d MAX Shop helper pay amount rest c e"),
        (JAVA, JAVA_FILE, "List Shop open pay Kind U amount rest x h"),
    ],
    ids=by_language,
)
def test_names_in_scope(language: Language, text: str, names: str) -> None:
    code, offset = split(text)
    analysis = analyse(code, language)
    assert analysis.parsed is not None and not analysis.parsed.tree.root_node.has_error
    found = analysis.names_before_statement(offset)
    assert found is not None and set(found.visible()) == set(names.split())


@pytest.mark.parametrize(
    ("language", "text", "calls"),
    [
        (GO, GO_FILE, [("", "f"), ("w", "Pay"), ("fmt", "Println")]),
        (
            RUST,
            RUST_FILE,
            [("self", "parts"), ("rest", "iter"), ("item", "kind"), ("", "go"), ("", "stop"), ("self", "find"), ("Shop", "pay")],
        ),
        (JAVA, JAVA_FILE, [("this", "n"), ("", "Res"), ("r", "go"), ("", "log")]),
    ],
    ids=by_language,
)  # fmt: skip
def test_calls(language: Language, text: str, calls: list[tuple[str, str]]) -> None:
    parsed = analyse(split(text)[0], language).parsed
    assert parsed is not None
    found = calls_of(language, parsed.tree.root_node)
    assert [(text_of(call.receiver), text_of(call.name)) for call in found] == calls


@pytest.mark.parametrize(
    ("language", "text", "pieces"),
    [
        (GO, GO_FILE, ["Max", "Shop: // Shop sells.", "Pay: // Pay pays.", "helper: func helper(hidden int) {}"]),
        (RUST, RUST_FILE, ["MAX", "Shop: /// A shop.", "Shop: impl Shop {", "pay:     /// Pays.", "helper: fn helper(hidden: u8) {}"]),
        (JAVA, JAVA_FILE, ["Shop", "Shop:     Shop(int a) {", "pay:     /** Pays. */", "Kind:     enum Kind { A, B }"]),
    ],
    ids=by_language,
)  # fmt: skip
def test_pieces_begin_with_what_is_written_above_them(
    language: Language, text: str, pieces: list[str]
) -> None:
    """The first holds what stands above it as well."""
    name = f"a{language.suffix}"
    chunks = Outline(language).cut(split(text)[0], IndexedFile(name, f"file:///{name}", "")).chunks
    found = [f"{chunk.title}: {chunk.text.splitlines()[0]}" for chunk in chunks]
    assert [chunks[0].title, *found[1:]] == pieces


@pytest.mark.parametrize(
    ("language", "text", "found"),
    [
        (GO, GO_FILE, 'package main\nimport (\n\t"fmt"\n\tm "math/rand"\n)\n'),
        (RUST, RUST_FILE, "use std::collections::{HashMap, io::*};\nuse a::b as d;\n"),
        (JAVA, JAVA_FILE, "package a.b;\nimport java.util.List;\n"),
    ],
    ids=by_language,
)
def test_imports_are_whole_lines(language: Language, text: str, found: str) -> None:
    assert language.imports is not None
    assert "".join(match.group() for match in language.imports.finditer(text)) == found


@pytest.mark.parametrize(("language", "text"), FILES, ids=by_language)
def test_what_is_begun_can_be_closed(language: Language, text: str) -> None:
    code, offset = split(text)
    closed = close(code[:offset], language.lexis)
    assert language.is_whole(closed)
    assert not language.is_whole(code[:offset])
