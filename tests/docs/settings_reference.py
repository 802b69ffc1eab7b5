"""Make the text of `docs/settings.md` from `soothsay.config`.

A setting's name, type, range and default are those of its dataclass field; its description is the text below the field.
"""

from __future__ import annotations

import ast
import inspect
import json
import textwrap
from collections.abc import Iterator
from dataclasses import MISSING, dataclass, fields, is_dataclass
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from soothsay import config

_HEAD = """\
# Settings

This page is made from [`server/soothsay/config.py`](../server/soothsay/config.py) by `make docs`. Change the text there.

An editor sends the settings as the section `soothsay`, or as initialization options. Names may be written in camelCase or
in snake_case. The server reports a value that it cannot use, and takes the default instead. `null` means *not set*.

```jsonc
// VS Code: settings.json
{ "soothsay.model.name": "qwen2.5-coder-1.5b", "soothsay.retrieval.documents": 3 }
```

```lua
-- Neovim: init.lua
require("soothsay").setup({
  settings = { model = { name = "qwen2.5-coder-1.5b" }, retrieval = { documents = 3 } },
})
```

## What a workspace may not set

In many editors, files of the workspace can be part of the settings. What decides which programs run, what is loaded or read outside the
workspace, and what is logged, is therefore taken from the initialization options alone: OWN. The server
says so when the settings hold another value. VS Code keeps the settings of untrusted workspaces apart by itself, and the Neovim plugin sends what
`setup` was given as initialization options.

## General
"""

_TAIL = """\
## Environment variables

| variable | meaning |
|---|---|
| `SOOTHSAY_CACHE` | the folder for models and indexes; by default, the platform's cache folder |
| `SOOTHSAY_STATE` | the folder for the log of what became of completions; by default, the platform's state folder |
| `SOOTHSAY_RUNTIME` | the folder for sockets and the backend's logs; by default `$XDG_RUNTIME_DIR/soothsay`, else a folder in the temporary folder |
| `SOOTHSAY_TOKEN` | the token that a client of `soothsay serve --tcp` must give; by default a new one, in a file |
| `SOOTHSAY_LOG` | the log level: `debug`, `info`, `warning` or `error` |
| `SOOTHSAY_LOG_CONTENT` | set, at level `debug`: log messages with the text of documents; else no log holds any |
| `SOOTHSAY_DEBUG` | `1`: the command line shows tracebacks |
| `LLAMA_CPP_LIB_PATH` | a folder with a llama.cpp library to use instead of the installed one |
| `HF_HUB_OFFLINE` | `1`: do not ask the Hugging Face Hub |

## VS Code only

The extension has three more settings: `soothsay.server.python` (an interpreter that has soothsay installed),
`soothsay.server.package` (the package that the extension installs) and `soothsay.trace.server` (how much of the protocol is
logged). See [Editors](editors.md#vs-code).
"""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its dotted camelCase name, and its values, default and description in Markdown."""

    name: str
    values: str
    default: str
    description: str


def settings_of(section: type, prefix: str = "") -> Iterator[Setting]:
    """Yield the settings of a dataclass, without those of the sections inside it.

    Raises `ValueError` for a field that has no description.
    """
    described = _descriptions(section)
    kinds = get_type_hints(section, include_extras=True)
    for each in fields(section):
        if is_dataclass(kinds[each.name]):
            continue
        if each.name not in described:
            raise ValueError(f"{section.__name__}.{each.name} has no text below it")
        default = each.default if each.default is not MISSING else each.default_factory()  # type: ignore[misc]
        yield Setting(
            prefix + config.camel_case(config.public_name(kinds[each.name], each.name)),
            _values(kinds[each.name]),
            f"`{json.dumps(default)}`",
            described[each.name],
        )


def page() -> str:
    """Return the text of `docs/settings.md`."""
    kinds = get_type_hints(config.Settings)
    own = ", ".join(f"`{name}`" for name in config.own_settings())
    parts = [_HEAD.replace("OWN", own), _table(settings_of(config.Settings))]
    for each in fields(config.Settings):
        section = kinds[each.name]
        if is_dataclass(section):
            name = config.camel_case(each.name)
            parts.append(f"## {name}\n\n{inspect.cleandoc(section.__doc__ or '')}\n")
            parts.append(_table(settings_of(section, f"{name}.")))  # type: ignore[arg-type]
    return "\n".join([*parts, _TAIL])


def _table(settings: Iterator[Setting]) -> str:
    rows = [f"| `{each.name}` | {each.values} | {each.default} | {each.description} |" for each in settings]
    return "\n".join(["| setting | values | default | meaning |", "|---|---|---|---|", *rows, ""])


def _descriptions(section: type) -> dict[str, str]:
    """Return the text below each field of a class, on one line."""
    (node,) = ast.parse(textwrap.dedent(inspect.getsource(section))).body
    assert isinstance(node, ast.ClassDef)
    return {
        field.target.id: " ".join(below.value.value.split())
        for field, below in zip(node.body, node.body[1:], strict=False)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant)
        if isinstance(below.value.value, str)
    }


def _values(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return ", ".join(f"`{choice}`" for choice in get_args(kind))
    if get_origin(kind) is Annotated:
        number, *marks = get_args(kind)
        between = next((each for each in marks if isinstance(each, config.Between)), None)
        if between is None:
            return _values(number)
        noun = "whole number" if number is int else "number"
        return f"{noun}, {between.low:,} to {between.high:,}"
    if kind == tuple[str, ...]:
        return "list of texts"
    return {bool: "`true`, `false`", str: "text"}[kind]
