"""Why something was looked up, in words."""

from __future__ import annotations

from collections.abc import Mapping

from soothsay.engine.types import Reason

REASON_TEXTS: Mapping[Reason, str] = {
    "low_confidence": "the model was not sure",
    "not_in_index": "the installed version has no such name",
    "not_a_member": "the receiver has no such member",
    "bad_arguments": "the arguments do not fit",
    "always": "this method always retrieves",
}
