"""How long a first build takes: until the text can be searched, and until every vector is there.

    python -m bench.index.builds repository

Each corpus is built from nothing in a worker process as an editor would, for the text alone first, then for the vectors.
Memory is the resident set of the worker and of the worker with its children, looked at ten times a second.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from bench.oracle.world import interpreter

from soothsay_index.worker.client import IndexClient

REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Build:
    """One first build; times in seconds, memory in bytes."""

    corpus: str
    documents: int  # symbols and chunks
    text_seconds: float
    vectors: int
    vector_seconds: float
    worker_peak: int  # of the worker, which holds the embedding model
    family_peak: int  # of the worker and the children that read packages, together
    worker_after: int


@dataclass(slots=True)
class _Memory:
    """Watches a process and its children."""

    process: psutil.Process
    worker: int = 0
    family: int = 0
    after: int = 0
    done: threading.Event = field(default_factory=threading.Event)

    def watch(self) -> None:
        while not self.done.wait(0.1):
            try:
                own = self.process.memory_info().rss
                children = [child.memory_info().rss for child in self.process.children(recursive=True)]
            except psutil.NoSuchProcess:
                continue  # a child has just ended
            self.after = own
            self.worker = max(self.worker, own)
            self.family = max(self.family, own + sum(children))


def this_repository(folder: Path) -> None:
    """What git has of this project."""
    archive = subprocess.run(["git", "archive", "HEAD"], cwd=REPOSITORY, check=True, capture_output=True)
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive.stdout, check=True)


def all_of_botocore(folder: Path) -> None:
    """A workspace that makes a client of every service, so that all of them get vectors, too."""
    python = interpreter("plain")
    code = "import botocore, pathlib; print(pathlib.Path(botocore.__file__).parent / 'data')"
    data = subprocess.run([str(python), "-c", code], check=True, capture_output=True, text=True)
    services = sorted(
        path.parent.parent.name for path in Path(data.stdout.strip()).glob("*/*/service-2.json*")
    )
    lines = [f"c{number} = boto3.client('{name}')" for number, name in enumerate(dict.fromkeys(services))]
    (folder / "clients.py").write_text("import boto3\n" + "\n".join(lines) + "\n")


def scientific(folder: Path) -> None:
    """numpy, pandas and every public module of the standard library."""
    import sys

    names = sorted(name for name in sys.stdlib_module_names if not name.startswith("_"))
    lines = [f"import {name}" for name in ("numpy", "pandas", *names)]
    (folder / "imports.py").write_text("\n".join(lines) + "\n")


_PACKAGES, _MODULES, _FUNCTIONS, _IMPORTED = 500, 100, 8, 5  # 500 packages of 100 files


def node_modules(folder: Path) -> None:
    """A workspace in TypeScript that imports five of its 500 npm packages; 50,000 declaration files lie in ``node_modules``."""
    for number in range(_PACKAGES):
        package = folder / "node_modules" / f"package-{number}"
        package.mkdir(parents=True)
        manifest = {"name": package.name, "version": f"1.{number}.0", "types": "index.d.ts"}
        (package / "package.json").write_text(json.dumps(manifest))
        modules = range(1, _MODULES)
        (package / "index.d.ts").write_text("".join(f'export * from "./m{each}";\n' for each in modules))
        for each in modules:
            (package / f"m{each}.d.ts").write_text(
                "".join(
                    f"/** Part {part} of module {each} in package {number}. */\n"
                    f"export declare function call{number}_{each}_{part}(value: string, count?: number): Promise<number>;\n"
                    for part in range(_FUNCTIONS)
                )
            )
    needed = {f"package-{number}": f"1.{number}.0" for number in range(_IMPORTED)}
    (folder / "package.json").write_text(json.dumps({"name": "app", "dependencies": needed}))
    lines = [f'import * as p{number} from "package-{number}";' for number in range(_IMPORTED)]
    (folder / "app.ts").write_text("\n".join(lines) + "\n")


NODE_MODULES = "50,000 files of npm packages, 5 of 500 imported"
CORPORA: dict[str, Callable[[Path], None]] = {
    "this repository": this_repository,
    "botocore, all services": all_of_botocore,
    "numpy, pandas, standard library": scientific,
    NODE_MODULES: node_modules,
}


def measure(corpus: str, model: Path) -> Build:
    """Build ``corpus`` from nothing; ``model`` is the folder of the embedding model."""
    make = CORPORA[corpus]
    python = interpreter("plain") if make in (all_of_botocore, scientific) else Path("/no/such/python")
    environment = None if make is node_modules else python  # None: what a user's workspace has
    with tempfile.TemporaryDirectory() as name:
        workspace = Path(name) / "workspace"
        workspace.mkdir()
        make(workspace)
        with IndexClient(
            Path(name) / "index", workspace, model, threads=2, log_file=Path(name) / "log"
        ) as client:
            client.start()
            assert client.process_id is not None
            memory = _Memory(psutil.Process(client.process_id))
            watcher = threading.Thread(target=memory.watch, daemon=True)
            watcher.start()
            started = time.perf_counter()
            text = client.build(interpreter=environment, embed=False)
            until_text = time.perf_counter() - started
            started = time.perf_counter()
            full = client.build(interpreter=environment, embed=True)
            until_vectors = time.perf_counter() - started
            memory.done.set()
            watcher.join()
    documents = text.symbols + text.chunks
    return Build(
        corpus,
        documents,
        until_text,
        full.vectors,
        until_vectors,
        memory.worker,
        memory.family,
        memory.after,
    )
