"""A small workspace and a small service model, to be indexed."""

from __future__ import annotations

from pathlib import Path

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
