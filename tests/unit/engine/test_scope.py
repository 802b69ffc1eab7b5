"""What names stand for, read from the file."""

import pytest
from fakes import FakeIndex, function

from soothsay.engine.scope import Scope, owner_of, read_scope, resolve
from soothsay_index.syntax import parse_python
from soothsay_index.types import Symbol

FRAME = Symbol("lib.Frame", "Frame", "lib", "class", "package", "lib", "1", "file:///lib.py")
LOAD = Symbol("lib.load", "load", "lib", "function", "package", "lib", "1", "file:///lib.py", returns="Frame")
INDEX = FakeIndex(**{"lib": [FRAME, LOAD], "lib.Frame": [function("lib.Frame.head", "n=")]})


def scope_of(text: str, offset: int, module: str = "") -> Scope:
    return read_scope(parse_python(text.encode()), text, offset, module)


@pytest.mark.parametrize(
    ("text", "expression", "owner"),
    [
        ("import numpy as np\n", "np", "numpy"),
        ("import numpy as np\n", "np.linalg", "numpy.linalg"),
        ('import boto3\nc = boto3.client("bedrock")\n', "c", "botocore:bedrock"),
        ('import boto3\nc = boto3.Session().client("s3")\n', "c", "botocore:s3"),
        ("import boto3\n", 'boto3.client("s3")', "botocore:s3"),
        ('import boto3\nr = boto3.resource("s3")\n', "r", ""),  # a resource is no client
        ("import lib\nf = lib.Frame()\n", "f", "lib.Frame"),
        ("import lib\nf = lib.load()\n", "f", "lib.Frame"),  # what it returns
        ("from lib import Frame\ndef g(f: Frame):\n    ", "f", "lib.Frame"),
        ("import lib\nf: lib.Frame = make()\n", "f", "lib.Frame"),
        ("import lib\nf = lib.load()\nf = other()\n", "f", ""),
        ("import lib\nwith lib.load() as f:\n    ", "f", "lib.Frame"),
        ("x = x\n", "x", ""),  # no loop
        ("x = x.f()\n", "x", ""),
        ("x = y.f()\ny = x.g().h()\n", "x.f", ""),
        ("", "unknown", ""),
    ],
)
def test_owner(text: str, expression: str, owner: str) -> None:
    assert owner_of(expression, scope_of(text, len(text)), INDEX) == owner


def test_relative_imports_start_from_the_file() -> None:
    scope = scope_of("from . import ledger\n", 0, "billing.app")
    assert scope.imports["ledger"] == "billing.ledger"


def test_later_assignments_do_not_count() -> None:
    text = "import lib\n"
    assert owner_of("f", scope_of(text + "f = lib.load()\n", len(text)), INDEX) == ""


def test_existence_is_certain_only_where_the_owner_is_closed() -> None:
    text = "import lib\nimport other\ndef own(): ...\n"
    scope = scope_of(text, len(text))
    assert resolve("lib", "load", scope, INDEX).exists is True
    assert resolve("lib", "nothing", scope, INDEX).exists is False
    assert resolve("other", "nothing", scope, INDEX).exists is None
    assert resolve("", "own", scope, INDEX).exists is True
    assert resolve("", "len", scope, INDEX).exists is True
    assert resolve("", "nothing", scope, INDEX).exists is None


CLASS = "class Shop:\n    class Till:\n        def open(\n            self,\n        ) -> None:\n            for x in y:\n# far left\n\n                "


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("class Shop:\n    def pay(self, order):\n        x = 1\n        self.", {"self": "app.Shop"}),
        ("class Shop(Base):\n    async def pay(this):\n        if x:\n            ", {"this": "app.Shop"}),
        ("class Shop:\n    @classmethod\n    def make(cls):\n        return cls.", {"cls": "app.Shop"}),
        ("class Shop:\n    def pay(self):\n        def inner(x):\n            self.", {"self": "app.Shop"}),
        (CLASS, {"self": "app.Shop.Till"}),
        ("class Shop:\n    @staticmethod\n    def pay(order):\n        order.", {}),
        ("class Shop:\n    x = 1\n    ", {}),
        ("class Shop:\n    def pay(self): ...\n\ndef f(self):\n    self.", {}),
        ("def make():\n    class Shop:\n        def pay(self):\n            self.", {}),
        ("", {}),
    ],
)
def test_what_a_method_calls_its_object(text: str, own: dict[str, str]) -> None:
    assert scope_of(text, len(text), "app").own == own
    assert scope_of(text, len(text)).own == {}  # a file of no module


def test_a_class_that_is_being_written_may_get_more_members() -> None:
    text = "class Frame:\n    def g(self):\n        self."
    scope = scope_of(text, len(text), "lib")
    assert resolve("self", "head", scope, INDEX).exists is True
    assert resolve("self", "tail", scope, INDEX).exists is None
