"""The JSON that tools rely on."""

from __future__ import annotations

import json

from soothsay.engine.contract import completion_to_json
from soothsay.engine.types import Completion, Evidence, TriggerDecision
from soothsay.model.types import Token


def test_an_empty_completion_has_every_key() -> None:
    empty = Completion("", "", "unverified", "base", TriggerDecision(False))
    assert completion_to_json(empty) == {
        "text": "",
        "draft": "",
        "replaced": 0,
        "tab_stops": [],
        "ending": {"step": "shown", "explanation": "shown as it was written", "dropped": ""},
        "adapters": [],
        "verdict": "unverified",
        "method": "base",
        "trigger": {
            "fired": False,
            "reasons": [],
            "explanations": [],
            "confidence": None,
            "threshold": 0.8,
            "name": None,
            "missing": "",
            "calibrated": True,
            "learned": False,
        },
        "evidence": [],
        "tokens": [],
        "timings_ms": {},
        "evaluated": {},
        "generated": {},
        "oracle": {"questions": [], "problem": "", "repaired": "", "trimmed": ""},
    }


def test_tokens_join_to_the_text_even_when_they_split_a_character() -> None:
    data = "é😀x".encode()
    tokens = tuple(Token(data[index : index + 1], 0.5) for index in range(len(data)))
    found = completion_to_json(Completion("", "", "verified", "dag", TriggerDecision(True), tokens=tokens))
    assert len(found["tokens"]) == len(tokens)
    assert "".join(token["text"] for token in found["tokens"]) == "é😀x"


def test_evidence_has_exactly_the_keys_of_the_contract() -> None:
    evidence = Evidence("cross_file", "m.f", "", "", "file:///m.py", "def f(): ...", 0.1, {"text": 1.0})
    completion = Completion("", "", "verified", "dag", TriggerDecision(True, ("always",)), (evidence,))
    found = json.loads(json.dumps(completion_to_json(completion)))
    keys = ["kind", "symbol", "package", "version", "uri", "text", "score", "scores", "language"]
    assert list(found["evidence"][0]) == keys and found["evidence"][0]["scores"] == {"text": 1.0}
    assert found["trigger"]["reasons"] == ["always"]
