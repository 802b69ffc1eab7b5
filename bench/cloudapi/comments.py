"""The comment of a task: the documentation's first sentence as somebody would put it who wants it done.

Milder than :mod:`bench.retrieval.comments`, whose comments must not share words with what is searched: here a person
has to recognise the operation. The name's words that remain are counted as ``name_leak``, and tasks whose comment says
nearly the whole name are left out.
"""

from __future__ import annotations

import random
import re

from bench.retrieval.comments import SEED, STOP, VERBS, cut_clause, imperative, sentences

_VERB_SAID_OTHERWISE = 0.5
_LONGEST = 14  # words
_SAID_SHORTER = (
    (r"\bAmazon Web Services\b", "AWS"), (r"\b(for|in|of|from|to) (your|the|an?) AWS account\b.*", ""), (r"\byour\b", "my"),
    (r"\b(the|an?) (specified|given|requested|provided|supplied)\b", "a"), (r"\b(specified|given|requested|provided) ", ""),
    (r"\b(Amazon|AWS) (?=[A-Z])", ""), (r"\bone or more\b", "some"), (r"\binformation about\b", "details of"),
)  # fmt: skip


def comment_of(client: str, name: str, doc: str) -> str | None:
    """The comment for the API ``name`` of ``client``; None when its documentation says too little."""
    found = sentences(doc)
    if not found:
        return None
    chance = random.Random(f"{SEED} {client} {name}")
    text = cut_clause(imperative(found[0]), chance)
    for pattern, shorter in _SAID_SHORTER:
        text = re.sub(pattern, shorter, text)
    verb, _, rest = text.partition(" ")
    others = VERBS.get(verb.lower(), ())
    if others and chance.random() < _VERB_SAID_OTHERWISE:
        verb = chance.choice(others)
    words = [verb, *rest.split()][:_LONGEST]
    words = [
        word.rstrip(",;:.-)(\"'") if place == len(words) - 1 else word for place, word in enumerate(words)
    ]
    while words and (not words[-1] or words[-1].lower() in STOP):
        words.pop()
    line = " ".join(words)
    content = [word for word in re.findall(r"[A-Za-z]+", line) if word.lower() not in STOP]
    return line[:1].lower() + line[1:] if len(content) >= 3 else None
