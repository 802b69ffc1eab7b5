"""No secret reaches the log, wherever a completion is cut out of the text around it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.index.labelled_secrets import Case, secrets

from soothsay.feedback.redaction import PREFIX, SUFFIX, clean, passage_in
from soothsay_index.sources.masking import without_secrets, without_written_secrets

WORKSPACE = Path("/w")
KEY_LINE = "MIIE" + "vQIBADANBgkqhk" * 4
KEY = (
    f"-----BEGIN RSA PRIVATE {'KEY'}-----\n" + f"{KEY_LINE}\n" * 200 + f"-----END RSA PRIVATE {'KEY'}-----\n"
)
PASSWORD = "hunt" + "er2x9"


def masked_cases() -> list[Case]:
    """The labelled secrets that the masker finds in their files."""
    found = (
        case for case in secrets() if case.value not in without_written_secrets(without_secrets(case.text))
    )
    return list(found)


def written(path: Path, text: str, start: int, end: int, middle: str) -> str:
    cleaned = clean(passage_in(path, text, start, end, middle))
    return "" if cleaned is None else cleaned.prefix + cleaned.text + cleaned.suffix


def test_of_no_cut_through_a_secret_anything_is_written():
    cases = masked_cases()
    assert len(cases) > 140
    for case in cases:
        path = WORKSPACE / case.path
        for start in range(0, len(case.text) + 1, 3):
            for end in {start, min(start + 7, len(case.text)), len(case.text)}:
                middle = case.text[start:end]
                assert case.value not in written(path, case.text, start, end, middle), (case, start, end)


def test_a_value_that_completes_a_password_is_not_written_as_a_completion():
    text = 'import db\n\npassword = "\n'
    at = text.index('"') + 1
    assert clean(passage_in(WORKSPACE / "a.py", text, at, at, f'{PASSWORD}"')) is None


@pytest.mark.parametrize("line", [1, 100, 199])
def test_a_private_key_that_begins_far_above_is_one(line: int):
    text = KEY + "x = 1\n"
    at = text.index("\n") + 1 + line * (len(KEY_LINE) + 1)
    assert KEY_LINE[:20] not in written(WORKSPACE / "a.py", text, at, at, "")
    at = len(text)
    assert KEY_LINE[:20] not in written(WORKSPACE / "a.py", text, at, at, "y = 2")


def test_text_without_secrets_is_written_as_it_is_within_its_limits():
    above = "".join(f"first_{number} = {number}\n" for number in range(2_000))
    below = "".join(f"then_{number} = {number}\n" for number in range(2_000))
    cleaned = clean(
        passage_in(
            WORKSPACE / "a.py", above + "x = " + below, len(above) + 4, len(above) + 4, "make(1,\n    2)"
        )
    )
    assert cleaned is not None
    assert cleaned.text == "make(1,\n    2)"
    assert cleaned.prefix.endswith("first_1999 = 1999\nx = ") and PREFIX - 100 < len(cleaned.prefix) <= PREFIX
    assert cleaned.suffix.startswith("then_0 = 0\n") and SUFFIX - 100 < len(cleaned.suffix) <= SUFFIX
    assert cleaned.prefix.startswith("first_") and cleaned.suffix.endswith("\n")
