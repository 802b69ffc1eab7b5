"""The masker on a set of secrets and look-alikes that was written without looking at it."""

from __future__ import annotations

from collections.abc import Callable

import heldout_secrets

from soothsay_index.sources.masking import without_secrets, without_settings, without_written_secrets

Mask = Callable[[str], str]
CASES: tuple[tuple[Mask, str, tuple[str, ...]], ...] = (
    *((without_written_secrets, *case) for case in heldout_secrets.PROSE),
    *((without_secrets, *case) for case in heldout_secrets.CODE),
    *((without_settings, *case) for case in heldout_secrets.SETTINGS),
)


def leaked() -> list[str]:
    """Return the texts of which a line of a secret is left."""
    lines = ((mask(text), text, secret.splitlines()) for mask, text, secrets in CASES for secret in secrets)
    return [text for masked, text, secret in lines if any(line.strip() in masked for line in secret)]


def lost() -> list[str]:
    """Return the look-alikes that code or prose is not left with."""
    masks = (without_secrets, without_written_secrets)
    return [text for text in heldout_secrets.HARMLESS if any(mask(text) != text for mask in masks)]


def test_secrets_of_others_are_found():
    missed = leaked()
    assert len(CASES) >= 150
    assert len(missed) <= 0.02 * len(CASES), "\n".join(missed)


def test_look_alikes_of_others_are_left_alone():
    missed = lost()
    assert len(heldout_secrets.HARMLESS) >= 150
    assert len(missed) <= 0.05 * len(heldout_secrets.HARMLESS), "\n".join(missed)


if __name__ == "__main__":
    for name, wrong, of in (
        ("leaked", leaked(), len(CASES)),
        ("lost", lost(), len(heldout_secrets.HARMLESS)),
    ):
        print(f"{name}: {len(wrong)} of {of}", *wrong, sep="\n  ")
