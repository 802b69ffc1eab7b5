"""Whether a piece of Python is whole: as Python's own parser sees it, which is stricter than the grammar of the trees."""

from __future__ import annotations

import ast
import warnings

_FILE = "soothsay-piece"

# what the parser warns about in a user's code, such as escapes, is no news for our log
warnings.filterwarnings("ignore", module=_FILE)


def is_whole(code: str) -> bool:
    """Return whether ``code``, a sequence of statements, is accepted by the parser of the running Python."""
    try:
        compile(code, _FILE, "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return False
    return True
