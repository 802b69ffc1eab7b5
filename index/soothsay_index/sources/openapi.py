"""OpenAPI 3 and Swagger 2 descriptions, in YAML or JSON: what a service can be asked, and with what.

The text of a chunk is not the file's own: an operation is told in a few lines, as its documentation would tell it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePath

from soothsay_index.sources.base import FileFacts, IndexedFile
from soothsay_index.sources.trees import Branch, Entry, parse_json, parse_yaml
from soothsay_index.text import first_sentence, shorten, squeeze
from soothsay_index.types import Chunk

_METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace", "query"})
_VERSION_KEY = re.compile(r"""(^|[{,\s])["']?(openapi|swagger)["']?\s*:""")
# JSON files are as often data, and many: only those that say what they are by their names are opened.
_SPEAKING_NAME = re.compile(r"openapi|swagger|api[-_.]?(docs|spec)|(^|[-_.])oas\d?([-_.]|$)", re.IGNORECASE)
_LOCKS = re.compile(r"^(pnpm-lock|conda-lock|.*[-_.]lock)\.ya?ml$", re.IGNORECASE)
_MOST = 2_400
_MEANING = 160
_MOST_PROPERTIES = 30


class OpenApi:
    """One chunk an operation, and one a schema."""

    @property
    def name(self) -> str:
        """Return ``openapi``."""
        return "openapi"

    def handles(self, path: PurePath) -> bool:
        """Return True for YAML except lock files, and for JSON named, or in a folder named, as an API's."""
        if path.suffix.lower() in {".yaml", ".yml"}:
            return not _LOCKS.match(path.name)
        speaking = _SPEAKING_NAME.search(path.stem) or _SPEAKING_NAME.search(path.parent.name)
        return path.suffix.lower() == ".json" and bool(speaking)

    def cut(self, text: str, place: IndexedFile) -> FileFacts | None:
        """Return a chunk for each operation and schema.

        None for YAML that cannot be parsed, and without a top-level key ``openapi`` or ``swagger``.
        """
        if not _VERSION_KEY.search(text):
            return None
        root = parse_json(text) if place.path.lower().endswith(".json") else parse_yaml(text)
        if root is None or not (root.get("openapi").text or root.get("swagger").text):
            return None
        return FileFacts((*_operations(root, place), *_schemas(root, place)))


def _operations(root: Branch, place: IndexedFile) -> Iterator[Chunk]:
    service = root.get("info", "title").text
    for group in ("paths", "webhooks"):
        for path in root.get(group).entries():
            for operation in path.value.entries():
                if operation.key.lower() in _METHODS:
                    yield _operation(root, place, service, path, operation)


def _operation(root: Branch, place: IndexedFile, service: str, path: Entry, operation: Entry) -> Chunk:
    described = operation.value
    call = f"{operation.key.upper()} {path.key}"
    title = squeeze(f"{call} {described.get('operationId').text}")
    parameters = [
        _resolve(root, each)
        for each in (*path.value.get("parameters").items(), *described.get("parameters").items())
    ]
    lines = [title if not service else f"{title} ({service})"]
    lines += [shorten(squeeze(described.get(key).text), 600) for key in ("summary", "description")]
    if described.get("deprecated").text == "true":
        lines.append("Deprecated.")
    lines += [_parameter(each) for each in parameters if each.get("in").text != "body"]
    lines += [f"body: {body}" for body in _bodies(root, described, parameters)]
    lines += [
        squeeze(f"returns {response.key}: {_response(_resolve(root, response.value))}")
        for response in described.get("responses").entries()
    ]
    return _chunk(place, operation, title, lines)


def _parameter(parameter: Branch) -> str:
    schema = parameter.get("schema")
    kind = _type_of(schema if schema.exists else parameter)
    need = "required" if parameter.get("required").text == "true" else "optional"
    where = ", ".join(part for part in (parameter.get("in").text, kind, need) if part)
    return _with_meaning(f"{parameter.get('name').text} ({where})", parameter)


def _bodies(root: Branch, operation: Branch, parameters: list[Branch]) -> Iterator[str]:
    """Yield the schemas of what is sent: each once, whatever it is encoded as."""
    body = _resolve(root, operation.get("requestBody"))
    found = [_type_of(media.value.get("schema")) for media in body.get("content").entries()]
    found += [_type_of(each.get("schema")) for each in parameters if each.get("in").text == "body"]
    yield from dict.fromkeys(kind for kind in found if kind)


def _response(response: Branch) -> str:
    kinds = [_type_of(media.value.get("schema")) for media in response.get("content").entries()]
    kinds.append(_type_of(response.get("schema")))  # Swagger 2
    described = first_sentence(response.get("description").text, _MEANING)
    return " ".join([*dict.fromkeys(kind for kind in kinds if kind), described])


def _schemas(root: Branch, place: IndexedFile) -> Iterator[Chunk]:
    for group in (root.get("components", "schemas"), root.get("definitions")):
        for schema in group.entries():
            described = schema.value
            lines = [_with_meaning(f"{schema.key} ({_type_of(described) or 'object'})", described)]
            for part in (described, *described.get("allOf").items()):
                lines += _properties(part)
            yield _chunk(place, schema, f"schema {schema.key}", lines)


def _properties(schema: Branch) -> list[str]:
    required = {item.text for item in schema.get("required").items()}
    properties = list(schema.get("properties").entries())
    lines = [
        _with_meaning(
            f"{entry.key} ({_type_of(entry.value) or 'any'}{', required' if entry.key in required else ''})",
            entry.value,
        )
        for entry in properties[:_MOST_PROPERTIES]
    ]
    rest = [entry.key for entry in properties[_MOST_PROPERTIES:]]
    return [*lines, f"and {len(rest)} more: {', '.join(rest)}"] if rest else lines


def _type_of(schema: Branch, depth: int = 0) -> str:
    """Return a schema in a word or two: ``Pet``, ``[string]``, ``Cat | Dog``, ``"asc" | "desc"``."""
    reference = schema.get("$ref").text
    if reference:
        return reference.rpartition("/")[2]
    if depth > 3:
        return "..."
    choices = [item.text for item in schema.get("enum").items()]
    if choices:
        return " | ".join(f'"{choice}"' for choice in choices[:8]) + (" | ..." if len(choices) > 8 else "")
    for key, between in (("oneOf", " | "), ("anyOf", " | "), ("allOf", " & ")):
        kinds = [_type_of(item, depth + 1) for item in schema.get(key).items()]
        if any(kinds):
            return between.join(kind for kind in kinds if kind)
    kind = schema.get("type")
    if kind.text == "array":
        return f"[{_type_of(schema.get('items'), depth + 1)}]"
    return kind.text or " | ".join(item.text for item in kind.items())


def _resolve(root: Branch, branch: Branch) -> Branch:
    """Return what a reference within the file points to; anything else is returned as it is."""
    reference = branch.get("$ref").text
    if not reference.startswith("#/"):
        return branch
    found = root.get(*(part.replace("~1", "/").replace("~0", "~") for part in reference[2:].split("/")))
    return found if found.exists else branch


def _with_meaning(head: str, described: Branch) -> str:
    meaning = first_sentence(described.get("description").text, _MEANING)
    return f"{head}: {meaning}" if meaning else head


def _chunk(place: IndexedFile, entry: Entry, title: str, lines: list[str]) -> Chunk:
    text = "\n".join(line for line in lines if line)[:_MOST]
    return Chunk(place.path, place.uri, entry.start, entry.end, text, title=title[:200], kind="prose")
