import subprocess
import sys
from pathlib import Path

import pytest
from index_fakes import write

from required_tools import missing_tool
from soothsay_index.sources.base import Harvest, Release, Used
from soothsay_index.types import Symbol
from soothsay_languages.environment import Environment
from soothsay_languages.python.environment.packages import installed_packages
from soothsay_languages.python.environment.reading import KIND
from soothsay_languages.python.sources.azure_clients import AzureClients, open_source
from soothsay_languages.python.sources.docstrings import documented_keywords, documented_return
from soothsay_languages.python.sources.installed import PythonEnvironment


def distribution(name: str, files: dict[str, str]) -> dict[str, str]:
    info = f"{name.replace('-', '_')}-1.5.dist-info"
    record = "".join(f"{path},sha256=x,1\n" for path in files)
    return {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.5\n",
        f"{info}/RECORD": record,
    }


SITE = {
    **distribution(
        "azure-larder",
        {
            "azure/food/larder/__init__.py": "from ._client import LarderClient\n__all__ = ['LarderClient']\n",
            "azure/food/larder/_client.py": (
                "from azure.core.tracing.decorator import distributed_trace\n"
                "class Base:\n    def __init__(self, url: str, **kwargs): ...\n"
                "    def close(self) -> None: '''Close it.'''\n"
                "class LarderClient(Base):\n    '''Looks after jars.\n\n    :param str url: Where.\n"
                "    :keyword str api_version: Which.\n    '''\n"
                "    @distributed_trace\n    def put(self, jar, **kwargs):\n"
                "        '''Put a jar in.\n\n        :param str jar: The jar.\n        :keyword bool overwrite: Whether it may\n"
                "            replace another: be careful.\n        :keyword lid: Its lid. Required.\n"
                "        :paramtype lid: ~azure.food.larder.Lid or str or None\n        :keyword jar: Again.\n"
                "        :return: The place.\n        :rtype: ~azure.food.larder.Shelf\n        '''\n"
                "    @distributed_trace\n    def get(self, jar, **kwargs):\n        '''Get a jar.'''\n"
            ),
            "azure/food/larder/_client.pyi": (
                "class LarderClient:\n    def get(self, jar: str, *, timeout: int | None = None, **kwargs) -> bytes: ...\n"
            ),
        },
    ),
    **distribution(
        "azure-core",
        {
            "azure/__init__.py": "__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n",
            "azure/core/__init__.py": "def fetch(): ...\n",
        },
    ),
    **distribution("google-cloud-bread", {"google/cloud/bread/__init__.py": "def bake(): ...\n"}),
    **distribution("google-cloud-jam", {"google/cloud/jam/__init__.py": "from .core import cook\n", "google/cloud/jam/core.py": "def cook(): ...\n"}),
}  # fmt: skip


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    write(tmp_path, SITE)
    return Environment(
        KIND, Path(sys.executable), "3.12", (tmp_path,), Path("/nowhere"), installed_packages((tmp_path,))
    )


def azure(environment: Environment) -> AzureClients:
    source = open_source(environment)
    assert source is not None
    return source


def at(harvest: Harvest, owner: str, name: str) -> Symbol:
    return next(symbol for symbol in harvest.symbols if (symbol.owner, symbol.name) == (owner, name))


def test_each_distribution_has_its_part_of_the_namespace(environment: Environment):
    assert list(azure(environment).releases()) == [
        Release("azure-core", "1.5", "azure.core", source="azure"),
        Release("azure-larder", "1.5", "azure.food.larder", source="azure"),
    ]
    assert azure(environment).releases()[1].key == "azure-larder@1.5/azure.food.larder#azure"


def test_what_is_imported_comes_first_and_its_neighbours_next(environment: Environment):
    source = azure(environment)
    core, larder = source.releases()
    relevant = source.relevant(Used({"azure.food.larder": 1, "azure.food.larder.LarderClient": 1}))
    assert (relevant.now, relevant.next) == ((larder,), (core,))
    assert source.relevant(Used({"numpy": 1})).next == ()


def test_without_azure_there_is_no_source(tmp_path: Path):
    assert open_source(Environment(KIND, Path("x"), "3.12", (tmp_path,), tmp_path)) is None


def test_keywords_of_methods_are_read_from_docstrings_and_stubs(environment: Environment):
    source = azure(environment)
    harvest = source.harvest(source.releases()[1])
    client = "azure.food.larder.LarderClient"
    put = at(harvest, client, "put")
    assert [(p.name, p.kind, p.required, p.annotation) for p in put.parameters or ()] == [
        ("jar", "positional_or_keyword", True, ""),
        ("overwrite", "keyword_only", False, "bool"),
        ("lid", "keyword_only", True, "Lid | str | None"),
        ("kwargs", "var_keyword", False, ""),
    ]
    assert (put.returns, put.summary, put.package) == ("Shelf", "Put a jar in.", "azure-larder")
    assert [p.name for p in at(harvest, client, "get").parameters or ()] == ["jar", "timeout", "kwargs"]
    made = at(harvest, "azure.food.larder", "LarderClient")
    assert [p.name for p in made.parameters or ()] == ["url", "api_version", "kwargs"]
    assert at(harvest, client, "close").summary == "Close it."
    assert next(facts for facts in harvest.owners if facts.owner == client).closed


def test_the_folders_above_are_owners_that_deny_nothing(environment: Environment):
    source = azure(environment)
    harvest = source.harvest(source.releases()[1])
    assert at(harvest, "azure.food", "larder").kind == "module"
    assert at(harvest, "azure", "food").kind == "module"
    assert {
        facts.owner: facts.closed for facts in harvest.owners if facts.owner in {"azure", "azure.food"}
    } == {
        "azure": False,
        "azure.food": False,
    }
    assert not any(symbol.name == "fetch" for symbol in harvest.symbols)  # another distribution's


def test_other_namespaces_are_read_part_by_part_as_well(environment: Environment):
    source = PythonEnvironment(environment)
    releases = {release.part: release for release in source.releases()}
    assert set(releases) == {"google.cloud.bread", "google.cloud.jam"}
    assert source.relevant(Used({"google.cloud.jam": 2})).now == (releases["google.cloud.jam"],)
    jam = source.harvest(releases["google.cloud.jam"])
    assert (jam.symbols[0].package, at(jam, "google.cloud.jam", "cook").kind) == (
        "google-cloud-jam",
        "function",
    )
    assert not any(symbol.name == "bake" for symbol in jam.symbols)


@pytest.mark.parametrize(
    ("docstring", "expected"),
    [
        (":keyword int timeout: Seconds.", [("timeout", "int", False)]),
        (":keyword dict(str, str) tags:\n    Two\n    lines. Required.", [("tags", "dict(str, str)", True)]),
        (":keyword lease: Required if it has one.\n:type lease: str", [("lease", "str", False)]),
        (":keyword x\n:keyword :\n:keyword 1x: no\n:keyword", []),
        (":kwarg str a: A.\n\n:kwarg str a: Twice.\nText.\n:kwarg b: B", [("a", "str", False), ("b", "", False)]),
        ("No fields here: none.", []),
    ],
)  # fmt: skip
def test_documented_keywords(docstring: str, expected: list[tuple[str, str, bool]]):
    assert [(p.name, p.annotation, p.required) for p in documented_keywords(docstring)] == expected


def test_documented_return():
    assert (
        documented_return("Do.\n\n:rtype: ~azure.core.Paged[~azure.x.Y] or None\n:raises E:")
        == "Paged[Y] | None"
    )
    assert documented_return("Do.") == ""


@pytest.mark.slow
def test_the_real_clients(tmp_path: Path):
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(tmp_path)]
    done = subprocess.run(
        [*command, "azure-storage-blob", "azure-keyvault-secrets"],
        capture_output=True,
        text=True,
        timeout=240,
    )
    if done.returncode:
        missing_tool(f"pip cannot install the packages here: {done.stderr[-200:]}")
    source = azure(
        Environment(KIND, Path("x"), "3.12", (tmp_path,), Path("/x"), installed_packages((tmp_path,)))
    )
    releases = {release.part: release for release in source.releases()}
    assert set(releases) == {"azure.storage.blob", "azure.keyvault.secrets"}
    blob = source.harvest(releases["azure.storage.blob"])
    upload = at(blob, "azure.storage.blob.ContainerClient", "upload_blob")
    assert {"name", "data", "overwrite", "content_settings", "max_concurrency"} <= {
        p.name for p in upload.parameters or ()
    }
    assert upload.summary == "Creates a new blob from a data source with automatic chunking."
    service = at(blob, "azure.storage.blob", "BlobServiceClient")
    assert {"account_url", "credential", "api_version", "max_block_size"} <= {
        p.name for p in service.parameters or ()
    }
    secrets = source.harvest(releases["azure.keyvault.secrets"])
    put = at(secrets, "azure.keyvault.secrets.SecretClient", "set_secret")
    assert [p.name for p in put.parameters or () if p.required] == ["name", "value"]
    assert {facts.owner for facts in secrets.owners if facts.closed} >= {
        "azure.keyvault.secrets.SecretClient"
    }
