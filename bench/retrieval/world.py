"""What the retrieval benchmark searches: pinned packages, read as the index reads them, and the vectors of their members."""

from __future__ import annotations

import hashlib
import pickle
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from platformdirs import user_cache_path

import soothsay_index
from soothsay.model.files.cache import model_path
from soothsay.model.files.registry import EMBEDDING_MODEL
from soothsay_index.embedding.embedder import Embedder, SentenceTransformerEmbedder, Vectors
from soothsay_index.sources.base import Harvest
from soothsay_index.types import Symbol
from soothsay_languages.environment import Environment
from soothsay_languages.python.environment.packages import installed_packages
from soothsay_languages.python.environment.reading import KIND
from soothsay_languages.python.sources.botocore_models import BotocoreModels, open_source
from soothsay_languages.python.sources.installed import PythonEnvironment

HERE = Path(__file__).resolve().parent
CACHE = user_cache_path("soothsay-bench") / "retrieval"
PACKAGES = ("networkx", "numpy", "pandas", "scipy", "sklearn", "sympy")
Owners = dict[str, tuple[Symbol, ...]]


def installed() -> Environment:
    """The packages of ``requirements.txt`` in a folder of their own, put there when they are not there yet."""
    wanted = (HERE / "requirements.txt").read_text(encoding="utf-8")
    folder, stamp = CACHE / "packages", CACHE / "packages.requirements"
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
        print(f"installing what is searched into {folder} ...", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        subprocess.run([*pip, "--target", str(folder), "-r", str(HERE / "requirements.txt")], check=True)
        stamp.write_text(wanted, encoding="utf-8")
    return Environment(
        KIND, Path(sys.executable), "3.11.0", (folder,), Path("/nowhere"), installed_packages((folder,))
    )  # fmt: skip


def read_owners() -> Owners:
    """Every owner's members, as the index's own sources read them; kept in the cache until those sources change."""
    sources = sorted(Path(soothsay_index.__file__).parent.glob("sources/*.py"))
    code = b"".join(path.read_bytes() for path in (*sources, HERE / "requirements.txt"))
    kept = CACHE / f"owners-{hashlib.sha256(code).hexdigest()[:16]}.pickle"
    if not kept.exists():
        environment = installed()
        owners: Owners = {}
        for harvest in _harvests(environment):
            for symbol in harvest.symbols:
                owners[symbol.owner] = (*owners.get(symbol.owner, ()), symbol)
        kept.parent.mkdir(parents=True, exist_ok=True)
        for stale in CACHE.glob("owners-*.pickle"):
            stale.unlink()
        kept.write_bytes(pickle.dumps(owners))
    return pickle.loads(kept.read_bytes())


def _harvests(environment: Environment) -> Iterator[Harvest]:
    services = open_source(environment)
    assert isinstance(services, BotocoreModels)
    for release in services.releases():
        yield services.harvest(release)
    python = PythonEnvironment(environment)
    for name in PACKAGES:
        release = python.release_of(name)
        assert release is not None, name
        print(f"reading {name} ...", flush=True)
        yield python.harvest(release)


def vectors_of(texts: Sequence[str], embedder: Embedder) -> Vectors:
    """One unit vector a text; what was computed before is read from the cache."""
    kept = CACHE / f"vectors-{embedder.model_id.replace('/', '-')}.npz"
    known: dict[str, int] = {}
    matrix = np.zeros((0, embedder.dimension), dtype=np.float32)
    if kept.exists():
        with np.load(kept) as file:
            known = {key: row for row, key in enumerate(file["keys"].tolist())}
            matrix = file["vectors"]
    keys = [hashlib.blake2b(text.encode("utf-8"), digest_size=12).hexdigest() for text in texts]
    missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
    if missing:
        print(f"embedding {len(missing)} texts with {embedder.model_id} ...", flush=True)
        matrix = np.concatenate([matrix, embedder.encode(list(missing.values()))])
        known |= {key: len(known) + row for row, key in enumerate(missing)}
        kept.parent.mkdir(parents=True, exist_ok=True)
        np.savez(kept, keys=np.array(list(known)), vectors=matrix)
    return matrix[[known[key] for key in keys]]


def minilm() -> SentenceTransformerEmbedder:
    """The embedding model of the index, from the models' folder, on one thread as in the index's worker."""
    return SentenceTransformerEmbedder(model_path(EMBEDDING_MODEL), threads=1)
