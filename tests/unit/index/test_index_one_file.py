"""Whoever waits for one completion waits for what its file uses, not for what the workspace might use."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from index_fakes import install, make_environment, write

from soothsay_index.build.process_pool import open_single_thread
from soothsay_index.store.store import Store
from soothsay_index.types import Query
from soothsay_index.worker.local import LocalIndex

SERVICES = ("bedrock", "s3", "sqs")


@pytest.fixture
def index(tmp_path: Path) -> LocalIndex:
    site = make_environment(tmp_path / "env")
    model = {
        "metadata": {"serviceId": "x", "protocol": "json"},
        "operations": {"ListFields": {"name": "ListFields"}},
        "shapes": {},
    }
    files = {f"botocore/data/{name}/2020-01-01/service-2.json": json.dumps(model) for name in SERVICES}
    install(site, "botocore", {"botocore/__init__.py": "", **files})
    install(site, "boto3", {"boto3/__init__.py": "def client(name): ...\n"})
    for name in ("oats", "rye"):
        install(site, name, {f"{name}/__init__.py": f"def grind_{name}(sacks): ...\n"})
    workspace = tmp_path / "farm"
    write(
        workspace,
        {
            "barn.py": "import oats\nfrom silo import queue\n",
            "silo.py": 'import boto3\nqueue = boto3.client("sqs")\n',
            "mill.py": "import rye\n",
            "shed.py": 'import boto3\nstore = boto3.client("s3")\n',
        },
    )
    return LocalIndex(Store(tmp_path / "index", workspace), None, open_single_thread)


def test_what_one_file_and_its_own_imports_use_is_read(index: LocalIndex, tmp_path: Path) -> None:
    index.build(interpreter=tmp_path / "env", embed=False, file=tmp_path / "farm" / "barn.py")
    assert index.lookup("oats.grind_oats") is not None
    assert index.lookup("botocore:sqs.list_fields") is not None, "its client is made in silo.py"
    assert index.package_state("rye") == "pending" and index.lookup("botocore:s3.list_fields") is None
    assert index.has_name("store"), "the workspace is indexed"


def test_the_next_build_goes_on_with_the_rest(index: LocalIndex, tmp_path: Path) -> None:
    index.build(interpreter=tmp_path / "env", embed=False, file=tmp_path / "farm" / "barn.py")
    index.build(interpreter=tmp_path / "env", embed=False)
    assert index.lookup("rye.grind_rye") is not None
    assert all(index.lookup(f"botocore:{name}.list_fields") for name in SERVICES)


def test_a_client_that_is_made_in_another_file_is_found_and_no_other(
    index: LocalIndex, tmp_path: Path
) -> None:
    index.build(interpreter=tmp_path / "env", embed=False)
    asked = Query("list the fields", modules=("oats", "silo", "silo.queue"), path="barn.py", limit=8)
    found = {
        hit.symbol.owner for hit in index.search(asked) if hit.symbol and hit.symbol.name == "list_fields"
    }
    assert found == {"botocore:sqs"}
