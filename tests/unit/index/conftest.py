"""A small workspace, a small environment: enough of both to be indexed for real."""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path

import pytest
from index_fakes import APP, LEDGER, MODEL, write

from soothsay_languages.environment import Environment
from soothsay_languages.python.environment.packages import installed_packages
from soothsay_languages.python.environment.reading import KIND


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    root = tmp_path / "shop"
    write(root, {"app.py": APP, "billing/__init__.py": "", "billing/ledger.py": LEDGER, ".env": "KEY=1"})
    return root.resolve()


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A site-packages folder with two distributions: ``shapes`` and a ``botocore`` of one service."""
    folder = tmp_path / "site-packages"
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


@pytest.fixture
def environment(site: Path) -> Environment:
    return Environment(
        kind=KIND,
        interpreter=Path(sys.executable),
        version="3.11.0",
        package_folders=(site,),
        library=Path("/nowhere"),
        packages=installed_packages((site,)),
        library_names=frozenset(),
    )
