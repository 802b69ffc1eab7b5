"""The beginning of a Python file that uses the members of a module, of a class, or of a service's client."""

from __future__ import annotations

import re

from soothsay_languages.base import Introduction

_SERVICE = "botocore:"
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+")


def introduce(owner: str, *, is_class: bool) -> Introduction | None:
    """Return what makes the members of ``owner`` at hand: an import, with a parameter that is of the class."""
    if owner.startswith(_SERVICE):
        client = f'client = boto3.client("{owner.removeprefix(_SERVICE)}")'
        return Introduction(f"import boto3\n\n{client}\n", "client")
    if not all(part.isidentifier() and not part.startswith("_") for part in owner.split(".")):
        return None
    if not is_class:
        return Introduction(f"import {owner}\n\n", owner)
    module, _, name = owner.rpartition(".")
    if not module:
        return None
    value = "_".join(word.lower() for word in _WORD.findall(name)) or "value"
    value = value if value.isidentifier() and value != name else "value"
    header = f"def use({value}: {name}):"
    return Introduction(f"from {module} import {name}\n\n\n{header}\n", value, "    ")
