"""Stand-ins for what is slow or large: an embedder whose vectors are hashes of words, a workspace, a service."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from soothsay_index.embedding.embedder import Vectors
from soothsay_index.text import terms

LEDGER = '''"""The ledger."""
RATE = 3


def post_entry(amount_cents: int, *, account: str, memo: str = "", idempotency_token: str) -> dict:
    """Post one entry to the ledger. It is final."""
    return {}


class Ledger:
    """A book of entries."""

    def __init__(self, name: str) -> None:
        self.name = name

    def close_month(self, year: int, month: int) -> None:
        """Close a month."""
'''

APP = """import boto3
import shapes as sh
from billing import ledger

client = boto3.client("kitchen")


def main():
    ledger.post_entry(1)
"""

MODEL = {
    "metadata": {"serviceId": "Kitchen"},
    "operations": {
        "BakeBread": {"name": "BakeBread", "input": {"shape": "BakeBreadRequest"}, "documentation": "<p>Bakes a loaf of bread from <b>dough</b>. Slowly.</p>"},
        "ListLoaves": {"name": "ListLoaves", "documentation": "<p>Returns every loaf in the oven.</p>"},
        "DeleteLoaf": {"name": "DeleteLoaf", "input": {"shape": "DeleteLoafRequest"}, "documentation": "<p>Deletes one loaf.</p>"},
        "CreateRecipeCustomizationJob": {"name": "CreateRecipeCustomizationJob", "documentation": "<p>Creates a fine-tuning job to customize a base recipe.</p>"},
        "GetRecipe": {"name": "GetRecipe2020_05_31", "documentation": "<p>Gets a recipe.</p>"},
    },
    "shapes": {
        "BakeBreadRequest": {
            "type": "structure",
            "required": ["doughId", "clientToken"],
            "members": {
                "minutes": {"shape": "Int"},
                "doughId": {"shape": "Str", "documentation": "<p>Which dough.</p>"},
                "clientToken": {"shape": "Str", "idempotencyToken": True},
            },
        },
        "DeleteLoafRequest": {"type": "structure", "required": ["loafId"], "members": {"loafId": {"shape": "Str"}}},
        "Int": {"type": "integer"},
        "Str": {"type": "string"},
    },
}  # fmt: skip


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def install(site: Path, package: str, files: dict[str, str], version: str = "1.0") -> None:
    """Put ``files`` into ``site`` as the distribution ``package``, as pip would: the metadata last."""
    write(site, files)
    info = f"{package}-{version}.dist-info"
    write(
        site,
        {
            f"{info}/RECORD": "".join(f"{name},,\n" for name in files),
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n",
        },
    )


def make_environment(folder: Path) -> Path:
    """Make an empty virtual environment; return its folder for packages."""
    write(folder, {"pyvenv.cfg": "home = /usr/bin\nversion = 3.12.7\n", "bin/python": ""})
    site = folder / "lib" / "python3.12" / "site-packages"
    site.mkdir(parents=True)
    return site


class HashEmbedder:
    """Texts that share words are near each other; the same text has the same vector on every machine."""

    def __init__(self, dimension: int = 64, model_id: str = "hash") -> None:
        self.dimension = dimension
        self.model_id = model_id
        self.encoded: list[str] = []

    def encode(self, texts: Sequence[str]) -> Vectors:
        self.encoded += texts
        return (
            np.stack([self._vector(text) for text in texts])
            if texts
            else np.zeros((0, self.dimension), np.float32)
        )

    def encode_query(self, text: str) -> Vectors:
        return self._vector(text)

    def _vector(self, text: str) -> Vectors:
        vector = np.zeros(self.dimension, dtype=np.float32)
        for term in terms(text):
            vector[
                int.from_bytes(hashlib.blake2b(term.encode(), digest_size=4).digest(), "big") % self.dimension
            ] += 1
        return vector / max(float(np.linalg.norm(vector)), 1e-9)
