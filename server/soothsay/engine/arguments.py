"""Does a call fit a signature? Names and numbers of arguments are judged, values are not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from soothsay.engine.syntax import close
from soothsay_index.syntax import parse_python, text_of, walk
from soothsay_index.types import Parameter


@dataclass(frozen=True, slots=True)
class Arguments:
    """What a call passes. ``splat`` and ``mapping`` say that it holds ``*x`` or ``**x``."""

    positional: int = 0
    keywords: tuple[str, ...] = ()
    splat: bool = False
    mapping: bool = False


def parse_arguments(source: str) -> Arguments:
    """Read ``(a, b=1, **c)``; an unclosed list is closed first."""
    root = parse_python(f"f{close(source)}".encode()).root_node
    call = next((node for node in walk(root) if node.type == "call"), None)
    arguments = call.child_by_field_name("arguments") if call else None
    if arguments is None:
        return Arguments()
    positional, keywords, splat, mapping = 0, [], False, False
    children = [arguments] if arguments.type == "generator_expression" else arguments.named_children
    for node in children:
        match node.type:
            case "keyword_argument":
                keywords.append(text_of(node.child_by_field_name("name")))
            case "list_splat":
                splat = True
            case "dictionary_splat":
                mapping = True
            case "comment" | "ERROR":
                pass
            case _:
                positional += 1
    return Arguments(positional, tuple(keywords), splat, mapping)


def misfit(parameters: Sequence[Parameter], call: Arguments) -> str:
    """Why ``call`` does not bind to ``parameters``, in a few words; "" when it does (as `inspect` would say)."""
    takes_any_position = any(p.kind == "var_positional" for p in parameters)
    takes_any_keyword = any(p.kind == "var_keyword" for p in parameters)
    positions = [p for p in parameters if p.kind in ("positional_only", "positional_or_keyword")]
    if call.positional > len(positions) and not takes_any_position:
        return f"takes {len(positions)} positional arguments, not {call.positional}"
    by_keyword = {p.name for p in parameters if p.kind in ("positional_or_keyword", "keyword_only")}
    filled = {p.name for p in positions[: call.positional]}
    for keyword in call.keywords:
        if keyword in filled:
            return f"argument {keyword} is given twice"
        if keyword not in by_keyword and not takes_any_keyword:
            return f"unknown argument {keyword}"
        filled.add(keyword)
    missing = [
        p.name
        for p in parameters
        if p.required
        and p.name not in filled
        and not p.kind.startswith("var_")
        and not (call.mapping and p.kind != "positional_only")
        and not (call.splat and p.kind in ("positional_only", "positional_or_keyword"))
    ]
    return f"missing argument {missing[0]}" if missing else ""
