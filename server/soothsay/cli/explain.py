"""The explanation of a completion for a terminal, from the JSON contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from soothsay_common.visible import readable

_VERDICT_STYLE = {"verified": "bold green", "unverified": "bold yellow", "rejected": "bold red"}
# upper bounds of probability, in ascending order
_SHADES = ((0.4, "black on red"), (0.8, "black on yellow"), (0.95, "green"), (1.01, "bold green"))


def explanation(completion: Mapping[str, Any]) -> RenderableType:
    """Return a `rich` view of ``completion``, which has the form of the JSON contract."""
    completion = _readable(completion)
    trigger = completion["trigger"]
    return Group(
        _heading("draft", "each token shaded by its probability: red < 0.4, yellow < 0.8, green above"),
        Padding(_shaded(completion["tokens"]), (0, 0, 0, 2)),
        _heading("trigger", "whether documentation is looked up"),
        Padding(_trigger(trigger, completion["method"]), (0, 0, 0, 2)),
        _heading("evidence", "documentation in the prompt" if completion["evidence"] else "none"),
        Padding(_evidence(completion["evidence"]), (0, 0, 0, 2)),
        _heading("checker", _questions(completion["oracle"]["questions"])),
        Padding(_outcome(completion["oracle"]), (0, 0, 0, 2)),
        _heading("answer", f"method {completion['method']}{_adapters(completion.get('adapters', []))}"),
        Padding(Text(completion["text"] or "(empty)", style="bold"), (0, 0, 0, 2)),
        Padding(_ending(completion.get("ending")), (0, 0, 0, 2)),
        Padding(_verdict(completion), (0, 0, 0, 2)),
        _heading("time", _timings(completion["timings_ms"])),
    )


def _readable(value: Any) -> Any:
    """Return a JSON value whose texts say what a terminal must not obey."""
    if isinstance(value, str):
        return readable(value)
    if isinstance(value, Mapping):
        return {key: _readable(each) for key, each in cast(Mapping[str, Any], value).items()}
    return [_readable(each) for each in cast(list[Any], value)] if isinstance(value, list) else value


def _heading(title: str, note: str) -> Text:
    return Text.assemble((f"{title:<9}", "bold cyan"), (note, "dim"))


def _shaded(tokens: list[Mapping[str, Any]]) -> Text:
    text = Text()
    for token in tokens:
        style = next(style for bound, style in _SHADES if token["probability"] < bound)
        text.append(token["text"], style=style)
    if tokens:
        weakest = min(tokens, key=lambda t: t["probability"])
        text.append(
            f"\nleast probable: {weakest['text'].strip()!r} at {weakest['probability']:.2f}", style="dim"
        )
    return text


def _trigger(trigger: Mapping[str, Any], method: str) -> Text:
    name = trigger["name"]
    if name is None and not trigger["fired"]:
        return Text("not fired: the draft has no call")
    sure = "" if trigger["confidence"] is None else f" (confidence {trigger['confidence']:.2f})"
    if not trigger["fired"]:
        return Text(f"not fired: {_why_not(trigger, method).format(name)}{sure}{_doubts(trigger)}")
    texts = (
        trigger.get("explanations") or trigger["reasons"]
    )  # one that was saved by an older version has none
    reasons = "; ".join(f"{reason}: {text}" for reason, text in zip(trigger["reasons"], texts, strict=True))
    return Text(f"fired on {name or 'the draft'}{sure}: {reasons}{_doubts(trigger)}")


def _doubts(trigger: Mapping[str, Any]) -> str:
    """Return what was not known when the decision was made."""
    lines = []
    if trigger.get("missing"):
        lines.append(f"\nnot known: {trigger['missing']}")
    if not trigger.get("calibrated", True):
        lines.append("\nuncalibrated: no threshold was measured for this model")
    if trigger.get("learned", False):
        lines.append("\nthe threshold was learned from what was kept in this workspace")
    return "".join(lines)


def _why_not(trigger: Mapping[str, Any], method: str) -> str:
    """Return why nothing was looked up, as a format string for the name."""
    if method == "base":
        return "method base never looks up documentation ({})"
    if method == "index_lookup":
        return "{} is in the index"
    if trigger["confidence"] is not None and trigger["confidence"] < trigger["threshold"]:
        return "{} is defined in this workspace, and is in the prompt"
    if trigger.get("missing"):
        return "nothing is known against {}, and the model is confident"
    return "{} is in the index, and the model is confident"


def _ending(ending: Mapping[str, str] | None) -> Text:
    """Return why less is shown than was written; nothing where all is, or an older version saved the completion."""
    if ending is None or ending["step"] == "shown":
        return Text()
    dropped = ending["dropped"].strip()
    return Text(f"{ending['explanation']}{f'; thrown away: {dropped!r}' if dropped else ''}", style="dim")


def _evidence(evidence: list[Mapping[str, Any]]) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    for item in evidence:
        source = f"{item['package']} {item['version']}".strip()
        table.add_row(
            Text(item["symbol"], style="bold"),
            Text(source, style="magenta"),
            Text(f"{item['score']:.3f}{_scores(item.get('scores', {}))}", "dim"),
        )
        table.add_row(Text(item["text"], style="dim", overflow="fold"), "", "")
    return table


def _scores(scores: Mapping[str, float]) -> str:
    """Return the score of each search method, such as ``(text 7.1, vector 0.62, imports 1)``."""
    listed = ", ".join(f"{name} {score:.3g}" for name, score in scores.items())
    return f" ({listed})" if listed else ""


def _questions(questions: list[Mapping[str, Any]]) -> str:
    if not questions:
        return "not asked"
    spent = sum(question["ms"] for question in questions)
    silent = sum(not question["answered"] for question in questions)
    return f"{len(questions)} questions, {spent:.0f} ms" + (f", {silent} without an answer" if silent else "")


def _outcome(oracle: Mapping[str, Any]) -> Text:
    lines = [
        f"{question['what']}: {'answered' if question['answered'] else 'no answer'} in {question['ms']:.1f} ms"
        for question in oracle["questions"]
    ]
    if oracle["repaired"]:
        lines.append(f"repaired: {oracle['repaired']}")
    if oracle["trimmed"]:
        lines.append(f"trimmed: {oracle['trimmed'].strip()}")
    return Text("\n".join(lines), style="dim")


def _adapters(adapters: list[Mapping[str, Any]]) -> str:
    """Return the names of the adapters that it was written with, and their scales."""
    listed = ", ".join(f"{each['name']} at {each['scale']:g}" for each in adapters)
    return f", adapters: {listed}" if listed else ""


def _verdict(completion: Mapping[str, Any]) -> Text:
    verdict = completion["verdict"]
    problem = completion["oracle"]["problem"]
    return Text(f"{verdict}{': ' + problem if problem else ''}", style=_VERDICT_STYLE[verdict])


def _timings(timings: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {ms:.0f} ms" for name, ms in timings.items())
