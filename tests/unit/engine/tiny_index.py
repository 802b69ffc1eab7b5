"""A small world that is really indexed: one workspace, one installed package, and two services of a botocore.

`fake_index` says the same of it from memory.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

from fakes import FakeIndex, function

from hash_embedder import HashEmbedder
from soothsay_index.build.process_pool import open_single_thread
from soothsay_index.store.store import Store
from soothsay_index.types import Symbol
from soothsay_index.worker.local import LocalIndex
from soothsay_languages.environment import Environment
from soothsay_languages.python.environment.packages import installed_packages
from soothsay_languages.python.environment.reading import KIND

_WORKSPACE = {
    "start.py": 'import boto3\nimport lib\nimport shop\n\nboto3.client("s3"), boto3.client("sqs")\n',
    "shop.py": "def pay(order): ...\n\n\ndef reverse(order, *, approved_by): ...\n",
    "lazy.py": "def __getattr__(name): ...\n\n\ndef known(): ...\n",
    "market/__init__.py": (
        "VAT = 0.2\n\n\nclass Till:\n    def __init__(self, name): ...\n    def pay(self, amount): ...\n"
        "    def _open(self): ...\n\n\ndef till_of(order, *, day=...): ...\n"
    ),
    "market/rates.py": "from datetime import date\n\n\ndef today(): ...\n",
}
_SITE = {
    "lib/__init__.py": "class Frame:\n    def head(self, n=5): ...\n\n\ndef load(path) -> Frame: ...\n",
    "lib-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: lib\nVersion: 1.0\n",
    "lib-1.0.dist-info/RECORD": "lib/__init__.py,,\n",
    "botocore/__init__.py": "",
    "botocore-9.9.dist-info/METADATA": "Metadata-Version: 2.1\nName: botocore\nVersion: 9.9\n",
    "botocore-9.9.dist-info/top_level.txt": "botocore\n",
}
_SERVICES = {
    "s3": {"ListBuckets": {}, "PutObject": {"Bucket": True, "Key": True, "Body": False}},
    "sqs": {"SendMessage": {"QueueUrl": True, "MessageBody": True}},
}

PAY = function("shop.pay", "order")
REVERSE = function("shop.reverse", "order", "*", "approved_by")
FRAME = replace(function("lib.Frame", origin="package"), kind="class", parameters=None)
LOAD = replace(function("lib.load", "path", origin="package"), returns="Frame")
HEAD = function("lib.Frame.head", "n=", origin="package")
LIST = function("botocore:s3.list_buckets", origin="service")
PUT = function("botocore:s3.put_object", "*", "Bucket", "Key", "Body=", origin="service")
SEND = function("botocore:sqs.send_message", "*", "QueueUrl", "MessageBody", origin="service")
SYMBOLS: tuple[Symbol, ...] = (
    PAY,
    REVERSE,
    FRAME,
    LOAD,
    HEAD,
    LIST,
    PUT,
    SEND,
    replace(function("market.Till", "name"), kind="class"),
    function("market.till_of", "order", "*", "day="),
    replace(function("market.VAT"), parameters=None),
    function("market.Till.pay", "amount"),
    function("market.Till._open"),
    function("market.rates.today"),
    replace(function("market.rates.date"), uri=""),
)


def fake_index() -> FakeIndex:
    """Return what is known of the world, in a dict."""
    owners = dict.fromkeys(symbol.owner for symbol in SYMBOLS)
    index = FakeIndex(**{owner: [each for each in SYMBOLS if each.owner == owner] for owner in owners})
    index.open_owners["lazy"] = [function("lazy.known")]
    return index


def write_workspace(folder: Path) -> Path:
    """Write the workspace, and return its folder. Its name is that of the package in `fakes.function`."""
    workspace = folder / "till"
    _write(workspace, _WORKSPACE)
    return workspace


def write_environment(folder: Path) -> Path:
    """Write a virtual environment with the package and the services, and return its folder."""
    site = folder / "env" / "lib" / "python3.11" / "site-packages"
    models = {
        f"botocore/data/{service}/2024-05-05/service-2.json": json.dumps(_model(operations))
        for service, operations in _SERVICES.items()
    }
    _write(folder / "env", {"pyvenv.cfg": "version = 3.11.7\n"})
    _write(site, {**_SITE, **models})
    return folder / "env"


def build_tiny_index(folder: Path) -> LocalIndex:
    """Return the index of the world, built in ``folder`` by the real code; its embedder alone is a stand-in."""
    workspace = write_workspace(folder)
    (site,) = write_environment(folder).glob("lib/*/site-packages")
    environment = Environment(
        kind=KIND,
        interpreter=Path(sys.executable),
        version="3.11.7",
        package_folders=(site,),
        library=Path("/nowhere"),
        packages=installed_packages((site,)),
    )
    embedder = HashEmbedder()
    store = Store(folder / "index", workspace, embedder.model_id, embedder.dimension)
    index = LocalIndex(store, embedder, open_single_thread)
    index.build_from(environment)
    return index


def _model(operations: dict[str, dict[str, bool]]) -> dict[str, object]:
    """Return a service model; ``operations`` have parameters, which are required or not."""
    shapes: dict[str, object] = {"Text": {"type": "string"}}
    listed: dict[str, object] = {}
    for name, parameters in operations.items():
        listed[name] = {"name": name, "input": {"shape": f"{name}Request"}}
        shapes[f"{name}Request"] = {
            "type": "structure",
            "required": [each for each, required in parameters.items() if required],
            "members": {each: {"shape": "Text"} for each in parameters},
        }
    return {"metadata": {}, "operations": listed, "shapes": shapes}


def _write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
