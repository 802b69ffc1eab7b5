"""What package.json says about settings is what the server reads, and no workspace can choose what is run."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import pytest

import soothsay
from soothsay.config import EDITOR_KEYS, Between, Settings, own_settings, public_name

EXTENSION = Path(__file__).parents[3] / "editors" / "vscode"
MANIFEST: dict[str, Any] = json.loads((EXTENSION / "package.json").read_text(encoding="utf-8"))
CONTRIBUTED: dict[str, dict[str, Any]] = {
    name: schema
    for group in MANIFEST["contributes"]["configuration"]
    for name, schema in group["properties"].items()
}
RUN_OR_LOADED = ("server.python", "server.package", "model.path", "index.python", "index.uri")
LOGGED = tuple(name for name in own_settings() if name.startswith("feedback."))


def settings(of: Any, path: str = "soothsay") -> Iterator[tuple[str, Any, Any]]:
    """Every setting of the server: its name in an editor, its type, its default."""
    hints = get_type_hints(type(of), include_extras=True)
    for field in dataclasses.fields(of):
        public = public_name(hints[field.name], field.name)
        name = f"{path}.{re.sub('_([a-z])', lambda match: match[1].upper(), public)}"
        default = getattr(of, field.name)
        if dataclasses.is_dataclass(default):
            yield from settings(default, name)
        else:
            yield name, hints[field.name], default


def schema_of(kind: Any) -> dict[str, Any]:
    """The part of a JSON schema that a type decides."""
    if get_origin(kind) is Literal:
        return {"type": "string", "enum": list(get_args(kind))}
    if get_origin(kind) is Annotated and not isinstance(get_args(kind)[1], Between):
        return schema_of(get_args(kind)[0])
    if get_origin(kind) is Annotated:
        number, between, *_ = get_args(kind)
        name = "integer" if number is int else "number"
        return {"type": name, "minimum": between.low, "maximum": between.high}
    if kind == tuple[str, ...]:
        return {"type": "array", "items": {"type": "string"}}
    return {"type": {bool: "boolean", str: "string"}[kind]}


@pytest.mark.parametrize(("name", "kind", "default"), list(settings(Settings())))
def test_a_setting_of_the_server_is_contributed_as_it_is(name: str, kind: Any, default: Any) -> None:
    contributed = CONTRIBUTED[name]
    assert contributed["default"] == (list(default) if isinstance(default, tuple) else default)
    assert {key: contributed.get(key) for key in schema_of(kind)} == schema_of(kind)


def test_nothing_else_is_contributed() -> None:
    known = {name for name, _, _ in settings(Settings())}
    others = {name for name in CONTRIBUTED if name.split(".")[1] not in EDITOR_KEYS}
    assert others == known


@pytest.mark.parametrize("name", CONTRIBUTED)
def test_every_setting_is_described(name: str) -> None:
    schema = CONTRIBUTED[name]
    assert len(schema["markdownDescription"]) > 20
    assert len(schema.get("enumDescriptions", [])) == len(schema.get("enum", []))


@pytest.mark.parametrize("name", [f"soothsay.{name}" for name in (*RUN_OR_LOADED, *LOGGED)])
def test_a_workspace_cannot_choose_what_is_run_loaded_or_logged(name: str) -> None:
    assert CONTRIBUTED[name]["scope"] == "machine"
    assert name in MANIFEST["capabilities"]["untrustedWorkspaces"]["restrictedConfigurations"]


def test_an_untrusted_workspace_sets_nothing_that_is_its_users_own() -> None:
    restricted = set(MANIFEST["capabilities"]["untrustedWorkspaces"]["restrictedConfigurations"])
    assert restricted == {"soothsay.server.python", "soothsay.server.package"} | {
        f"soothsay.{name}" for name in own_settings()
    }


def test_extension_and_server_have_one_version() -> None:
    assert MANIFEST["version"] == soothsay.__version__


def test_the_lock_file_names_no_download_address() -> None:
    lock = json.loads((EXTENSION / "package-lock.json").read_text(encoding="utf-8"))
    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []
