"""What our own processes do not import, and that they work without it."""

import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from index_fakes import write

from soothsay_index.build.process_pool import open_single_thread
from soothsay_index.store.store import Store
from soothsay_index.types import Progress
from soothsay_index.worker.client import IndexClient
from soothsay_index.worker.local import LocalIndex

pytestmark = pytest.mark.process

USE_TABLES = """
import lancedb, tempfile, pyarrow
db = lancedb.connect(tempfile.mkdtemp())
db.create_table("t", pyarrow.table({"a": [1, 2]}))
assert db.list_tables(page_token=None).tables == ["t"] and db.open_table("t").count_rows() == 2
"""


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_tables_need_neither_pandas_nor_a_client_for_remote_ones():
    run(
        "import sys; from soothsay_index.runtime.lean_imports import import_lancedb; import_lancedb()\n"
        f"{USE_TABLES}\n"
        "assert 'pandas' not in sys.modules and len(sys.modules) < 900, len(sys.modules)\n"
        "assert 'lance_namespace_urllib3_client.models.json_arrow_schema' in sys.modules\n"
        "assert 'lance_namespace_urllib3_client.models.create_table_request' not in sys.modules\n"
        "import pandas; pandas.DataFrame()"  # whoever needs it has it
    )


def test_a_version_that_needs_it_is_imported_in_full():
    said = run(
        "import sys; from soothsay_index.runtime import lean_imports\n"
        "def refuse(self, name): raise ImportError('a class is missing')\n"
        "lean_imports._StubModule.__getattr__ = refuse\n"
        "lean_imports.import_lancedb()\n"
        f"{USE_TABLES}\n"
        "assert 'lance_namespace_urllib3_client.models.create_table_request' in sys.modules\n"
    )
    assert "imported in full: a class is missing" in said


@pytest.mark.skipif(sys.platform == "win32", reason="a virtual environment looks different there")
def test_a_worker_without_them_takes_from_a_shared_index(tmp_path: Path):
    write(
        tmp_path,
        {
            "env/pyvenv.cfg": "version = 3.12.7\n",
            "env/lib/python3.12/site-packages/oats/__init__.py": "def boil(water): ...\n",
            "env/lib/python3.12/site-packages/oats-1.5.dist-info/METADATA": "Name: oats\nVersion: 1.5\n",
            "env/lib/python3.12/site-packages/oats-1.5.dist-info/RECORD": "oats/__init__.py,,\n",
            "kitchen/cook.py": "import oats\n",
        },
    )
    workspace, shared = tmp_path / "kitchen", tmp_path / "shared"
    publisher = LocalIndex(Store(tmp_path / "a", workspace), open_executor=open_single_thread)
    publisher.build(interpreter=tmp_path / "env")
    publisher.publish(str(shared), itself=False)
    publisher.close()
    seen: list[Progress] = []
    with IndexClient(tmp_path / "b", workspace, timeout=30.0, uri=str(shared)) as client:
        client.build(seen.append, interpreter=tmp_path / "env")
        assert [each.version for each in client.members("oats") if each.name == "boil"] == ["1.5"]
        if sys.platform == "linux":
            assert not [
                each for each in psutil.Process(client.process_id).memory_maps() if "pandas" in each.path
            ]
    assert not [each.detail for each in seen if each.stage == "warning"]
    assert any(each.stage == "shared" for each in seen)
