"""One team, one object store: published once, read by everybody. The store is a real S3 server on loopback."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import boto3
import pytest

from soothsay.model.files.cache import model_path, models_folder
from soothsay.model.files.registry import EMBEDDING_MODEL
from soothsay_index.build.process_pool import open_single_thread
from soothsay_index.embedding.embedder import SentenceTransformerEmbedder, Vectors
from soothsay_index.runtime.environment import locate_environment, read_environment
from soothsay_index.shared.index import SharedIndex
from soothsay_index.store.store import Store
from soothsay_index.types import Progress, Query
from soothsay_index.worker.client import IndexClient
from soothsay_index.worker.local import LocalIndex
from soothsay_languages.environment import Environment
from soothsay_languages.python.environment.packages import installed_packages
from soothsay_languages.python.environment.reading import KIND

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

LEDGER = '''"""The ledger of the shop."""


def post_entry(amount_cents: int, *, account: str) -> dict:
    """Post one entry to the ledger. It is final."""
    return {}
'''
FILES = {
    "app.py": "import boto3\nimport griffe\nimport colours, shapes, sounds\n\nclient = boto3.client('bedrock')\n",
    "billing/__init__.py": "",
    "billing/ledger.py": LEDGER,
    "README.md": "# The shop\n\n## Refunds\n\nRefunds are posted as entries with a negative amount, never by deletion.\n",
}


# -- a store, and machines ---------------------------------------------------------------------------------


class S3:
    """moto's server in a process of its own, with one bucket."""

    def __init__(self, **environment: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **environment},
        )
        for _ in range(300):
            try:
                socket.create_connection(("127.0.0.1", self.port), 0.2).close()
                break
            except OSError:
                time.sleep(0.1)

    def make_bucket(self, name: str) -> None:
        boto3.client("s3", endpoint_url=self.url).create_bucket(Bucket=name)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(10)


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    server = S3()
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    try:
        server.make_bucket("team")
        yield server
    finally:
        server.stop()


@dataclass
class Counting:
    """The real embedder, and how much it had to do."""

    real: SentenceTransformerEmbedder
    texts: list[str] = field(default_factory=list)

    model_id = EMBEDDING_MODEL
    dimension = 384

    def encode(self, texts: Sequence[str]) -> Vectors:
        self.texts += texts
        return self.real.encode(texts)

    def encode_query(self, text: str) -> Vectors:
        return self.real.encode_query(text)


@dataclass
class Machine:
    """An index with a cache of its own; ``tasks`` are the functions that its executor was given."""

    index: LocalIndex
    embedder: Counting
    tasks: list[str]
    seen: list[Progress] = field(default_factory=list)

    def build(self, environment: Environment) -> None:
        self.seen.clear()
        self.index.build_from(environment, self.seen.append)

    @property
    def warnings(self) -> list[str]:
        return [each.detail for each in self.seen if each.stage == "warning"]


@pytest.fixture(scope="module")
def embedder() -> SentenceTransformerEmbedder:
    return SentenceTransformerEmbedder(model_path(EMBEDDING_MODEL))


@pytest.fixture
def machine(tmp_path: Path, embedder: SentenceTransformerEmbedder) -> Iterator[Callable[..., Machine]]:
    opened: list[LocalIndex] = []

    def make(name: str, workspace: Path, uri: str = "") -> Machine:
        counting, tasks = Counting(embedder), list[str]()

        @contextmanager
        def open_executor(_niceness: int) -> Iterator[Executor]:
            with open_single_thread() as real:
                submit = real.submit

                def counted(function, *arguments, **named):  # type: ignore[no-untyped-def]
                    tasks.append(function.__name__)
                    return submit(function, *arguments, **named)

                real.submit = counted  # type: ignore[method-assign]
                yield real

        store = Store(tmp_path / name, workspace, EMBEDDING_MODEL, 384)
        index = LocalIndex(store, counting, open_executor, uri=uri)
        opened.append(index)
        return Machine(index, counting, tasks)

    yield make
    for index in opened:
        index.close()


@pytest.fixture(scope="module")
def environment() -> Environment:
    return read_environment(locate_environment(Path.cwd(), sys.executable))


@pytest.fixture
def few_packages(tmp_path: Path) -> Environment:
    """An environment of three small packages, for what is not about their number."""
    site = tmp_path / "site-packages"
    for name in ("shapes", "colours", "sounds"):
        write(
            site,
            {
                f"{name}/__init__.py": f'"""All about {name}."""\n\ndef mix_{name}(a, b):\n    """Mix two {name}."""\n',
                f"{name}-1.0.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
                f"{name}-1.0.dist-info/top_level.txt": f"{name}\n",
            },
        )
    return Environment(
        KIND, Path(sys.executable), "3.11.0", (site,), Path("/nowhere"), installed_packages((site,))
    )


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return write(tmp_path / "a" / "shop", FILES)


def _site(environment: Environment) -> Path:
    return environment.package_folders[0]


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


# Publishes, and kills itself before a write.
_KILLED = f"""
import os, sys, threading
from pathlib import Path
from soothsay_languages.environment import Environment
from soothsay_languages.python.environment.packages import installed_packages
from soothsay_languages.python.environment.reading import KIND
from soothsay_index.shared.publishing import Publisher
from soothsay_index.shared.index import SharedIndex
from soothsay_index.store.store import Store

class Mortal(SharedIndex):
    left = int(sys.argv[4])

    def add(self, name, rows):
        self.left -= 1
        if self.left < 0:
            os.kill(os.getpid(), 9)
        super().add(name, rows)

site = Path(sys.argv[5])
environment = Environment(KIND, Path(sys.executable), "3.11.0", (site,), Path("/nowhere"), installed_packages((site,)))
shared = Mortal(sys.argv[3], "{EMBEDDING_MODEL}", 384)
store = Store(Path(sys.argv[1]), Path(sys.argv[2]), "{EMBEDDING_MODEL}", 384)
Publisher(store, shared, environment).publish(None, lambda _: None, threading.Event())
"""


# -- what is promised --------------------------------------------------------------------------------------


def test_what_one_has_published_nobody_makes_again(
    s3: S3, machine: Callable[..., Machine], shop: Path, environment: Environment, tmp_path: Path
) -> None:
    uri = "s3://team/indices/main"
    a = machine("a-cache", shop)
    a.build(environment)
    assert "harvest_releases" in a.tasks and a.embedder.texts
    publication = a.index.publish(uri)
    assert publication.releases > 100 and publication.vectors > 100  # botocore's services, and griffe

    clone = Path(shutil.copytree(shop, tmp_path / "b" / "shop"))
    b = machine("b-cache", clone, uri)
    b.build(environment)
    assert b.warnings == []
    assert "harvest_releases" not in b.tasks and b.embedder.texts == []
    assert a.index.status().symbols == b.index.status().symbols
    assert b.index.status().embedded >= a.index.status().embedded
    query = Query("start fine-tuning a foundation model", owners=("botocore:bedrock",))
    assert [hit.symbol for hit in a.index.search(query)] == [hit.symbol for hit in b.index.search(query)]

    # Without the store everything that was taken is still here, ...
    s3.stop()
    b.build(environment)
    assert len(b.warnings) == 1 and "cannot be reached" in b.warnings[0]
    assert b.index.search(query)
    # ... and who never had it builds alone, with one warning.
    c = machine("c-cache", clone, uri)
    c.build(environment)
    assert len(c.warnings) == 1 and "\n" not in c.warnings[0]
    assert "harvest_releases" in c.tasks
    assert [hit.symbol for hit in c.index.search(query)] == [hit.symbol for hit in a.index.search(query)]


def test_documents_of_another_repository_are_found_and_own_ones_win(
    s3: S3, machine: Callable[..., Machine], shop: Path, few_packages: Environment, tmp_path: Path
) -> None:
    uri = "s3://team/docs"
    a = machine("a-cache", shop)
    a.build(few_packages)
    a.index.publish(uri)
    other = write(tmp_path / "other", {"use.py": "import shapes\n"})
    b = machine("b-cache", other, uri)
    b.build(few_packages)
    refunds = b.index.search(Query("how are refunds posted"))
    assert any(hit.chunk and hit.chunk.path == "shop/README.md" for hit in refunds)
    assert any(
        hit.symbol and hit.symbol.name == "post_entry" for hit in b.index.search(Query("post one entry"))
    )
    # The same module, defined here: what was published of it is not shown.
    write(other, {"billing/ledger.py": LEDGER.replace("account: str", "book: str")})
    b.index.update([other / "billing/ledger.py"])
    found = [hit for hit in b.index.search(Query("post one entry to the ledger")) if hit.symbol]
    entries = [hit.symbol for hit in found if hit.symbol and hit.symbol.name == "post_entry"]
    assert [[parameter.name for parameter in each.parameters or ()] for each in entries] == [
        ["amount_cents", "book"]
    ]
    assert {each.package for each in b.index.members("billing.ledger")} == {"other"}


def test_publishers_at_once_leave_one_whole_index(
    s3: S3, machine: Callable[..., Machine], shop: Path, few_packages: Environment, tmp_path: Path
) -> None:
    uri = "s3://team/race"
    publishers = [machine(f"p{number}", shop) for number in range(2)]
    for each in publishers:
        each.build(few_packages)
        each.index.close()
    failures: list[BaseException] = []

    def publish(each: Machine) -> None:
        try:
            each.index.publish(uri)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=publish, args=(each,)) for each in publishers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    reader = machine("reader", Path(shutil.copytree(shop, tmp_path / "b" / "shop")), uri)
    reader.build(few_packages)
    assert reader.warnings == [] and "harvest_releases" not in reader.tasks and reader.embedder.texts == []
    ids = [row["id"] for row in reader.index.store.packages.rows("symbols", columns=["id"])]
    assert len(ids) == len(set(ids)) == publishers[0].index.store.packages.count("symbols")


def test_a_killed_publisher_leaves_what_can_be_read_and_finished(
    s3: S3, shop: Path, few_packages: Environment, tmp_path: Path, machine: Callable[..., Machine]
) -> None:
    uri = "s3://team/killed"
    a = machine("a-cache", shop)
    a.build(few_packages)
    a.index.close()
    for writes in (1, 2, 3, 6):
        done = subprocess.run(
            [
                sys.executable,
                "-c",
                _KILLED,
                tmp_path / "a-cache",
                shop,
                uri,
                str(writes),
                _site(few_packages),
            ],
            check=False,
        )
        assert done.returncode == -9
        reader = machine(f"reader-{writes}", shop, uri)
        reader.build(few_packages)
        assert reader.index.status().symbols == a.index.status().symbols
    a.index.publish(uri)
    reader = machine("reader", shop, uri)
    reader.build(few_packages)
    assert "harvest_releases" not in reader.tasks and reader.warnings == []


# -- the command line --------------------------------------------------------------------------------------


def soothsay(*arguments: str, cache: Path, **environment: str | None) -> subprocess.CompletedProcess[str]:
    cache.mkdir(exist_ok=True)
    if not (cache / "models").exists():
        (cache / "models").symlink_to(models_folder(), target_is_directory=True)
    environ = {**os.environ, "SOOTHSAY_CACHE": str(cache), **environment}
    return subprocess.run(
        [sys.executable, "-m", "soothsay", "index", *arguments, "--python", sys.executable],
        capture_output=True,
        text=True,
        timeout=300,
        env={name: value for name, value in environ.items() if value is not None},
        check=False,
    )


def test_the_command_line_publishes_and_takes(s3: S3, tmp_path: Path) -> None:
    small = write(tmp_path / "small", {"use.py": "import griffe\n"})
    done = soothsay("publish", "--to", "s3://team/cli", "--workspace", str(small), cache=tmp_path / "a")
    assert done.returncode == 0, done.stderr
    assert re.search(r"\d+ releases .*small .* are new in s3://team/cli", done.stdout)
    assert any(key.startswith("griffe") for key in SharedIndex("s3://team/cli").releases())
    taken = soothsay("build", "--shared", "s3://team/cli", "--workspace", str(small), cache=tmp_path / "b")
    assert taken.returncode == 0 and "shared index" not in taken.stderr, taken.stderr
    again = soothsay(
        "publish", "--to", "s3://team/cli", "--packages-only", "--workspace", str(small), cache=tmp_path / "c"
    )
    assert "0 releases (0 rows) and 0 vectors" in again.stdout


@pytest.mark.parametrize(
    ("uri", "environment", "fix"),
    [
        ("s3://nobody/here", {}, "no such bucket"),
        ("s3://team/x", {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "cannot be reached"),
        ("nonsense://team/x", {}, "no folder, s3://, gs:// or az:// address"),
        ("/proc/nowhere/index", {}, "Cannot write the shared index /proc/nowhere/index"),
    ],
)
def test_what_cannot_be_published_is_said_in_one_line(
    s3: S3, tmp_path: Path, uri: str, environment: dict[str, str], fix: str
) -> None:
    small = write(tmp_path / "small", {"use.py": "x = 1\n"})
    done = soothsay("publish", "--to", uri, "--workspace", str(small), cache=tmp_path / "a", **environment)
    errors = [line for line in done.stderr.splitlines() if line.strip()]
    assert done.returncode == 1 and len(errors) == 1 and fix in errors[0], done.stderr


def test_a_store_that_lets_nobody_in_is_said_in_one_line(
    s3: S3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    strict = S3(INITIAL_NO_AUTH_ACTION_COUNT="1")
    try:
        strict.make_bucket("team")  # the one action that needs no rights
        monkeypatch.setenv("AWS_ENDPOINT_URL", strict.url)
        small = write(tmp_path / "small", {"use.py": "x = 1\n"})
        done = soothsay("publish", "--to", "s3://team/x", "--workspace", str(small), cache=tmp_path / "a")
        assert done.returncode == 1 and "refuses these credentials" in done.stderr, done.stderr
        assert len(done.stderr.splitlines()) == 1
    finally:
        strict.stop()


def test_a_server_is_told_of_a_store_that_is_not_there(s3: S3, tmp_path: Path) -> None:
    """The worker has the address from its client, and its warnings come back as progress."""
    small = write(tmp_path / "small", {"use.py": "import shapes\n"})
    seen: list[Progress] = []
    with IndexClient(tmp_path / "cache", small, uri="s3://nobody/here") as client:
        status = client.build(seen.append, embed=False, interpreter=sys.executable)
    assert status.files == 1
    assert ["no such bucket" in each.detail for each in seen if each.stage == "warning"] == [True]


def test_publishing_nowhere_is_refused(tmp_path: Path) -> None:
    done = soothsay("publish", "--workspace", str(tmp_path), cache=tmp_path / "a")
    assert done.returncode == 1 and "--to URI" in done.stderr
