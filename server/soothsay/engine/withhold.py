"""What is never shown, however well it parses: made-up names of people and licences, and the documentation in the prompt.

Who wrote a file and under which licence it may be used is nothing that a model can know.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from soothsay_languages.base import Language, Lexis
from soothsay_languages.scan import Scan, scan

# lines of comments and docstrings, by the forms that such notes have: a tag, a field, a notice, an address
_CREDIT = re.compile(
    r"""
      @(?:author|copyright|licen[cs]e|maintainer)\b
    | \bSPDX-\w
    | ©|\(c\)\s*\d{4}
    | \b[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+
    | ^\W*copyright\b
    | ^\W*(?:all\s+rights\s+reserved|licen[cs]ed\s+under)\b
    | ^\W*(?:authors?|maintainers?|contributors?|credits|licen[cs]e)\s*:
    | ^\W*(?:created|written|developed|maintained)\s+by\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
# the same as names of a module
_CREDIT_NAME = re.compile(
    r"\s*__(?:authors?|copyright|licen[cs]e|maintainer|credits|email|contact)__\s*=", re.IGNORECASE
)
_FEWEST = 12  # characters of a line of documentation that are no chance


def shown_length(text: str, before: str, language: Language, documentation: str = "") -> int:
    """Return how much of ``text``, behind the statement ``before``, comes before the first line that is never shown.

    ``documentation`` are comment lines of the prompt.
    """
    lexis = language.lexis
    said = [line.strip().removeprefix(lexis.line_comment).strip() for line in documentation.splitlines()]
    said = [line for line in said if len(line) >= _FEWEST]
    begin, code = before.rfind("\n") + 1, before + text
    while begin < len(code):
        end = code.find("\n", begin)
        line = code[begin:] if end < 0 else code[begin:end]
        prose = _prose(line, scan(code[:begin], lexis), lexis)
        if _CREDIT.search(prose) or _CREDIT_NAME.match(line) or _repeats(prose.strip(), said):
            return max(0, begin - 1 - len(before))
        begin += len(line) + 1
    return len(text)


def _prose(line: str, above: Scan, lexis: Lexis) -> str:
    """Return what of ``line``, below what was scanned ``above``, is comment or docstring."""
    if above.quote or line.lstrip().startswith(lexis.multiline_strings or "\0"):
        return line
    return line.partition(lexis.line_comment)[2] if lexis.line_comment else ""


def _repeats(note: str, said: Sequence[str]) -> bool:
    return any(note.startswith(each) or (len(note) >= _FEWEST and each.startswith(note)) for each in said)
