from index_fakes import LEDGER

from soothsay_languages.python.sources.chunking import cut_python


def cut(source: str, module: str = "billing.ledger"):
    return cut_python(source, "billing/ledger.py", "file:///billing/ledger.py", module, "shop")


def test_functions_classes_and_methods_are_chunks_and_symbols():
    facts = cut(LEDGER)
    names = {symbol.qualified_name: symbol for symbol in facts.symbols}
    assert set(names) >= {
        "billing.ledger.post_entry",
        "billing.ledger.Ledger",
        "billing.ledger.Ledger.close_month",
        "billing.ledger.Ledger.name",
        "billing.ledger.RATE",
    }
    function = names["billing.ledger.post_entry"]
    assert [(p.name, p.kind, p.required) for p in function.parameters or ()] == [
        ("amount_cents", "positional_or_keyword", True),
        ("account", "keyword_only", True),
        ("memo", "keyword_only", False),
        ("idempotency_token", "keyword_only", True),
    ]
    assert function.summary == "Post one entry to the ledger."
    assert function.returns == "dict"
    assert [p.name for p in names["billing.ledger.Ledger"].parameters or ()] == ["name"]
    assert [p.name for p in names["billing.ledger.Ledger.close_month"].parameters or ()] == ["year", "month"]


def test_a_class_chunk_is_its_signatures_and_methods_are_their_own_chunks():
    chunks = {chunk.symbol.name: chunk for chunk in cut(LEDGER).chunks if chunk.symbol}
    head = chunks["Ledger"].text
    assert "def close_month(self, year: int, month: int) -> None: ..." in head
    assert "Close a month." not in head
    assert chunks["close_month"].text.strip().startswith("def close_month")
    lines = LEDGER.split("\n")
    assert lines[chunks["post_entry"].start_line - 1].startswith("def post_entry")


def test_module_statements_are_grouped_but_imports_alone_are_not_shown():
    texts = [chunk.text for chunk in cut("import os\n\nLIMIT = 3\nNAMES = []\n").chunks]
    assert texts == ["LIMIT = 3\nNAMES = []"]
    assert cut("import os\nimport sys\n").chunks == ()


def test_every_kind_of_parameter():
    source = "def f(a, /, b: int, c=1, *rest: str, d, e: int = 2, **more): ..."
    found = cut(source).symbols[0].parameters or ()
    assert [(p.name, p.kind, p.required) for p in found] == [
        ("a", "positional_only", True),
        ("b", "positional_or_keyword", True),
        ("c", "positional_or_keyword", False),
        ("rest", "var_positional", False),
        ("d", "keyword_only", True),
        ("e", "keyword_only", False),
        ("more", "var_keyword", False),
    ]


def test_a_dataclass_is_called_with_its_fields():
    source = "@dataclass(frozen=True)\nclass P:\n    x: int\n    y: int = 0\n    z: list = field(default_factory=list)\n"
    symbol = next(symbol for symbol in cut(source).symbols if symbol.name == "P")
    assert [(p.name, p.required) for p in symbol.parameters or ()] == [
        ("x", True),
        ("y", False),
        ("z", False),
    ]


def test_static_and_class_methods_and_properties():
    source = (
        "class A:\n    @staticmethod\n    def s(x): ...\n    @classmethod\n    def c(cls, x): ...\n"
        "    @property\n    def p(self) -> int: ...\n"
    )
    by_name = {symbol.name: symbol for symbol in cut(source).symbols}
    assert [p.name for p in by_name["s"].parameters or ()] == ["x"]
    assert [p.name for p in by_name["c"].parameters or ()] == ["x"]
    assert by_name["p"].kind == "attribute" and by_name["p"].parameters is None


def owner(source: str, name: str = "billing.ledger"):
    return next(facts for facts in cut(source).owners if facts.owner == name)


def test_a_module_is_closed_only_when_every_name_is_visible():
    assert owner("import os\nx = 1\n").closed
    assert not owner("from x import *\n").closed
    assert not owner("def __getattr__(name): ...\n").closed
    assert not owner("globals()['x'] = 1\n").closed
    assert not owner("def broken(:\n").closed


def test_imported_and_conditional_names_exist_too():
    source = (
        "import os\ntry:\n    import fast as impl\nexcept ImportError:\n    impl = None\nfor i in []: pass\n"
    )
    facts = cut(source)
    known = {s.name for s in facts.symbols} | set(facts.owners[-1].hidden)
    assert known >= {"os", "impl", "i"}


def test_a_class_with_a_foreign_base_is_open():
    assert owner("class A: ...", "billing.ledger.A").closed
    assert not owner("class A(Base): ...", "billing.ledger.A").closed
    assert not owner("@magic\nclass A: ...", "billing.ledger.A").closed
    assert not owner("class A(metaclass=M): ...", "billing.ledger.A").closed


def test_broken_and_empty_files_do_not_fail():
    assert cut("").symbols == ()
    assert any(symbol.name == "good" for symbol in cut("def good(a): ...\n\ndef bad(:\n    x = (\n").symbols)
    assert cut("söß = 'ü'\ndef grüße(größe): ...\n").symbols[0].name == "grüße"
