"""What the clients of the installed cloud SDKs can do, asked of the SDKs themselves; printed as JSON.

Runs with the interpreter whose packages are asked, on the standard library and those packages alone:
``<venv>/bin/python bench/cloudapi/apis.py``. The index is not asked: it is what the benchmark is about.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import inspect
import json
import re
import sys
from collections.abc import Iterator
from typing import Any

_CLIENT_METHODS = (
    "can_paginate", "close", "exceptions", "generate_presigned_url", "get_paginator", "get_waiter", "meta", "waiter_names",
)  # fmt: skip
_INJECTED = {
    "s3": (
        "copy", "download_file", "download_fileobj", "generate_presigned_post", "upload_file", "upload_fileobj",
    ),
    "rds": ("generate_db_auth_token",),
    "dsql": ("generate_db_connect_auth_token", "generate_db_connect_admin_auth_token"),
    "cloudfront": (),
}  # fmt: skip
_KINDS = {
    inspect.Parameter.POSITIONAL_ONLY: "positional",
    inspect.Parameter.POSITIONAL_OR_KEYWORD: "any",
    inspect.Parameter.KEYWORD_ONLY: "keyword",
    inspect.Parameter.VAR_POSITIONAL: "*",
    inspect.Parameter.VAR_KEYWORD: "**",
}
Client = dict[str, Any]


def aws() -> Iterator[tuple[str, Client]]:
    """Every service of botocore: its operations, by the names that boto3 gives them."""
    import botocore.session
    from botocore import xform_name
    from botocore.model import ServiceModel

    loader = botocore.session.get_session().get_component("data_loader")
    for service in loader.list_available_services("service-2"):
        model = ServiceModel(loader.load_service_model(service, "service-2"), service)
        apis: dict[str, Any] = {}
        for operation in model.operation_names:
            each = model.operation_model(operation)
            shape = each.input_shape
            filled_in = set(each.idempotent_members)
            required = set(shape.required_members) - filled_in if shape else set()
            members = sorted(shape.members, key=lambda name: name not in required) if shape else []
            apis[xform_name(operation)] = {
                "parameters": [[name, "keyword", name in required] for name in members],
                "doc": _plain(each.documentation or "")[:600],
                "deprecated": bool(each.deprecated),
            }
        yield (
            f"botocore:{service}",
            {
                "imports": "import boto3",
                "construct": f'client = boto3.client("{service}")',
                "apis": apis,
                "others": sorted({*_CLIENT_METHODS, *_INJECTED.get(service, ())}),
            },
        )


def azure() -> Iterator[tuple[str, Client]]:
    """Every class that is called a client in a public, synchronous package of Azure's."""
    seen: set[type] = set()
    for name in sorted(set(_azure_packages())):
        try:
            module = importlib.import_module(name)
        except Exception:
            continue
        for called, value in sorted(vars(module).items()):
            if called.endswith("Client") and inspect.isclass(value) and value not in seen:
                seen.add(value)
                client = _azure_client(name, called, value)
                if client is not None:
                    yield f"azure:{name}.{called}", client


def _azure_packages() -> Iterator[str]:
    for distribution in importlib.metadata.distributions():
        for file in distribution.files or ():
            folders = file.parts[:-1]
            hidden = any(part.startswith("_") or part == "aio" for part in folders)
            if file.name != "__init__.py" or folders[:1] != ("azure",) or len(folders) < 2 or hidden:
                continue
            if folders[1] not in ("core", "mgmt", "identity"):
                yield ".".join(folders)


def _azure_client(module: str, name: str, value: type) -> Client | None:
    try:
        needed = [
            p
            for p in inspect.signature(value).parameters.values()
            if p.default is p.empty and p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
        ]
    except (ValueError, TypeError):
        return None
    arguments, imports = [], [f"from {module} import {name}"]
    for parameter in needed:
        if parameter.name == "credential":
            arguments.append("credential=DefaultAzureCredential()")
            imports.insert(0, "from azure.identity import DefaultAzureCredential")
        else:
            arguments.append(f'{parameter.name}=os.environ["{parameter.name.upper()}"]')
    if any("os.environ" in argument for argument in arguments):
        imports = ["import os", "", *imports]
    apis: dict[str, Any] = {}
    others: list[str] = []
    for method in dir(value):
        member = inspect.getattr_static(value, method, None)
        function = getattr(member, "__wrapped__", member)
        if method.startswith("_") or not inspect.isfunction(function):
            others.append(method)
            continue
        parameters = list(inspect.signature(getattr(value, method)).parameters.values())[1:]
        apis[method] = {
            "parameters": [
                [p.name, _KINDS[p.kind], p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
                for p in parameters
            ],
            "doc": (inspect.getdoc(getattr(value, method)) or "")[:600],
            "deprecated": False,
        }  # fmt: skip
    return {
        "imports": "\n".join(imports),
        "construct": f"client = {name}({', '.join(arguments)})",
        "apis": apis,
        "others": others,
    }


def _plain(html: str) -> str:
    text = re.sub(r"<(note|important)>.*?</\1>", " ", html, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def main() -> None:
    answers, sys.stdout = sys.stdout, sys.stderr
    json.dump({name: client for source in (aws(), azure()) for name, client in source}, answers)


if __name__ == "__main__":
    main()
