import json
import os
import subprocess
import sys
from pathlib import Path, PurePath

import pytest
from index_fakes import write

from soothsay_index.sources.registry import file_sources, package_sources
from soothsay_languages.environment import Environment
from soothsay_languages.python.environment.reading import KIND

pytestmark = pytest.mark.process

KITCHEN = {
    "kitchen.py": (
        "from soothsay_index.sources.base import FileFacts, Harvest, Release, Relevant\n"
        "from soothsay_index.types import Chunk\n"
        "class Recipes:\n"
        "    name = 'recipes'\n"
        "    def handles(self, path):\n        return path.suffix in {'.recipe', '.md'}\n"
        "    def cut(self, text, place):\n"
        "        if not text.startswith('RECIPE '):\n            return None\n"
        "        title, _, steps = text.partition('\\n')\n"
        "        return FileFacts((Chunk(place.path, place.uri, 1, 2, steps, title=title, kind='prose'),))\n"
        "class Cookbook:\n"
        "    name = 'cookbook'\n"
        "    def releases(self):\n        return [Release('cookbook', '1', 'soups', source=self.name)]\n"
        "    def relevant(self, used):\n        return Relevant()\n"
        "    def harvest(self, release):\n        return Harvest()\n"
        "def open_cookbook(environment):\n    return Cookbook()\n"
        "def open_nothing(environment):\n    return None\n"
    ),
    "kitchen-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: kitchen\nVersion: 1.0\n",
    "kitchen-1.0.dist-info/entry_points.txt": (
        "[soothsay_index.files]\nrecipes = kitchen:Recipes\nbroken = no_such_module:Nothing\n"
        "[soothsay_index.packages]\ncookbook = kitchen:open_cookbook\nnothing = kitchen:open_nothing\n"
    ),
}

ASK = """
import json, sys
from pathlib import Path
from soothsay_languages.environment import Environment
from soothsay_languages.python.environment.reading import KIND
from soothsay_index.sources.base import IndexedFile
from soothsay_index.sources.registry import file_sources, package_sources
from soothsay_index.sources.workspace import Workspace
workspace = Workspace(Path(sys.argv[1]))
environment = Environment(KIND, Path("x"), "3.12", (), Path("/nowhere"))
print(json.dumps({
    "files": [source.name for source in file_sources()],
    "packages": sorted(package_sources(environment)),
    "cut": {
        name: [chunk.title for chunk in facts.chunks] if (facts := workspace.cut(workspace.place(name), text)) else None
        for name, text in {"soup.recipe": "RECIPE soup\\nboil", "soup.md": "RECIPE soup\\nboil", "a.md": "# A\\ntext", "x.recipe": "no"}.items()
    },
}))
"""


def test_a_source_of_another_distribution_is_found(tmp_path: Path):
    write(tmp_path, KITCHEN)
    done = subprocess.run(
        [sys.executable, "-c", ASK, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    answer = json.loads(done.stdout)
    assert answer["files"][0] == "recipes"  # before ours
    assert {"python", "markdown", "rst", "text", "notebook", "openapi", "config"} <= set(answer["files"])
    assert "broken" not in answer["files"] and "no_such_module" in done.stderr
    assert "cookbook" in answer["packages"]
    assert answer["cut"] == {
        "soup.recipe": ["RECIPE soup"],
        "soup.md": ["RECIPE soup"],
        "a.md": ["A"],  # declined by the other, so cut by ours
        "x.recipe": None,
    }


def test_the_built_in_sources_are_all_there(tmp_path: Path):
    assert {source.name for source in file_sources()} >= {
        "python", "markdown", "rst", "text", "notebook", "openapi", "config",
    }  # fmt: skip
    write(tmp_path, {"azure/core/__init__.py": "", "x-stubs/__init__.pyi": "", "botocore/data/x.json": ""})
    environment = Environment(KIND, Path("x"), "3.12", (tmp_path,), Path("/nowhere"))
    assert set(package_sources(environment)) >= {"python", "azure", "stubs", "release_notes"}


@pytest.mark.parametrize(
    "name",
    [
        "package-lock.json", "poetry.lock", "uv.lock", "Cargo.lock", "pnpm-lock.yaml", "pylock.toml", "app.min.js",
        "app-min.js", "vendor.bundle.js", "app.3f2a.chunk.mjs", "data.json", "data.csv", "photo.png", "LICENSE", "x.log",
    ],
)  # fmt: skip
def test_no_source_wants_lock_files_and_data(name: str):
    assert [source.name for source in file_sources() if source.handles(PurePath(name))] == []
