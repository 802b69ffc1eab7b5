"""What names stand for at the cursor, read from the file."""

from pathlib import Path

import pytest

from soothsay.engine.site import Site
from soothsay.engine.types import CompletionRequest
from soothsay_index.types import Index


def site_of(index: Index, text: str, offset: int | None = None, module: str = "app") -> Site:
    path = Path("/w", *module.split(".")).with_suffix(".py") if module else Path("/elsewhere/app.py")
    return Site(CompletionRequest(path, text, len(text) if offset is None else offset, Path("/w")), index)


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
def test_owner(index: Index, text: str, expression: str, owner: str) -> None:
    assert site_of(index, text).owner_of(expression) == owner


def test_relative_imports_start_from_the_file(index: Index) -> None:
    site = site_of(index, "from . import ledger\n", module="billing.app")
    assert site.imports["ledger"] == "billing.ledger"


def test_later_assignments_do_not_count(index: Index) -> None:
    text = "import lib\n"
    assert site_of(index, text + "f = lib.load()\n", len(text)).owner_of("f") == ""


def test_existence_is_certain_only_where_the_owner_is_closed(index: Index) -> None:
    text = "import lib\nimport other\ndef own(): ...\n"
    find = site_of(index, text).find
    assert find("lib", "load").exists is True
    assert find("lib", "nothing").exists is False
    assert find("other", "nothing").exists is None
    assert find("", "own").exists is True
    assert find("", "len").exists is True
    assert find("", "nothing").exists is None


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
def test_what_a_method_calls_its_object(index: Index, text: str, own: dict[str, str]) -> None:
    for name in ("self", "this", "cls", "order", "x"):
        assert site_of(index, text).owner_of(name) == own.get(name, "")
        assert site_of(index, text, module="").owner_of(name) == ""  # a file of no module


def test_a_class_that_is_being_written_may_get_more_members(index: Index) -> None:
    text = "class Frame:\n    def g(self):\n        self."
    find = site_of(index, text, module="lib").find
    assert find("self", "head").exists is True
    assert find("self", "tail").exists is None


TWO = """import boto3

def upload():
    client = boto3.client("s3")
    client.put(
    )

def send(queue, *, client=None):
    def inner():
        queue = boto3.client("sns")
        return queue
    queue.

def notify():
    with boto3.client("sqs") as client:
        client.send()
        if client:
            client.

    def later():
        return client.
    client = None
    return [client.x for client in (boto3.client("sns"),)]

class Shop:
    client = boto3.client("s3")

    def __init__(self):
        self.queue = boto3.client("sqs")

    def pay(self):
        self.client.
        self.queue.
        client.
"""


@pytest.mark.parametrize(
    ("before", "expression", "owner"),
    [
        ("    client.put(\n", "client", "botocore:s3"),
        ("    queue.", "queue", ""),
        ("    queue.", "client", ""),
        ("            client.", "client", "botocore:sqs"),
        ("        return client.", "client", "botocore:sqs"),
        ("    client = None\n", "client", ""),
        ("    return [client.x for client in (", "client", ""),
        ("        self.client.", "self.client", "botocore:s3"),
        ("        self.queue.", "self.queue", "botocore:sqs"),
        ("        client.\n", "client", ""),
        ("class Shop:\n", "client", ""),
    ],
)
def test_each_function_has_its_own_client(index: Index, before: str, expression: str, owner: str) -> None:
    assert site_of(index, TWO, TWO.rindex(before) + len(before)).owner_of(expression) == owner


@pytest.mark.parametrize(
    ("text", "name", "owner"),
    [
        ("import lib\ndef f(lib):\n    lib.", "lib", ""),
        ("import lib\nf(lambda lib: lib.", "lib", ""),
        ("import lib\nx = [lib.load() for y in z if y.", "lib", "lib"),
        ("import lib\nwith lib.load() as x: x.", "x", "lib.Frame"),
        ("import lib\nif (x := lib.load()): x.", "x", "lib.Frame"),
        ("import lib\nx = lib.load()\ndel x\n", "x", ""),
        ("import lib\ndef f():\n    global x\n    x = lib.load()\n    x.", "x", "lib.Frame"),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import lib\ndef f():\n    lib.", "lib", "lib"),
        ("import lib\ntry:\n    f()\nexcept lib.Frame as x:\n    x.", "x", "lib.Frame"),
        ("import lib\nmatch y:\n    case lib:\n        lib.", "lib", ""),
        ("import lib\nx = lib.load()\ny = x\nx = 1\n", "y", "lib.Frame"),  # what x was then
        ("def f():\n    import lib\ndef g():\n    lib.", "lib", ""),
    ],
)  # fmt: skip
def test_names_have_scopes(index: Index, text: str, name: str, owner: str) -> None:
    assert site_of(index, text).owner_of(name) == owner


def test_a_call_is_resolved_where_it_stands_in_the_draft(index: Index) -> None:
    text = 'import boto3\nclient = boto3.client("s3")\ndef f():\n    '
    site = site_of(index, text)
    draft = (
        'client = boto3.client("sqs")\n    client.send_message()\n    [client.put_object() for client in x]'
    )
    client, send, put = site.names(draft)
    assert client.name == "client"
    assert site.resolve(send).exists is True
    assert site.resolve(put).exists is None
    (put,) = site.names("client.put_object()")
    assert site.resolve(put).exists is True


def test_what_a_statement_binds_counts_after_it(index: Index) -> None:
    site = site_of(index, "import lib\nlib = ")
    (name,) = site.names("lib.load()")
    assert site.resolve(name).exists is True


def test_a_file_without_grammar_has_no_names(index: Index) -> None:
    request = CompletionRequest(Path("/w/a.txt"), "import lib\nlib.", 15, Path("/w"), "plaintext")
    site = Site(request, index)
    assert (site.names("lib.load("), site.owner_of("lib"), site.imports, site.owners()) == ([], "", {}, [])
    assert site.find("lib", "load").exists is None
