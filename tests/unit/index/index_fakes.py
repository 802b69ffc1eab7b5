"""A small workspace and a small service model, to be indexed."""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path

from soothsay_languages.environment import Environment
from soothsay_languages.python.environment.packages import installed_packages
from soothsay_languages.python.environment.reading import KIND

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


def write_workspace(parent: Path) -> Path:
    """Write a workspace of three files and a secret into a folder of ``parent``, and return it."""
    root = parent / "shop"
    write(root, {"app.py": APP, "billing/__init__.py": "", "billing/ledger.py": LEDGER, ".env": "KEY=1"})
    return root.resolve()


def write_site(parent: Path) -> Path:
    """Write a site-packages folder with two distributions: ``shapes`` and a ``botocore`` of one service."""
    folder = parent / "site-packages"
    write(
        folder,
        {
            "shapes/__init__.py": '"""Shapes."""\nfrom shapes._impl import Square, area_of\nfrom .extra import *\n__all__ = ["Square", "area_of", "grow"]\n',
            "shapes/_impl.py": (
                "import os\n\nclass Base:\n    def move(self, dx, dy=0):\n        '''Move it.'''\n\n"
                "class Square(Base):\n    '''A square. With sides.'''\n    def __init__(self, side: float, *, name: str = 'x') -> None:\n"
                "        self.side = side\n\ndef area_of(shape, /, scale: float = 1.0) -> float:\n    '''The area of a shape.'''\n"
            ),
            "shapes/extra.py": "__all__ = ['grow']\ndef grow(shape, by):\n    '''Grow a shape.'''\n",
            "shapes/lazy.py": "def __getattr__(name):\n    return name\n",
            "shapes/fast.pyi": (
                "from typing import overload\n@overload\ndef cut(a: int) -> int: ...\n"
                "@overload\ndef cut(a: str, where: int, *, deep: bool = ...) -> str: ...\n"
            ),
            "shapes/broken.py": "def broken(:\n",
            "shapes/tests/test_x.py": "def test_x(): ...\n",
            "shapes-1.2.dist-info/METADATA": "Metadata-Version: 2.1\nName: shapes\nVersion: 1.2\n",
            "shapes-1.2.dist-info/RECORD": "shapes/__init__.py,,\nshapes/_impl.py,,\n",
            "botocore/__init__.py": "_xform_cache = {('BakePIZZAs', '_'): 'bake_pizzas'}\n",
            "botocore-9.9.dist-info/METADATA": "Metadata-Version: 2.1\nName: botocore\nVersion: 9.9\n",
            "botocore-9.9.dist-info/top_level.txt": "botocore\n",
        },
    )
    data = folder / "botocore" / "data" / "kitchen"
    for version in ("2019-01-01", "2024-05-05"):
        (data / version).mkdir(parents=True)
    (data / "2024-05-05" / "service-2.json.gz").write_bytes(gzip.compress(json.dumps(MODEL).encode()))
    (data / "2019-01-01" / "service-2.json").write_text(json.dumps({"operations": {}, "shapes": {}}))
    return folder


def environment_of(site: Path) -> Environment:
    """Return the environment whose packages are in ``site``."""
    return Environment(
        kind=KIND,
        interpreter=Path(sys.executable),
        version="3.11.0",
        package_folders=(site,),
        library=Path("/nowhere"),
        packages=installed_packages((site,)),
        library_names=frozenset(),
    )
