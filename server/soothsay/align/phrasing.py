"""Tasks in the model's own words: how somebody asks for a documented symbol who does not know its name."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import replace

from soothsay.align.drawing import Draw
from soothsay.align.places import CallPlace
from soothsay.model.fim import Prompt
from soothsay_languages.scan import indentation

VOICES: Mapping[str, tuple[str, str, str]] = {
    "to-do": ("TODO: ", "get rid of the duplicates", "connect to the server"),
    "question": ("How do I ", "keep each item only once?", "connect to the server?"),
    "wish": ("I want to ", "have every item just once", "talk to the server"),
    "step": ("Next, ", "drop the repeated items", "connect to the server"),
}
"""What a comment in each voice begins with, and how `_EXAMPLES` go on in it."""

_EXAMPLES = (
    "Return a copy of the list without repeated items.",
    "Open a connection to the server, waiting at most `timeout` seconds.",
)
_TEMPERATURE = 0.7
_FEWEST_WORDS, _MOST_CHARACTERS = 2, 120
_WORD = re.compile(r"\w+")


def phrased(place: CallPlace, draw: Draw, chance: random.Random) -> CallPlace | None:
    """Return ``place`` with its comment in the voice that it names; None where the model finds no words of its own."""
    symbol, mark = place.wanted, place.language.lexis.line_comment
    if symbol is None or not mark:
        return None
    before, comment, line = place.text[: place.offset].rsplit("\n", 2)
    indent = comment[: indentation(comment)]
    summary = comment.strip().removeprefix(mark).strip()
    lead = VOICES[place.voice][0]
    asked = draw(
        Prompt("", "", _instruction(mark, place.voice, summary), " "), _TEMPERATURE, chance, _has_ended
    )
    said = asked.strip().partition("\n")[0].strip()
    if not _is_of_use(said, summary, symbol.name):
        return None
    above = f"{before}\n{indent}{mark} {lead}{said}\n{line}"
    return replace(place, text=above + place.text[place.offset :], offset=len(above))


def _instruction(mark: str, voice: str, summary: str) -> str:
    """Return a prompt that ends where the model is to ask for what ``summary`` says."""
    lead, *phrases = VOICES[voice]
    shown = [
        f"{mark} What it does: {what}\n{mark} {lead}{said}\n\n"
        for what, said in zip(_EXAMPLES, phrases, strict=True)
    ]
    return f"{''.join(shown)}{mark} What it does: {summary}\n{mark} {lead.rstrip()}"


def _has_ended(text: str) -> bool:
    return "\n" in text


def _is_of_use(said: str, summary: str, name: str) -> bool:
    """Return whether ``said`` is a sentence, does not tell the name, and is not the documentation once more."""
    words, documented = (_WORD.findall(text.lower()) for text in (said, summary))
    tells = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", said) is not None
    return len(words) >= _FEWEST_WORDS and len(said) <= _MOST_CHARACTERS and not tells and words != documented
