"""npm packages as documentation: what is found, which file declares it, which names an import gives."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from soothsay_index.runtime.environment import locate_environment, read_environment
from soothsay_index.sources.base import IndexedFile, Used, package_of, part_of
from soothsay_index.types import Symbol
from soothsay_languages.environment import Environment, EnvironmentNotFoundError
from soothsay_languages.typescript.environment.entry_points import declaration_file
from soothsay_languages.typescript.environment.finder import NodeEnvironments, find_package
from soothsay_languages.typescript.environment.manifests import PackageManifest, read_manifest
from soothsay_languages.typescript.environment.specifiers import read_specifier, specifier_of
from soothsay_languages.typescript.sources.comments import read_comment
from soothsay_languages.typescript.sources.files import ScriptFiles
from soothsay_languages.typescript.sources.packages import NpmPackages, open_source


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def manifest(**fields: Any) -> str:
    return json.dumps(fields)


def package(
    name: str, files: dict[str, str], version: str = "1.0.0", under: str = "node_modules", **fields: Any
) -> dict[str, str]:
    """Return the files of an installed package."""
    found = {f"{under}/{name}/{path}": text for path, text in files.items()}
    return {f"{under}/{name}/package.json": manifest(name=name, version=version, **fields), **found}


def environment_of(root: Path) -> Environment:
    finder = NodeEnvironments()
    return finder.read(finder.locate(root, "", {"HOME": "/nowhere"}), 1)


def harvested(root: Path, *imports: str) -> dict[str, Symbol]:
    """Return the symbols of what is imported, by owner and name as the index has them."""
    source = NpmPackages(environment_of(root))
    releases = source.relevant(Used(modules=dict.fromkeys((f"npm:{each}" for each in imports), 1))).now
    return {
        f"{symbol.owner.removeprefix('npm:')}.{symbol.name}": symbol
        for release in releases
        for symbol in source.harvest(release).symbols
    }


# -- specifiers --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "owner"),
    [
        ("zod", "npm:zod"),
        ("@scope/kit", "npm:@scope/kit"),
        ("@scope/kit/deep/part", "npm:@scope/kit/deep/part"),
        ("socket.io", "npm:socket%2Eio"),
        ("fs", "npm:node:fs"),
        ("node:fs/promises", "npm:node:fs/promises"),
        ("node:test", "npm:node:test"),
        ("test", "npm:test"),  # a package: Node's own has a scheme
    ],
)
def test_specifiers(written: str, owner: str) -> None:
    found = read_specifier(written)
    assert found is not None and found.owner == owner and "." not in owner
    assert specifier_of(f"{owner}.Server") == found


@pytest.mark.parametrize(
    "written", ["./shop.js", "../a", "/etc/passwd", "https://a/b.js", "a/../../b", "", "node:nothing"]
)
def test_what_names_no_package(written: str) -> None:
    assert read_specifier(written) is None


def test_keys_of_scoped_packages_are_read() -> None:
    key = "@scope/kit@1.0.0/npm:@scope/kit/part#npm2"
    assert (package_of(key), part_of(key)) == ("@scope/kit", "npm:@scope/kit/part")
    assert (package_of("numpy@2.0/numpy"), part_of("botocore@1.0/s3#x")) == ("numpy", "s3")


# -- which file declares it --------------------------------------------------------------------------------

TYPES = {
    "dist/index.d.ts": "",
    "dist/index.d.mts": "",
    "dist/parts/a.d.ts": "",
    "legacy/index.d.ts": "",
    "lib.d.ts": "",
}


@pytest.mark.parametrize(
    ("fields", "subpath", "expected"),
    [
        ({"types": "dist/index.d.ts"}, "", "dist/index.d.ts"),
        ({"typings": "./dist"}, "", "dist/index.d.ts"),
        ({"main": "lib.js"}, "", "lib.d.ts"),
        ({}, "dist/parts/a", "dist/parts/a.d.ts"),
        ({"exports": "./dist/index.js"}, "", "dist/index.d.ts"),
        ({"exports": {"types": "./lib.d.ts", "default": "./dist/index.js"}}, "", "lib.d.ts"),
        (
            {"exports": {".": {"import": {"types": "./dist/index.d.mts"}, "require": "./x.cjs"}}},
            "",
            "dist/index.d.mts",
        ),
        ({"exports": {".": {"require": {"types": "./lib.d.ts"}}}}, "", "lib.d.ts"),
        ({"exports": {"./*": "./dist/parts/*.js", ".": "./lib.js"}}, "a", "dist/parts/a.d.ts"),
        (
            {"exports": {".": "./lib.js"}, "types": "dist/index.d.ts"},
            "dist/parts/a",
            None,
        ),  # it is not exported
        (
            {"exports": {".": {"types@<=5.0": "./lib.d.ts", "types": "./dist/index.d.ts"}}},
            "",
            "dist/index.d.ts",
        ),
        ({"types": "lib.d.ts", "typesVersions": {"<=5.0": {"*": ["legacy/*"]}}}, "", "lib.d.ts"),
        ({"types": "index.d.ts", "typesVersions": {">=4.2": {"*": ["legacy/*"]}}}, "", "legacy/index.d.ts"),
        ({"types": "../../secret.d.ts"}, "", None),  # outside of the package
        ({"exports": [{"node": "./dist/index.js"}, "./lib.js"]}, "", "dist/index.d.ts"),
        ({"exports": 7}, "", None),
    ],
)
def test_the_file_of_an_import(
    tmp_path: Path, fields: dict[str, Any], subpath: str, expected: str | None
) -> None:
    folder = write(tmp_path / "a" / "b", TYPES)
    write(tmp_path, {"secret.d.ts": ""})
    found = declaration_file(PackageManifest(folder, fields), subpath)
    assert found == (None if expected is None else folder / expected)


# -- what is installed -------------------------------------------------------------------------------------


def test_direct_dependencies_with_their_versions(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"package.json": manifest(dependencies={"zod": "*", "gone": "*"}, devDependencies={"@s/kit": "*"})},
    )
    write(
        tmp_path, package("zod", {"index.d.ts": ""}, "4.0.1") | package("@s/kit", {"index.d.ts": ""}, "2.0.0")
    )
    write(tmp_path, package("deep", {"index.d.ts": ""}))
    environment = environment_of(tmp_path)
    assert {each.package: each.version for each in environment.packages.values()} == {
        "zod": "4.0.1",
        "@s/kit": "2.0.0",
    }
    assert [each.key for each in NpmPackages(environment).releases()] == [
        "zod@4.0.1/npm:zod#npm2",
        "@s/kit@2.0.0/npm:@s/kit#npm2",
    ]
    assert "npm packages (" in environment.describe()


def test_nothing_is_installed(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentNotFoundError, match="npm install"):
        environment_of(tmp_path)


@pytest.mark.parametrize(
    "declared", ['"workspaces": ["packages/*"]', '"workspaces": {"packages": ["packages/*"]}', ""]
)
def test_a_monorepo(tmp_path: Path, declared: str) -> None:
    write(
        tmp_path,
        {
            "package.json": f"{{{declared}}}",
            "packages/shop/package.json": manifest(dependencies={"own": "*"}),
        },
    )
    if not declared:
        write(tmp_path, {"pnpm-workspace.yaml": "packages:\n  - 'packages/*' # ours\ncatalog:\n  - no\n"})
    write(tmp_path, package("shared", {"index.d.ts": ""}))
    write(tmp_path, package("own", {"index.d.ts": ""}, under="packages/shop/node_modules"))
    environment = environment_of(tmp_path)
    assert [each.parent.name for each in environment.package_folders] == [tmp_path.name, "shop"]
    assert list(environment.packages) == ["npm:own"]
    opened = environment_of(tmp_path / "packages" / "shop")
    assert find_package("own", opened.package_folders) is not None


@pytest.mark.skipif(os.name == "nt", reason="links need a right of their own")
def test_links_are_followed_within_the_project(tmp_path: Path) -> None:
    root, other = tmp_path / "root", tmp_path / "other"
    store = "node_modules/.pnpm/zod@4.0.0/node_modules"
    write(root, {"package.json": "{}", "packages/ours/package.json": "{}", ".git/config": ""})
    write(root, package("zod", {"index.d.ts": ""}, "4.0.0", under=store))
    write(other, package("far", {"index.d.ts": ""}))
    (root / "node_modules" / "zod").symlink_to(root / store / "zod")
    (root / "node_modules" / "ours").symlink_to(root / "packages" / "ours")
    (root / "node_modules" / "far").symlink_to(other / "node_modules" / "far")
    folders = environment_of(root).package_folders
    found = find_package("zod", folders)
    assert found is not None and found.version == "4.0.0"
    assert find_package("ours", folders) is None, "it is part of the workspace"
    assert find_package("far", folders) is None, "it lies outside"


def test_installing_is_noticed(tmp_path: Path) -> None:
    write(tmp_path, package("zod", {"index.d.ts": ""}))
    environment = environment_of(tmp_path)
    assert NodeEnvironments().fingerprint(environment.package_folders) == environment.fingerprint
    write(tmp_path, {"node_modules/.package-lock.json": "{}"})
    assert NodeEnvironments().fingerprint(environment.package_folders) != environment.fingerprint


def test_folders_of_packages_are_not_walked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(
        tmp_path, {"package.json": manifest(dependencies={"zod": "*"})} | package("zod", {"index.d.ts": ""})
    )

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a folder is listed")

    for name in ("iterdir", "rglob", "glob"):
        monkeypatch.setattr(Path, name, refuse)
    monkeypatch.setattr(os, "scandir", refuse)
    monkeypatch.setattr(os, "listdir", refuse)
    assert list(harvested(tmp_path, "zod")) == []
    assert len(NpmPackages(environment_of(tmp_path)).releases()) == 1


def test_python_and_npm_beside_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    environ = {"HOME": "/nowhere", "PATH": ""}
    write(tmp_path, package("zod", {"index.d.ts": ""}))
    located = locate_environment(tmp_path, None, environ)
    assert located.language == "javascript" and not located.others  # no Python is found, and none is missed
    write(
        tmp_path,
        {
            ".venv/pyvenv.cfg": "version = 3.12.1\n",
            ".venv/bin/python": "",
            ".venv/lib/python3.12/site-packages/x.py": "",
        },
    )
    both = locate_environment(tmp_path, None, environ)
    assert [each.language for each in both.all()] == ["python", "javascript"]
    assert [each.kind.language for each in read_environment(both).all()] == ["python", "javascript"]
    assert open_source(read_environment(both)) is None, "each environment has sources of its own"


# -- what is declared --------------------------------------------------------------------------------------

QUEUE = """import { Options as All } from "./options.js";
export * from "./helpers.js";
export * as times from "./times.js";
export { hidden as shown, type Kind } from "./more.js";
/**
 * A queue of tasks. It has a {@link All | limit}.
 * @example
 * new Queue();
 */
export default class Queue<T = unknown> extends Base {
    #secret;
    constructor(options?: All);
    get size(): number;
    private inner: string;
    /**
     * Adds a task. Nothing runs at once.
     * @since 2.1.0
     * @returns What the task returns.
     */
    add<R>(task: () => R, { priority }?: { priority?: number }, ...rest: string[]): Promise<R>;
    /** @deprecated Use {@link Queue.add} instead. */
    push(this: Queue, task: () => void): void;
    /** Waits for `size` tasks. */
    wait(size: number): Promise<void>;
    wait(size: string, at?: Date): Promise<void>;
    then: (value: T) => void;
}
declare function helper(): void;
export type Text = string;
export declare const limit: number, make: (name: string) => Queue;
"""
FILES = {
    "index.d.ts": QUEUE,
    "helpers.d.ts": "/** Helps. */\nexport declare function help(a: number): void;\nexport default 1;\nexport * from './index';\n",
    "times.d.ts": "export declare namespace parts { function now(): number; }\nexport declare function sleep(ms: number): void;\n",
    "more.d.ts": "declare function hidden(): void; export { hidden };\nexport type Kind = { /** Its name. */ name: string };\n",
    "options.d.ts": "export interface Options { limit?: number; onEnd(): void }\n",
}


def test_names_are_those_that_users_import(tmp_path: Path) -> None:
    write(tmp_path, package("queue", FILES, "3.1.4"))
    found = harvested(tmp_path, "queue")
    assert {
        "queue.Queue",
        "queue.help",
        "queue.shown",
        "queue.limit",
        "queue.make",
        "queue.times",
    } - found.keys() == {
        "queue.times"  # a module has no symbol of its own
    }
    assert "queue.helper" not in found and "queue.hidden" not in found, "not exported"
    assert "queue.Queue.inner" not in found and "queue.Queue.constructor" not in found
    assert found["queue.times.sleep"].parameters is not None
    assert found["queue.times.parts.now"].qualified_name == "parts.now"
    add = found["queue.Queue.add"]
    assert (add.qualified_name, add.kind, add.package, add.version) == (
        "Queue.add",
        "method",
        "queue",
        "3.1.4",
    )
    assert add.summary == "Adds a task. (since 2.1.0)" and "returns: What the task returns." in add.doc
    assert [(p.name, p.kind, p.required) for p in add.parameters or ()] == [
        ("task", "positional_only", True),
        ("options", "positional_only", False),
        ("rest", "var_positional", False),
    ]
    assert add.returns == "Promise<R>" and add.uri.endswith("queue/index.d.ts") and add.line == 20
    assert found["queue.Queue.push"].summary == "Deprecated: Use Queue.add instead."
    assert [p.name for p in found["queue.Queue.push"].parameters or ()] == ["task"]
    assert "wait(size: string, at?: Date): Promise<void>" in found["queue.Queue.wait"].doc
    assert found["queue.Queue.size"].parameters is None and found["queue.Queue.then"].parameters is not None
    assert found["queue.Queue"].summary == "A queue of tasks."
    assert found["queue.Options.onEnd"].kind == "method", "not exported, and what users pass"
    assert found["queue.make"].parameters is not None and found["queue.limit"].parameters is None


def test_declarations_of_another_package(tmp_path: Path) -> None:
    express = {
        "index.d.ts": 'import * as core from "core-types";\ndeclare function e(): core.App;\n'
        "declare namespace e { /** Parses. */ function json(): void; }\nexport = e;\n"
    }
    core = {"index.d.ts": "export interface App { /** Listens. */ listen(port: number): void }\n"}
    write(
        tmp_path, package("express", {"index.js": ""}, "5.3.0") | package("@types/express", express, "5.0.6")
    )
    write(
        tmp_path,
        package("@types/core-types", core)
        | package("@types/s__kit", {"index.d.ts": "export function a(): void"}),
    )
    found = harvested(tmp_path, "express", "@s/kit")
    assert (
        found["express.express"].version == "5.3.0 (types 5.0.6)"
        and found["express.express"].package == "express"
    )
    assert found["express.json"].summary == "Parses."
    assert found["express.App.listen"].summary == "Listens."
    assert found["@s/kit.a"].package == "@types/s__kit"


def test_nodes_own_modules(tmp_path: Path) -> None:
    fs = (
        'declare module "node:fs" {\n  import * as stream from "node:stream";\n'
        "  /** Reads a file. @since v0.1.29 */\n  export function readFile(path: string): void;\n"
        '  interface Stats { isFile(): boolean }\n}\ndeclare module "fs" { export * from "node:fs"; }\n'
    )
    write(tmp_path, package("@types/node", {"fs.d.ts": fs, "index.d.ts": ""}, "26.0.0"))
    found = harvested(tmp_path, "node:fs")
    assert found["node:fs.readFile"].version == "26.0.0" and found["node:fs.Stats.isFile"].kind == "method"
    assert harvested(tmp_path, "node:nothing", "node:stream") == {}


def test_what_node_declares_for_all_files_belongs_to_the_module_that_exports_it(tmp_path: Path) -> None:
    buffer = """declare module "node:buffer" {
      export { Buffer };
      global {
        interface BufferConstructor { /** Tells. */ isBuffer(what: any): boolean }
        interface Buffer { /** Writes it. */ write(text: string): number }
        var Buffer: BufferConstructor;
      }
    }
    declare module "buffer" { export * from "node:buffer"; }
    """
    more = 'declare module "node:buffer" { global { interface BufferConstructor { alloc(size: number): Buffer } } }\n'
    process = """declare module "node:process" {
      global {
        var process: NodeJS.Process;
        namespace NodeJS { interface Process { /** Ends it. */ exit(code?: number): never } }
      }
      export = process;
    }
    """
    files = {
        "index.d.ts": '/// <reference path="more.d.ts" />\n/// <reference path="buffer.d.ts" />\n',
        "more.d.ts": more, "buffer.d.ts": buffer, "process.d.ts": process,
    }  # fmt: skip
    write(tmp_path, package("@types/node", files, "26.0.0", types="index.d.ts"))
    found = harvested(tmp_path, "node:buffer")
    members = {name.rpartition(".")[2] for name in found if name.startswith("node:buffer.Buffer.")}
    assert members == {"isBuffer", "write", "alloc"}
    assert found["node:buffer.Buffer.write"].summary == "Writes it."
    assert harvested(tmp_path, "node:process")["node:process.node_process.exit"].summary == "Ends it."


def test_names_that_are_taken_out_of_an_object_are_its_members(tmp_path: Path) -> None:
    index = """declare global { interface Window { shop: Shop } }
    export interface Shop { /** Pays it. */ pay(amount: number): boolean; /** Ends it. */ end(): void }
    export const {
      // what can be called
      pay,
      end: close,
      gone
    }: Shop
    """
    write(tmp_path, package("shop", {"index.d.ts": index}, types="index.d.ts"))
    found = harvested(tmp_path, "shop")
    assert (found["shop.pay"].summary, found["shop.close"].summary) == ("Pays it.", "Ends it.")
    assert [each.name for each in found["shop.pay"].parameters or ()] == ["amount"]
    assert "shop.Window.shop" in found and "shop.gone" not in found


def test_lodash_augments_one_interface_in_many_files(tmp_path: Path) -> None:
    files = {
        "index.d.ts": '/// <reference path="./common/array.d.ts" />\nexport = _;\ndeclare const _: _.Static;\n',
        "common/array.d.ts": 'import _ = require("../index");\ndeclare module "../index" {\n'
        "  interface Static { /** Cuts. */ chunk<T>(array: T[], size?: number): T[][]; }\n}\n",
    }
    write(tmp_path, package("@types/lodash", files))
    assert harvested(tmp_path, "lodash")["lodash.Static.chunk"].summary == "Cuts."


@pytest.mark.parametrize(
    "text",
    [
        "export * from './index';",
        "export * from './other';",
        "\0\0",
        "export class {",
        "{" * 3000,
        "export = export",
    ],
)
def test_broken_and_circular_files_are_read_as_far_as_they_go(tmp_path: Path, text: str) -> None:
    write(
        tmp_path,
        package(
            "queue", {"index.d.ts": text, "other.d.ts": "export * from './index'; export declare const a: 1;"}
        ),
    )
    assert isinstance(harvested(tmp_path, "queue"), dict)


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"version": 1, "exports": {"..": {}}}', '{"workspaces": ["../**", 7]}']
)
def test_broken_manifests(tmp_path: Path, text: str) -> None:
    write(tmp_path, {"node_modules/a/package.json": text, "package.json": text})
    assert harvested(tmp_path, "a") == {} and environment_of(tmp_path).packages == {}
    assert read_manifest(tmp_path / "none") is None


@pytest.mark.parametrize(
    ("comment", "summary"),
    [
        ("/** One line. */", "One line."),
        ("/**\n * @name add\n * @summary Adds.\n *\n * @description\n * Adds all.\n */", "Adds."),
        ("/**\nNo stars. More.\n*/", "No stars."),
        ("/** @deprecated */", "Deprecated:"),
        ("/* no documentation */", ""),
        ("/**/", ""),
        ("/** See {@link other} and {@linkcode far|there}. */", "See other and there."),
    ],
)
def test_comments(comment: str, summary: str) -> None:
    assert read_comment(comment).summary == summary


# -- the workspace -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.ts", "a.tsx", "a.js", "a.mjs"])
def test_what_a_file_imports_is_read(name: str) -> None:
    text = (
        'import zod, { a as b } from "zod";\nimport "./local.js";\nexport * from "@s/kit/part";\n'
        'const fs = require("fs");\nconst late = await import("late");\nrequire(name);\nfunction f() {}\n'
    )
    facts = ScriptFiles().cut(text, IndexedFile(name, f"file:///{name}", "shop"))
    assert facts is not None and facts.chunks
    assert facts.imports.modules == ("npm:zod", "npm:@s/kit/part", "npm:node:fs", "npm:late")
