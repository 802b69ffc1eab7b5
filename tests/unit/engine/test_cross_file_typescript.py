"""What a TypeScript file can use of its workspace, read by a real index from files that import each other in every way."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from soothsay.engine.cross_file import cross_file
from soothsay.engine.site import Site
from soothsay.engine.types import CompletionRequest
from soothsay_index.worker.local import LocalIndex

FILES = {
    "tsconfig.json": '{"compilerOptions": {"paths": {"@/*": ["./src/*"]}}} // of the project',
    "src/shop/index.ts": 'export * from "./shop.js";\n',
    "src/shop/shop.ts": "export class Shop {\n  constructor(readonly name: string) {}\n  pay(amount: number): boolean { return true; }\n}\n",
    "src/rates.js": "export const rateOf = (country, day = 1) => 1;\nexport function all() {}\n",
    "src/app.ts": "",
}


@pytest.fixture
def index(tmp_path: Path) -> Iterator[LocalIndex]:
    workspace = tmp_path / "w"
    for name, text in FILES.items():
        (workspace / name).parent.mkdir(parents=True, exist_ok=True)
        (workspace / name).write_text(text, encoding="utf-8")
    opened = LocalIndex.open(tmp_path / "index", workspace, None)
    opened.build(interpreter=str(tmp_path / "none"), embed=False)
    yield opened
    opened.close()


def usable(index: LocalIndex, root: Path, text: str) -> list[str]:
    request = CompletionRequest(root / "src" / "app.ts", text, len(text), root, "typescript")
    return cross_file(Site(request, index), 100, lambda line: len(line.split())).splitlines()


def test_folders_paths_and_plain_modules(index: LocalIndex, tmp_path: Path) -> None:
    text = 'import { Shop } from "@/shop";\nimport * as rates from "./rates.js";\n\nconst x = '
    assert usable(index, tmp_path / "w", text) == [
        "// Shop(name)",
        "// Shop.pay(amount)",
        "// rates.rateOf(country)",
        "// rates.all()",
    ]


def test_a_change_of_a_file_is_seen(index: LocalIndex, tmp_path: Path) -> None:
    root = tmp_path / "w"
    index.mirror(root / "src" / "rates.js", "export function ratesOf(countries) {}\n")
    text = 'import { ratesOf } from "./rates";\n\nconst x = '
    until = time.monotonic() + 30
    while usable(index, root, text) != ["// ratesOf(countries)"]:
        assert time.monotonic() < until
        time.sleep(0.05)
