"""botocore's service models: boto3's methods exist in no source file, only here."""

from __future__ import annotations

import ast
import gzip
import json
import re
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from soothsay_index.sources.base import Harvest, OwnerFacts, Release, Relevant, Used
from soothsay_index.text import first_sentence, shorten, strip_html
from soothsay_index.types import Parameter, Symbol, SymbolKind
from soothsay_languages.environment import Environment

PACKAGE = "botocore"

_FIRST_CAP = re.compile("(.)([A-Z][a-z]+)")
_END_CAP = re.compile("([a-z0-9])([A-Z])")
_PLURAL_ACRONYM = re.compile("[A-Z]{2,}s$")
_ANNOTATIONS = {
    "structure": "dict",
    "map": "dict",
    "list": "list",
    "string": "str",
    "character": "str",
    "boolean": "bool",
    "integer": "int",
    "long": "int",
    "float": "float",
    "double": "float",
    "timestamp": "datetime",
    "blob": "bytes",
}
# a deeper or wider example of a request costs more of the prompt than it helps
_EXAMPLE_DEPTH = 1
_EXAMPLE_KEYS = 4
# notes come first in many descriptions, and say what is special before anything says what is meant
_ASIDE = re.compile(r"<(note|important)>.*?</\1>", re.DOTALL)
_MOST_BYTES = 100_000_000  # of a service model, unpacked; the largest has 11 MB
_UNREADABLE = (OSError, ValueError, EOFError, RecursionError, zlib.error)
_DATED = re.compile(r"\d{4}-\d{2}-\d{2}")


def snake_case(name: str, special: Mapping[str, str] = MappingProxyType({})) -> str:
    """Return the Python name of an operation, as boto3 spells it (``ListWebACLs`` -> ``list_web_acls``).

    ``special`` are the names that botocore spells by hand, see :func:`special_names`.
    """
    if "_" in name:
        return name
    if name in special:
        return special[name]
    plural = _PLURAL_ACRONYM.search(name)
    if plural:
        name = f"{name[: plural.start()]}_{plural.group().lower()}"
    return _END_CAP.sub(r"\1_\2", _FIRST_CAP.sub(r"\1_\2", name)).lower()


def special_names(botocore: Path) -> dict[str, str]:
    """Return the names that botocore at folder ``botocore`` spells by hand; they differ between its versions."""
    try:
        tree = ast.parse((botocore / "__init__.py").read_bytes())
        for node in tree.body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "_xform_cache":
                table = ast.literal_eval(node.value)
                return {name: python for (name, separator), python in table.items() if separator == "_"}
    except (OSError, SyntaxError, ValueError, TypeError):
        pass  # the rule alone is right for all but a handful
    return {}


def open_source(environment: Environment) -> BotocoreModels | None:
    """Return the source of the service clients in ``environment``; None when botocore is not installed."""
    data = environment.find_folder("botocore/data")
    installed = environment.package_of(PACKAGE)
    return BotocoreModels(data, installed.version) if data and installed else None


class BotocoreModels:
    """The service models in ``data`` (``…/site-packages/botocore/data``) of botocore ``version``."""

    def __init__(self, data: Path, version: str) -> None:
        self._data = data
        self._version = version
        self._special = special_names(data.parent)

    @property
    def name(self) -> str:
        """Return ``botocore``, which the releases have as their ``source``."""
        return "botocore"

    def releases(self) -> Sequence[Release]:
        """Return one release a service."""
        services = sorted(folder.name for folder in self._data.iterdir() if _latest(folder))
        return [
            Release(PACKAGE, self._version, service, "service", self.name, is_plain=True)
            for service in services
        ]

    def relevant(self, used: Used) -> Relevant:
        """Return the services that clients are made of, most used first; then the others: the next client is one line away."""
        known = {release.part: release for release in self.releases()}
        order = sorted(used.services, key=lambda service: (-used.services[service], service))
        now = tuple(known.pop(service) for service in order if service in known)
        return Relevant(now, tuple(known.values()))

    def harvest(self, release: Release) -> Harvest:
        """Return all operations of one service and the client's other methods."""
        folder = _latest(self._data / release.part)
        if folder is None:
            return Harvest()
        path, model = _read(folder, "service-2")
        if path is None or not isinstance(model.get("operations"), dict):
            return Harvest()
        _add_extras(folder, model)
        owner = f"{PACKAGE}:{release.part}"
        uri = path.as_uri()
        shapes = model.get("shapes", {})
        symbols = [
            # by its key: the name inside is the one on the wire (CloudFront: ``ListDistributions2020_05_31``)
            _operation(release, owner, uri, snake_case(key, self._special), operation, shapes)
            for key, operation in model["operations"].items()
        ]
        taken = {symbol.name for symbol in symbols}
        symbols += [
            symbol for symbol in _client_methods(release, owner, uri, model) if symbol.name not in taken
        ]
        return Harvest(tuple(symbols), (OwnerFacts(owner, closed=True, hidden=tuple(dir(object))),))


def _latest(service: Path) -> Path | None:
    """Return the folder of the newest API version of a service, as botocore chooses it."""
    if not service.is_dir():
        return None
    versions = sorted(
        folder
        for folder in service.iterdir()
        if _DATED.match(folder.name) and any(folder.glob("service-2.json*"))
    )
    return versions[-1] if versions else None


def _read(folder: Path, stem: str) -> tuple[Path | None, dict[str, Any]]:
    for name, opener in ((f"{stem}.json.gz", gzip.open), (f"{stem}.json", open)):
        path = folder / name
        if path.is_file():
            with opener(path, "rb") as file:
                data = file.read(_MOST_BYTES + 1)
            if len(data) > _MOST_BYTES:
                raise ValueError(f"{path} holds more than {_MOST_BYTES:,} bytes")
            return path, json.loads(data)
    return None, {}


def _add_extras(folder: Path, model: dict[str, Any]) -> None:
    _, extras = _read(folder, "service-2.sdk-extras")
    _merge(model, extras.get("merge", {}))


def read_model(folder: Path) -> Mapping[str, Any]:
    """Return the service model in ``folder``, as botocore completes it; empty when it cannot be read."""
    try:
        _, model = _read(folder, "service-2")
        _add_extras(folder, model)
    except _UNREADABLE:
        return {}
    return model


def read_names(folder: Path, stem: str, section: str) -> Sequence[str]:
    """Return what ``section`` of the file ``stem`` beside a service model names; none when it cannot be read."""
    try:
        parts = [_read(folder, each)[1] for each in (stem, f"{stem}.sdk-extras")]
    except _UNREADABLE:
        return ()
    sections = (part.get(section) or part.get("merge", {}).get(section, {}) for part in parts)
    return sorted({name for each in sections for name in each})


def _operation(
    release: Release,
    owner: str,
    uri: str,
    name: str,
    operation: Mapping[str, Any],
    shapes: Mapping[str, Any],
) -> Symbol:
    shape = shapes.get(operation.get("input", {}).get("shape", ""), {})
    parameters = _parameters(shape, shapes)
    text = strip_html(_ASIDE.sub(" ", operation.get("documentation") or ""))
    return Symbol(
        qualified_name=f"{release.part}.{name}",
        name=name,
        owner=owner,
        kind="operation",
        origin="service",
        package=release.package,
        version=release.version,
        uri=uri,
        parameters=parameters,
        returns="dict",
        summary=first_sentence(text),
        doc=_doc(text, parameters, shape, shapes),
    )


def _parameters(shape: Mapping[str, Any], shapes: Mapping[str, Any]) -> tuple[Parameter, ...]:
    required = shape.get("required", ())
    members: Mapping[str, Any] = shape.get("members", {})
    found = [
        Parameter(
            name=name,
            kind="keyword_only",
            required=name in required and not _filled_in(name, member),
            annotation=_ANNOTATIONS.get(shapes.get(member.get("shape", ""), {}).get("type", ""), ""),
            example=_example(member.get("shape", ""), shapes) if name in required else "",
        )
        for name, member in members.items()
    ]
    # Stable: the model's own order within the required and within the optional ones.
    return tuple(sorted(found, key=lambda parameter: not parameter.required))


def _example(shape: str, shapes: Mapping[str, Any], depth: int = 0) -> str:
    """Return the shortest literal of a shape: the required keys of a structure (else its first), one element of a list."""
    described = shapes.get(shape, {})
    match described.get("type"):
        case "structure":
            members: Mapping[str, Any] = described.get("members", {})
            keys = described.get("required") or list(members)[:1]
            if depth >= _EXAMPLE_DEPTH or len(keys) > _EXAMPLE_KEYS:
                return "{...}"
            inner = (f'"{key}": {_example(members[key]["shape"], shapes, depth + 1)}' for key in keys)
            return f"{{{', '.join(inner)}}}"
        case "list":
            return f"[{_example(described.get('member', {}).get('shape', ''), shapes, depth + 1)}]"
        case "map":
            return "{...}"
        case "string" | "character":
            return '"..."'
    return "..."


def _filled_in(name: str, member: Mapping[str, Any]) -> bool:
    """Return whether botocore fills in the value itself, so that a call without it is valid."""
    return bool(member.get("idempotencyToken")) or (name == "accountId" and member.get("location") == "uri")


def _merge(model: dict[str, Any], extra: Mapping[str, Any]) -> None:
    for key, value in extra.items():
        if isinstance(value, dict) and isinstance(model.get(key), dict):
            _merge(model[key], value)
        else:
            model[key] = value


def _doc(
    text: str, parameters: Sequence[Parameter], shape: Mapping[str, Any], shapes: Mapping[str, Any]
) -> str:
    lines = [shorten(text, 500)]
    members: Mapping[str, Any] = shape.get("members", {})
    for parameter in parameters[:24]:
        member = members[parameter.name]
        target = shapes.get(member.get("shape", ""), {})
        meaning = first_sentence(
            strip_html(member.get("documentation") or target.get("documentation") or ""), 120
        )
        need = "required" if parameter.required else "optional"
        inner = target.get("required", ()) if target.get("type") == "structure" else ()
        keys = f" with keys {', '.join(inner)}" if inner else ""
        lines.append(
            f"{parameter.name} ({parameter.annotation or 'any'}{keys}, {need}): {meaning}".rstrip(": ")
        )
    if len(parameters) > 24:
        lines.append(f"and {len(parameters) - 24} more: {', '.join(p.name for p in parameters[24:])}")
    return "\n".join(line for line in lines if line)


def _client_methods(release: Release, owner: str, uri: str, model: Mapping[str, Any]) -> list[Symbol]:
    def symbol(
        name: str,
        summary: str,
        parameters: tuple[Parameter, ...] | None,
        kind: SymbolKind = "method",
        returns: str = "",
    ) -> Symbol:
        return Symbol(
            qualified_name=f"{release.part}.{name}",
            name=name,
            owner=owner,
            kind=kind,
            origin="service",
            package=release.package,
            version=release.version,
            uri=uri,
            parameters=parameters,
            returns=returns,
            summary=summary,
        )

    found = [
        symbol("get_paginator", "Create a paginator for an operation.", (_need("operation_name"),), returns="Paginator"),
        symbol("can_paginate", "Check if an operation can be paginated.", (_need("operation_name"),), returns="bool"),
        symbol("get_waiter", "Returns an object that can wait for some condition.", (_need("waiter_name"),), returns="Waiter"),
        symbol("close", "Closes underlying endpoint connections.", ()),
        symbol(
            "generate_presigned_url",
            "Generate a presigned URL given a client, its method, and arguments.",
            (_need("ClientMethod"), _may("Params", "None", "dict"), _may("ExpiresIn", "3600", "int"), _may("HttpMethod", "None")),
            returns="str",
        ),
        symbol("exceptions", "The exception classes of this client.", None, "attribute"),
        symbol("meta", "Metadata of this client: region, endpoint, service model, events.", None, "attribute"),
        symbol("waiter_names", "The names of the waiters of this client.", None, "attribute"),
    ]  # fmt: skip
    token = {
        "rds": ("generate_db_auth_token", ("DBHostname", "Port", "DBUsername"), ("Region",)),
        "dsql": ("generate_db_connect_auth_token", ("Hostname",), ("Region", "ExpiresIn")),
    }.get(release.part)
    if token:
        name, needed, optional = token
        parameters = (*(_need(each) for each in needed), *(_may(each, "None") for each in optional))
        found.append(
            symbol(name, "Generates an auth token used to connect to a db.", parameters, returns="str")
        )
        if release.part == "dsql":
            admin = "generate_db_connect_admin_auth_token"
            found.append(
                symbol(admin, "Generates an auth token for the admin role.", parameters, returns="str")
            )
    if release.part == "s3":
        tail = (_may("ExtraArgs", "None", "dict"), _may("Callback", "None"), _may("Config", "None"))
        source = (_need("CopySource", "dict"), _need("Bucket"), _need("Key"))
        found += [
            symbol("upload_file", "Upload a file to an S3 object.", (_need("Filename"), _need("Bucket"), _need("Key"), *tail)),
            symbol("download_file", "Download an S3 object to a file.", (_need("Bucket"), _need("Key"), _need("Filename"), *tail)),
            symbol("upload_fileobj", "Upload a file-like object to S3.", (_need("Fileobj", ""), _need("Bucket"), _need("Key"), *tail)),
            symbol("download_fileobj", "Download an object from S3 to a file-like object.", (_need("Bucket"), _need("Key"), _need("Fileobj", ""), *tail)),
            symbol("copy", "Copy an object from one S3 location to another.", (*source, *tail[:2], _may("SourceClient", "None"), tail[2])),
            symbol(
                "generate_presigned_post",
                "Builds the url and the form fields used for a presigned s3 post.",
                (_need("Bucket"), _need("Key"), _may("Fields", "None", "dict"), _may("Conditions", "None", "list"), _may("ExpiresIn", "3600", "int")),
                returns="dict",
            ),
        ]  # fmt: skip
    return found


def _need(name: str, annotation: str = "str") -> Parameter:
    return Parameter(name, required=True, annotation=annotation)


def _may(name: str, default: str, annotation: str = "") -> Parameter:
    return Parameter(name, annotation=annotation, default=default)
