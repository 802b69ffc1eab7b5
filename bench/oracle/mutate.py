"""Calls whose truth can be told: the tasks' answers, and those broken in the ways in which models break them."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

_VERBS = {
    "get": "fetch", "list": "enumerate", "create": "make", "delete": "drop", "describe": "inspect", "update": "modify",
    "put": "store", "read": "load", "to": "as", "is": "has", "add": "append", "remove": "discard",
}  # fmt: skip
_KEYWORDS = ("verbose", "dim", "Options", "timeout_s", "inplace_copy", "MaxItems_")


@dataclass(frozen=True)
class Call:
    """``shown`` after the task's receiver; ``kind`` is how it was made. Its truth is told by the referee."""

    task: dict[str, Any]
    kind: str
    shown: str


def renamed(name: str, chance: random.Random) -> str:
    """A name that is likely to be believed."""
    first, _, rest = name.partition("_")
    ways = [f"{name}s" if not name.endswith("s") else name[:-1], f"{name}_all"]
    if rest:
        ways += [f"{_VERBS.get(first, 'do')}_{rest}", rest, f"{first}{rest.title().replace('_', '')}"]
    else:
        ways += [f"get_{name}", f"{name}_values"]
    return chance.choice(ways)


def labelled_calls(tasks: Sequence[dict[str, Any]]) -> Iterator[Call]:
    """For each task the good call and its mutations."""
    for number, task in enumerate(tasks):
        chance = random.Random(task["id"])
        name, arguments = task["name"], list(task["arguments"])
        yield Call(task, "good", task["answer"])
        yield Call(task, "renamed", f"{renamed(name, chance)}({', '.join(arguments)})")
        if arguments:
            left = chance.randrange(len(arguments))
            kept = [a for n, a in enumerate(arguments) if n != left]
            yield Call(task, "removed argument", f"{name}({', '.join(kept)})")
        extra = f"{chance.choice(_KEYWORDS)}=1"
        yield Call(task, "extra keyword", f"{name}({', '.join([*arguments, extra])})")
        other = next(
            (o for o in [*tasks[number + 1 :], *tasks[:number]] if o["receiver"] != task["receiver"]), None
        )
        if other is not None:
            yield Call(task, "wrong module", other["answer"])


def unreachable(text: str) -> str:
    """``text`` with its last line where no type checker looks: behind a guard that is never true."""
    head, _, line = text.rpartition("\n")
    return f"{head}\nif False:\n    {line}"
