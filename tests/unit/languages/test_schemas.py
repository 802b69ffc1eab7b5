"""Files that schemas describe: what the server is told, what its diagnostics mean."""

from __future__ import annotations

import os
from pathlib import Path, PurePath

import pytest

from soothsay.oracle.conversion import read_findings, read_members
from soothsay.oracle.positions import Positions
from soothsay_languages.dockerfile.oracle import DOCKER_SERVER
from soothsay_languages.schemas import SCHEMA_SERVER, without_comments


def test_no_store_of_schemas_is_asked() -> None:
    settings = SCHEMA_SERVER.settings(None)["yaml"]
    assert settings["schemaStore"] == settings["kubernetesCRDStore"] == {"enable": False}
    assert "yaml/registerContentRequest" in SCHEMA_SERVER.announced


@pytest.mark.parametrize(
    ("uri", "at_hand"),
    [
        ("http://json-schema.org/draft-07/schema#", True),  # the server brings it
        ("https://example.com/file:/schema.json", False),
        ("http://json-schema.org.example.com/draft-07/schema#", False),
        ("None", False),
        ("file:///no/such/schema.json", False),
        ("file:///", False),
        ("file:///dev/zero", False),
        ("file://[", False),
        ("file:///a%00b", False),
    ],
)
def test_schemas_at_hand(uri: str, at_hand: bool) -> None:
    assert SCHEMA_SERVER.schemas is not None
    assert SCHEMA_SERVER.schemas.is_at_hand(uri) is at_hand


def test_a_schema_that_is_at_hand_is_a_regular_file_of_no_host(tmp_path: Path) -> None:
    assert SCHEMA_SERVER.schemas is not None
    is_at_hand = SCHEMA_SERVER.schemas.is_at_hand
    schema = tmp_path / "a schema.json"
    schema.write_text("{}", encoding="utf-8")
    uri = schema.as_uri()
    assert is_at_hand(uri) and is_at_hand(f"{uri}#/definitions/x") and is_at_hand(uri.replace("%20", " "))
    assert not is_at_hand(tmp_path.as_uri())
    for before in ("file://host/", "file:////", "file://///", "file:///%5C", "file:///\\"):
        assert not is_at_hand(uri.replace("file:///", before)), before


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes in folders")
def test_a_pipe_is_not_at_hand(tmp_path: Path) -> None:
    assert SCHEMA_SERVER.schemas is not None
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    assert not SCHEMA_SERVER.schemas.is_at_hand((tmp_path / "pipe").as_uri())
    assert not SCHEMA_SERVER.schemas.is_at_hand((tmp_path / "link").as_uri())


@pytest.mark.parametrize(
    ("path", "expected"),
    [("a.yml", "yaml"), ("b/c.yaml", "yaml"), ("tsconfig.json", "yaml"), ("a.toml", ""), ("yaml", "")],
)
def test_files_that_schemas_describe(path: str, expected: str) -> None:
    assert SCHEMA_SERVER.language_id(PurePath(path)) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("Dockerfile", "dockerfile"),
        ("a/Containerfile", "dockerfile"),
        ("web.dockerfile", "dockerfile"),
        ("x", ""),
    ],
)
def test_dockerfiles_are_known_by_their_names(path: str, expected: str) -> None:
    assert DOCKER_SERVER.language_id(PurePath(path)) == expected


@pytest.mark.parametrize(
    ("code", "source", "message", "kind"),
    [
        (513, "yaml-schema: file:///s.json", "Property nmae is not allowed.", "unknown_argument"),
        (1, "yaml-schema: file:///s.json", 'Value is not accepted. Valid values: "a".', "wrong_type"),
        (0, "yaml-schema: file:///s.json", 'Incorrect type. Expected "integer".', "wrong_type"),
        (0, "yaml-schema: file:///s.json", 'Missing property "uses".', "other"),
        (0, "yaml-schema: file:///s.json", "String is shorter than the minimum length of 3.", "other"),
        (0, "YAML", "Map keys must be unique", "syntax"),
        (65536, "YAML", "Unable to load schema from 'http://x'", "other"),
    ],
)
def test_kinds_of_what_is_wrong(code: int, source: str, message: str, kind: str) -> None:
    here = {"line": 0, "character": 0}
    item = {"code": code, "source": source, "message": message, "range": {"start": here, "end": here}}
    (found,) = read_findings([item], "nmae: 1\n", Positions("nmae: 1\n", "utf-16"), SCHEMA_SERVER)
    assert found.kind == kind


def test_whole_objects_are_no_names() -> None:
    items = [{"label": "runs-on", "kind": 10}, {"label": "step", "kind": 7}, {"label": "linux", "kind": 12}]
    found = read_members(items, False, SCHEMA_SERVER)
    assert [(each.name, each.kind) for each in found] == [("runs-on", "property"), ("linux", "value")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": 1} // b\n', '{"a": 1}     \n'),
        ('{"a//": "/* b */"}', '{"a//": "/* b */"}'),
        ('{"a\\"//": 1}', '{"a\\"//": 1}'),
        ("{/* a\nb */}", "{    \n    }"),
        ("{/* \U0001f600 */}", "{        }"),  # as wide in UTF-16
        ('{"a": 1 /* b', '{"a": 1     '),
        ('{"a\n// b\n', '{"a\n    \n'),
    ],
)
def test_json_without_comments(text: str, expected: str) -> None:
    seen = SCHEMA_SERVER.as_seen(PurePath("a.json"), text)
    assert seen == without_comments(text) == expected
    assert len(seen.encode("utf-16-le")) == len(text.encode("utf-16-le"))
    assert SCHEMA_SERVER.as_seen(PurePath("a.yaml"), text) == text
