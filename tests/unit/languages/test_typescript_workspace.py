"""TypeScript and JavaScript across the files of a workspace: which module an import is, and what a file exports."""

from __future__ import annotations

from pathlib import Path

import pytest

from soothsay_index.sources.base import IndexedFile
from soothsay_index.types import Symbol
from soothsay_languages.analysis import analyse
from soothsay_languages.base import Language
from soothsay_languages.scopes import ModuleName
from soothsay_languages.typescript import JAVASCRIPT, TSX, TYPESCRIPT
from soothsay_languages.typescript.modules import imported_module
from soothsay_languages.typescript.sources.files import ScriptFiles

SETTINGS = """{
  // what the editor reads
  "compilerOptions": {
    "baseUrl": ".", /* here */
    "paths": { "@/*": ["src/*"], "@/api/*": ["src/server/api/*"], "config": ["src/config/index.ts"], },
  },
}"""


def module(root: Path, name: str, language: Language = TYPESCRIPT) -> ModuleName:
    return language.module_name(root, root / name)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("src/shop.ts", "script:src/shop"),
        ("src/shop/index.ts", "script:src/shop"),
        ("index.ts", "script:"),
        ("src/shop.service.ts", "script:src/shop%2Eservice"),
        ("types/shop.d.ts", "script:types/shop"),
    ],
)
def test_modules_are_named_by_their_paths(tmp_path: Path, name: str, expected: str) -> None:
    assert module(tmp_path, name).name == expected


def test_all_languages_of_the_folder_have_modules(tmp_path: Path) -> None:
    assert module(tmp_path, "a.jsx", JAVASCRIPT).name == module(tmp_path, "a.tsx", TSX).name == "script:a"


@pytest.mark.parametrize(
    ("importing", "specifier", "expected"),
    [
        ("src/app.ts", "./shop.js", "script:src/shop"),
        ("src/app.ts", "./shop", "script:src/shop"),
        ("src/app.ts", "./shop/index.ts", "script:src/shop"),
        ("src/app.ts", "../lib/till", "script:lib/till"),
        ("src/app.ts", ".", "script:src"),
        ("src/index.ts", "./shop", "script:src/shop"),
        ("app.ts", "./shop.service", "script:shop%2Eservice"),
        ("src/app.ts", "../../outside", ""),
        ("src/app.ts", "lodash", ""),
        ("src/app.ts", "@/models/order", "script:src/models/order"),
        ("src/deep/app.ts", "@/api/orders.js", "script:src/server/api/orders"),
        ("src/app.ts", "config", "script:src/config"),
        ("src/app.ts", "configured", ""),
    ],
)
def test_what_a_specifier_imports(tmp_path: Path, importing: str, specifier: str, expected: str) -> None:
    (tmp_path / "tsconfig.json").write_text(SETTINGS)
    assert imported_module(specifier, module(tmp_path, importing)) == expected


def test_the_nearest_settings_count_and_are_read_again_when_they_change(tmp_path: Path) -> None:
    (tmp_path / "tsconfig.json").write_text(SETTINGS)
    inner = tmp_path / "packages" / "web"
    inner.mkdir(parents=True)
    (inner / "jsconfig.json").write_text('{"compilerOptions": {"paths": {"~/*": ["./*"]}}}')
    assert imported_module("~/shop", module(tmp_path, "packages/web/app.ts")) == "script:packages/web/shop"
    assert imported_module("@/shop", module(tmp_path, "packages/web/app.ts")) == ""
    (inner / "jsconfig.json").write_text('{"compilerOptions": {"paths": {"~/*": ["./source/*"]}}}')
    assert (
        imported_module("~/shop", module(tmp_path, "packages/web/app.ts"))
        == "script:packages/web/source/shop"
    )


@pytest.mark.parametrize(
    ("extending", "expected"),
    [
        ('{"extends": "../../base.json"}', "script:source/shop"),
        ('{"extends": "../../base"}', "script:source/shop"),
        (
            '{"extends": ["../../base", "./more"], "compilerOptions": {"strict": true}}',
            "script:packages/web/own/shop",
        ),
        ('{"extends": ["./more", "../../base"]}', "script:source/shop"),
        ('{"extends": "../../base", "compilerOptions": {"paths": {}}}', ""),
        ('{"extends": "@tsconfig/node20"}', ""),
        ('{"extends": "../../../outside"}', ""),
        ('{"extends": "./tsconfig"}', ""),  # itself
        ('{"extends": 1}', ""),
    ],
)
def test_settings_that_are_extended_are_read(tmp_path: Path, extending: str, expected: str) -> None:
    inner = tmp_path / "packages" / "web"
    inner.mkdir(parents=True)
    (tmp_path / "base.json").write_text('{"compilerOptions": {"paths": {"@/*": ["./source/*"]}}}')
    (inner / "more.json").write_text('{"compilerOptions": {"paths": {"@/*": ["./own/*"]}}}')
    (inner / "tsconfig.json").write_text(extending)
    assert imported_module("@/shop", module(tmp_path, "packages/web/app.ts")) == expected


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"compilerOptions": 1}', '{"compilerOptions": {"paths": {"a": 1, "b": []}}}']
)
def test_settings_of_any_shape_are_read(tmp_path: Path, text: str) -> None:
    (tmp_path / "tsconfig.json").write_text(text)
    assert module(tmp_path, "a.ts").aliases == ()


def test_imported_names_stand_for_what_other_files_define(tmp_path: Path) -> None:
    text = 'import { Shop, open as start } from "./shop";\nimport till from "./till.js";\nimport * as all from "../all";\n\nx'
    names = analyse(text, TYPESCRIPT, module=module(tmp_path, "src/app.ts")).names_before_statement(len(text))
    assert names is not None
    found = {name: each.target for name, each in names.visible().items() if each.kind == "import"}
    assert found == {
        "Shop": "script:src/shop.Shop",
        "start": "script:src/shop.open",
        "till": "script:src/till.default",
        "all": "script:all",
    }


SHOP = """/** A shop. */
export class Shop {
  #open = true;
  constructor(readonly name: string, private size = 1) {}
  /** Pays an order. */
  pay(amount: number, note?: string): boolean { return true; }
  get total(): number { return 1; }
}
export const double = (value: number): number => value * 2;
export const half = value => value / 2;
export default function open(name: string, ...rest: string[]) { return new Shop(name); }
function hidden() {}
"""


def symbols(tmp_path: Path, name: str, text: str) -> dict[str, Symbol]:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    facts = ScriptFiles().cut(text, IndexedFile(name, path.as_uri(), "w", module(tmp_path, name).name))
    assert facts is not None
    return {f"{each.owner}.{each.name}": each for each in facts.symbols}


def test_what_a_file_exports(tmp_path: Path) -> None:
    found = symbols(tmp_path, "src/shop.ts", SHOP)
    called = {
        name: None if each.parameters is None else [parameter.name for parameter in each.parameters]
        for name, each in found.items()
    }
    assert called == {
        "script:src/shop.Shop": ["name", "size"],
        "script:src/shop.Shop.pay": ["amount", "note"],
        "script:src/shop.Shop.total": None,
        "script:src/shop.double": ["value"],
        "script:src/shop.half": ["value"],
        "script:src/shop.default": ["name", "rest"],
    }
    pay = found["script:src/shop.Shop.pay"]
    assert (pay.kind, pay.summary, pay.returns, pay.qualified_name) == (
        "method",
        "Pays an order.",
        "boolean",
        "Shop.pay",
    )
    assert (pay.origin, pay.line) == ("workspace", 6)
    assert found["script:src/shop.default"].qualified_name == "open"


def test_what_is_exported_again_is_found_where_it_is_defined(tmp_path: Path) -> None:
    symbols(tmp_path, "src/shop.ts", SHOP)
    found = symbols(
        tmp_path, "src/index.ts", 'export * from "./shop.js";\nexport { default as open } from "./shop";\n'
    )
    assert {"script:src.Shop", "script:src.Shop.pay", "script:src.double", "script:src.open"} <= set(found)
    assert found["script:src.Shop"].uri == (tmp_path / "src/shop.ts").as_uri()


def test_what_a_commonjs_module_gives(tmp_path: Path) -> None:
    text = (
        "function open(name) {}\nclass Shop { pay(amount) {} }\nmodule.exports = { open, Store: Shop, close(now) {}, twice: (n) => n, size: 3 };\n"
        "/** Counts. */\nexports.count = function (of, from = 0) {};\nmodule.exports.last = open;\nother.exports.not = open;\n"
    )
    found = symbols(tmp_path, "shop.js", text)
    assert set(found) == {
        *(
            "script:shop.open",
            "script:shop.Store",
            "script:shop.Store.pay",
            "script:shop.close",
            "script:shop.twice",
        ),
        *("script:shop.count", "script:shop.last"),
    }
    assert found["script:shop.count"].summary == "Counts."


def test_what_is_required_stands_for_what_the_module_gives(tmp_path: Path) -> None:
    text = "const all = require('./shop');\nconst { open, Store: S } = require('./shop');\nconst { join } = require('node:path');\nconst x = f('./shop');\n\ny"
    names = analyse(text, JAVASCRIPT, module=module(tmp_path, "src/app.js")).names_before_statement(len(text))
    assert names is not None
    assert {name: each.target for name, each in names.visible().items() if each.kind == "import"} == {
        "all": "script:src/shop",
        "open": "script:src/shop.open",
        "S": "script:src/shop.Store",
        "join": "npm:node:path.join",
    }


def test_javascript_with_elements(tmp_path: Path) -> None:
    found = symbols(
        tmp_path, "view.jsx", "export function View({ shop }, size = 2) { return <b>{shop}</b>; }\n"
    )
    parameters = found["script:view.View"].parameters
    assert parameters is not None and [each.required for each in parameters] == [True, False]


@pytest.mark.parametrize(
    "text",
    ["export * from './a';\n", "export * from '../../../etc/passwd';\nexport {", "export { x } from './a';"],
)
def test_files_that_export_each_other_end(tmp_path: Path, text: str) -> None:
    assert symbols(tmp_path, "a.ts", text) == {}


def test_secrets_of_files_that_are_exported_again_stay_out(tmp_path: Path) -> None:
    (tmp_path / "a.ts").write_text('/** password = "hunter2hunter2" */\nexport function f(x: number) {}\n')
    found = symbols(tmp_path, "index.ts", 'export * from "./a";\n')
    assert "hunter2" not in found["script:.f"].doc
