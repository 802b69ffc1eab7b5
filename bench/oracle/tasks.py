"""Makes the benchmark's tasks from what is really installed; run it with the interpreter of an environment:

``<venv of requirements-stubs.txt>/bin/python bench/oracle/tasks.py > bench/oracle/tasks.jsonl``.
A task is a small file that ends right after ``receiver.``, under a comment that says what is wanted. The comment is the
first sentence of the documentation that says something, without most of the words of the name; ``name_leak`` is the share
of the name's words that it still gives away.
"""

from __future__ import annotations

import importlib
import inspect
import json
import random
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

SEED = 20261123
SERVICES = ("s3", "sqs", "ec2", "dynamodb", "lambda", "sns", "iam", "bedrock", "kinesis", "ecs", "logs")
STDLIB = (
    "collections", "csv", "datetime", "itertools", "json", "math", "os", "os.path", "random", "re", "shutil",
    "statistics", "string", "subprocess", "tempfile", "textwrap", "time", "zipfile",
)  # fmt: skip
_STOP_WORDS = frozenset(["a", "an", "and", "as", "at", "be", "by", "for", "from", "given", "if", "in", "into", "is", "it", "its", "of", "on", "one", "or", "that", "the", "this", "to", "with"])  # fmt: skip
_SAYS_NOTHING = re.compile(r"^(\s*\w+\(|This (operation|action|API)|\s*(Amazon|Deprecated|Note)\b)|[=\[]| alias |not supported|deprecated", re.I)  # fmt: skip
_DROPPED = 0.6  # share of the name's words that a comment loses
_FRAME = 'df = pd.DataFrame({"port": ["a", "b"], "tons": [1.0, 2.0]})'
_SERIES = 'tons = pd.Series([1.0, 2.5, 4.0], name="tons")'
_ARRAY = "grid = np.arange(12.0).reshape(3, 4)"
Task = dict[str, Any]


def words_of(name: str) -> list[str]:
    """``describe_DBInstances`` as its words, lower case."""
    return [w.lower() for w in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)]


def same_word(one: str, other: str) -> bool:
    """Whether two words are forms of one: ``lists`` and ``list``, ``merging`` and ``merge``."""
    one, other = (re.sub(r"(ing|ed|es|s|e)$", "", w.lower()) for w in (one, other))
    return one == other or (
        min(len(one), len(other)) >= 4 and (one.startswith(other) or other.startswith(one))
    )


def comment_of(doc: str, name: str) -> tuple[str, float]:
    """A developer's comment from the documentation, and the share of the name's words that it gives away."""
    text = re.sub(r"<[^>]+>|`|\*|:\w+:", " ", doc).strip()
    sentences = re.split(r"(?<=[a-z)\]])[.:;]\s|\n\s*\n", text + "\n\n")
    sentence = next((s for s in sentences if len(s.split()) > 2 and not _SAYS_NOTHING.search(s)), "")
    words = " ".join(sentence.split()).rstrip(".").split()[:16]
    names = words_of(name)
    chance = random.Random(f"{SEED} {name}")
    kept = [
        w for w in words
        if not any(same_word(re.sub(r"\W", "", w), n) for n in names) or chance.random() > _DROPPED
    ]  # fmt: skip
    if sum(w.lower() not in _STOP_WORDS for w in kept) < 3:
        kept = words
    while kept and kept[-1].lower() in _STOP_WORDS:
        kept.pop()
    while kept and kept[0].lower() in ("the", "a", "an", "of", "to", "and", "in", "for", "by"):
        kept.pop(0)
    plain = [re.sub(r"\W", "", w) for w in kept]
    leak = sum(any(same_word(w, n) for w in plain) for n in names) / max(1, len(names))
    line = " ".join(kept)
    return line[:1].lower() + line[1:], round(leak, 2)


def value_for(name: str, annotation: str) -> str:
    """A literal for a parameter, likely of its type."""
    hint = annotation.lower()
    for part, value in (
        ("timedelta", "datetime.timedelta(hours=2)"), ("datetime", "datetime.datetime(2026, 5, 4)"), ("decimal", "decimal.Decimal(7)"),
        ("path", 'pathlib.Path("plan.txt")'), ("berth", "[]"), ("pd.series", "pd.Series([1.0, 2.0])"), ("dict[", "{}"), ("list[str]", '["M2"]'), ("list", "[]"), ("bool", "True"), ("int", "2"), ("float", "1.5"), ("str", '"a"'), ("callable", "len"),
    ):  # fmt: skip
        if hint.startswith(part):
            return value
    if name in (
        "axis",
        "n",
        "k",
        "N",
        "M",
        "num",
        "periods",
        "r",
        "decimals",
        "bins",
        "deg",
        "new_order",
        "loc",
    ):
        return "1"
    if re.search(r"path|name|file|pat|string|text|dtype|src|dst|how|by$|key|col|dir|cmd|fmt|prefix", name):
        return '"a"'
    if re.search(r"func|predicate", name):
        return "len"
    return "[1.0, 2.0]"


def call_of(function: Callable[..., Any], name: str) -> tuple[str, list[str]] | None:
    """A call with what is required, and its arguments one by one; None without a signature."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (ValueError, TypeError):
        return None
    arguments: list[str] = []
    for p in parameters:
        if p.default is not p.empty or p.kind in (p.VAR_KEYWORD, p.VAR_POSITIONAL):
            continue
        annotation = p.annotation if isinstance(p.annotation, str) else getattr(p.annotation, "__name__", "")
        value = value_for(p.name, "" if p.annotation is p.empty else annotation)
        arguments.append(f"{p.name}={value}" if p.kind is p.KEYWORD_ONLY else value)
    return f"{name}({', '.join(arguments)})", arguments


def python_task(
    group: str, env: str, imports: str, construct: str, receiver: str, name: str, function: Any
) -> Task | None:
    """A task for one function or method, or None when it has no signature or no documentation."""
    made = call_of(function, name)
    doc = inspect.getdoc(function) or ""
    if made is None or not doc or doc.startswith(("Deprecated", "Alias", "None")):
        return None
    comment, leak = comment_of(doc, name)
    if len(comment.split()) < 3:
        return None
    return finish(group, env, imports, construct, receiver, name, made[0], made[1], comment, leak)


def finish(
    group: str, env: str, imports: str, construct: str, receiver: str, name: str, answer: str,
    arguments: list[str], comment: str, leak: float,
) -> Task:  # fmt: skip
    setup = f"{imports}\n" + (f"\n{construct}\n" if construct else "")
    return {
        "group": group, "env": env, "setup": setup, "receiver": receiver, "name": name, "answer": answer,
        "arguments": arguments, "comment": comment, "name_leak": leak,
        "prefix": f"result = {receiver}.", "text": f"{setup}\n# {comment}\nresult = {receiver}.",
    }  # fmt: skip


def members_of(value: Any, names: Sequence[str] | None = None) -> list[tuple[str, Any]]:
    """Public functions and methods of ``value``, sorted."""
    found = []
    for name in sorted(names or dir(value)):
        if name.startswith("_"):
            continue
        member = getattr(value, name, None)
        if callable(member) and not inspect.isclass(member) and not inspect.ismodule(member):
            found.append((name, member))
    return found


def sample(chance: random.Random, count: int, tasks: Iterator[Task | None]) -> list[Task]:
    usable = [task for task in tasks if task is not None]
    return sorted(chance.sample(usable, min(count, len(usable))), key=lambda t: (t["receiver"], t["name"]))


def numpy_tasks(chance: random.Random) -> list[Task]:
    import numpy as np

    imports = "import numpy as np"
    places = (
        (26, "", "np", np, np.__all__),
        (6, "", "np.linalg", np.linalg, np.linalg.__all__),
        (5, _ARRAY, "grid", np.arange(12.0).reshape(3, 4), None),
        (5, "rng = np.random.default_rng(7)", "rng", np.random.default_rng(7), None),
    )
    found: list[Task] = []
    for count, construct, receiver, value, names in places:
        made = (
            python_task("numpy", "stubs", imports, construct, receiver, n, f)
            for n, f in members_of(value, names)
        )
        found += sample(chance, count, made)
    return found


def pandas_tasks(chance: random.Random) -> list[Task]:
    pd = importlib.import_module("pandas")
    frame = pd.DataFrame({"port": ["a", "b"], "tons": [1.0, 2.0]})
    places = (
        (18, _FRAME, "df", frame),
        (10, _SERIES, "tons", pd.Series([1.0, 2.5, 4.0], name="tons")),
        (9, "", "pd", pd),
        (5, f'{_FRAME}\nby_port = df.groupby("port")', "by_port", frame.groupby("port")),
    )
    found: list[Task] = []
    for count, construct, receiver, value in places:
        made = (
            python_task("pandas", "stubs", "import pandas as pd", construct, receiver, n, f)
            for n, f in members_of(value) if n not in frame.columns
        )  # fmt: skip
        found += sample(chance, count, made)
    return found


def stdlib_tasks(chance: random.Random) -> list[Task]:
    def candidates() -> Iterator[Task | None]:
        for module in STDLIB:
            value = importlib.import_module(module)
            members = members_of(value, getattr(value, "__all__", None))
            for name, function in chance.sample(members, min(5, len(members))):
                yield python_task("stdlib", "stubs", f"import {module}", "", module, name, function)

    def instances() -> Iterator[Task | None]:
        values = (
            ("import pathlib", 'place = pathlib.Path("notes.txt")', "place"),
            ("import datetime", "now = datetime.datetime(2026, 5, 4, 8, 30)", "now"),
            ("import collections", 'counts = collections.Counter("harbour")', "counts"),
        )
        for imports, construct, receiver in values:
            names: dict[str, Any] = {}
            exec(f"{imports}\n{construct}", names)
            for name, function in members_of(names[receiver]):
                yield python_task("stdlib", "stubs", imports, construct, receiver, name, function)

    return sample(chance, 32, candidates()) + sample(chance, 10, instances())


def boto_tasks(chance: random.Random) -> list[Task]:
    """Operations of service clients: half for the environment with stubs, half for the one without."""
    import boto3

    found: list[Task] = []
    for service in SERVICES:
        client: Any = boto3.client(
            service, region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x"
        )  # type: ignore[call-overload]
        names = sorted(client.meta.method_to_api_mapping)
        made: list[Task] = []
        for name in chance.sample(names, len(names)):
            model = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[name])
            comment, leak = comment_of(model.documentation or "", name)
            if model.deprecated or len(comment.split()) < 4 or len(made) == 8:
                continue
            required = list(model.input_shape.required_members) if model.input_shape else []
            arguments = [f"{m}={_aws_value(model.input_shape.members[m])}" for m in required]
            answer = f"{name}({', '.join(arguments)})"
            env = ("stubs", "plain")[len(made) % 2]
            construct = f'client = boto3.client("{service}")'
            made.append(finish(f"boto3, {'with' if env == 'stubs' else 'without'} stubs", env, "import boto3", construct, "client", name, answer, arguments, comment, leak))  # fmt: skip
        found += made
    return [t for t in found if t["env"] == "stubs"] + [t for t in found if t["env"] == "plain"]


def _aws_value(shape: Any) -> str:
    kinds = {"string": '"a"', "integer": "1", "long": "1", "boolean": "True", "list": "[]", "blob": 'b"a"', "timestamp": '"2026-01-01"'}  # fmt: skip
    return kinds.get(shape.type_name, "{}")


def workspace_tasks() -> list[Task]:
    sys.path.insert(0, str(Path(__file__).parent / "workspace"))
    values = "import datetime\nimport decimal\nimport pathlib\n\nimport pandas as pd\n"
    objects = {
        "Berth": ("berths", 'berth = Berth("K7", 210.0, 11.5)', "berth"),
        "Rota": ("berths", "rota = Rota()", "rota"),
        "TideTable": ("tides", 'table = TideTable("NLRTM", {"M2": 0.8})', "table"),
        "Yard": ("cargo", "yard = Yard(12, 5)", "yard"),
        "Ledgerette": ("tariffs", 'account = Ledgerette("9301234")', "account"),
    }
    found: list[Task | None] = []
    for module in ("berths", "tides", "cargo", "tariffs"):
        value = importlib.import_module(f"quayside.{module}")
        for name, function in members_of(value):
            if function.__module__ == value.__name__:
                found.append(python_task("workspace", "stubs", f"{values}from quayside import {module}", "", module, name, function))  # fmt: skip
    for kind, (module, construct, receiver) in objects.items():
        value = importlib.import_module(f"quayside.{module}")
        names: dict[str, Any] = dict(vars(value))
        exec(construct, names)
        for name, function in members_of(names[receiver]):
            imports = f"{values}from quayside.{module} import {kind}"
            found.append(python_task("workspace", "stubs", imports, construct, receiver, name, function))
    return [task for task in found if task is not None]


def all_tasks() -> list[Task]:
    chance = random.Random(SEED)
    found = numpy_tasks(chance) + pandas_tasks(chance) + stdlib_tasks(chance) + boto_tasks(chance)
    found += workspace_tasks()
    counts: dict[str, int] = {}
    for task in found:
        counts[task["group"]] = number = counts.get(task["group"], -1) + 1
        task["id"] = f"{re.sub(r'[^a-z0-9]+', '-', task['group'])}-{number:02}"
    return found


if __name__ == "__main__":
    for each in all_tasks():
        print(json.dumps(each))
