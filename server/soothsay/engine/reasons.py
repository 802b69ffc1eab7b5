"""Why something was looked up, and why less was shown than was written, in words."""

from __future__ import annotations

from collections.abc import Mapping

from soothsay.engine.types import EndingStep, Reason

REASON_TEXTS: Mapping[Reason, str] = {
    "low_confidence": "the model was not sure",
    "not_in_index": "the installed version has no such name",
    "not_a_member": "the receiver has no such member",
    "bad_arguments": "the arguments do not fit",
    "not_in_workspace": "no other file defines the name",
    "another_name": "the words around the place ask for another name",
    "always": "this method always retrieves",
}

ENDING_TEXTS: Mapping[EndingStep, str] = {
    "shown": "shown as it was written",
    "refused": "no completion is given here",
    "settled": "the cursor is in the middle of a word that needs nothing",
    "silent": "the model wrote nothing",
    "repeats": "it repeated itself, or what stands below",
    "withheld": "it named people or a licence, or repeated the documentation",
    "breaks": "with it, the file would parse worse than without",
    "unfinished": "a limit ended it in the middle of something",
    "rejected": "a call in it is wrong and could not be repaired",
    "unlikely": "you would probably not have kept it, as far as the log of what you kept tells",
}
